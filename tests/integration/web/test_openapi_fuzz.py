"""Whatever the description of the API allows, and much that it does not, ends as the description says.

Requests are generated from ``/api/v1/openapi.json``: right ones, wrong ones, at the edges. A few per route in
the normal run; all of it with, for instance, ``SCHEMATHESIS_EXAMPLES=120``.
"""

import importlib
import os
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import booleans
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from app import create_app
from tests.read_side import SPEC
from tests.snapshot_factory import build_library

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "5"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    unsupported_method,
]


KNOWN = {
    "network": "mtt-musicnn",
    "layer": "taggrams",
    "other_network": "audioset-vggish",
    "other_layer": "embeddings",
    "projection": "umap",
    "columns": "position,track,genre",
    "track": 3,
    "track_id": 3,
    "segment": 0,
}


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """The description, as an application over a library of its own serves it: answers are kept."""
    library = build_library(tmp_path_factory.mktemp("fuzzed") / "root", SPEC, audio=True)
    app = create_app(library.settings)
    app.wsgi_app = _whole(app.wsgi_app)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.import_module("app.web.api.jobs"), "STREAM_SECONDS", 0.01)
        yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)


def _whole(wsgi_app):
    """Read answers to their end and close them, as a server would and the generator does not."""

    def read(environ, start_response):
        answer = wsgi_app(environ, start_response)
        try:
            return [b"".join(answer)]
        finally:
            answer.close()

    return read


def _name_what_there_is(case):
    """Put names of the library in the place of generated ones, which lead no further than to a 404."""
    for values in (case.query, case.path_parameters, case.body):
        if isinstance(values, dict):
            values.update({name: KNOWN[name] for name in values if name in KNOWN})


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_answers_are_as_described_whatever_is_asked(described, mode):
    statuses: Counter[int] = Counter()
    for operation in (found.ok() for found in described.get_all_operations()):

        @given(named=booleans(), case=operation.as_strategy(generation_mode=mode))
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        def ask(named, case):
            if named and mode.is_positive:  # else what is wrong might be put right
                _name_what_there_is(case)
            response = case.call(headers={"Accept-Encoding": "identity"})
            statuses[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

        try:
            ask()
        except Unsatisfiable:  # nothing can be wrong with a route that takes nothing
            assert mode.is_negative
    print(f"{statuses.total()} {mode.value} requests: {dict(sorted(statuses.items()))}")  # noqa: T201 - for -s
    assert 200 in statuses if mode.is_positive else 400 in statuses
