"""Whatever numbers a question holds, its answer is finite numbers or a reason."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import create_app, current_settings
from app.errors import InputError
from app.models import db
from app.neighbours import BACKENDS
from app.queries.similar import Seed, SimilarQuery, Sound, find_similar
from app.store.snapshots import Space
from tests.snapshot_factory import Spec, build_index, build_library

NETWORK = "mtt-musicnn"
LAYER = (NETWORK, "embeddings")
METRICS = ("angular", "euclidean")
SIZE = 200
EDGES = (
    0.0,
    1e-45,
    -1e-40,
    5e-324,
    1e-300,
    65504.0,
    1e18,
    1e19,
    1e38,
    -3.4028234e38,
    1e300,
    math.inf,
    math.nan,
)

number = st.sampled_from(EDGES) | st.floats()
vectors = st.one_of(
    st.tuples(number, number).map(lambda pair: [pair[0]] * (SIZE - 1) + [pair[1]]),
    st.lists(number, min_size=SIZE, max_size=SIZE),
)
weight = st.sampled_from([1e-320, -1e-320, 1e-45, -100.0, 100.0, 0.0]) | st.floats(-100, 100)


@pytest.fixture(scope="module", params=[None, *(entry.name for entry in BACKENDS.available())])
def backend(request):
    return request.param


@pytest.fixture(scope="module", params=METRICS)
def library_settings(request, backend, tmp_path_factory):
    """A library whose index is of that backend and metric."""
    library = build_library(tmp_path_factory.mktemp("numbers") / "root", Spec(tracks=9, networks=(NETWORK,)))
    app = create_app(library.settings)
    with app.app_context():
        found = current_settings(app)
        if backend is not None:
            space = Space(*LAYER, "tracks")
            build_index(found.INDEX_DIR, library.files, space, backend, request.param)
        yield found
        db.engine.dispose()


def check(library_settings, query):
    """A refusal is an answer: every InputError has a message."""
    try:
        found = find_similar(library_settings, query)
    except InputError:
        return
    assert found.results
    for result in found.results:
        assert math.isfinite(result.distance)


every_case = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("metric", METRICS)
@every_case
@given(vector=vectors)
def test_vector_gives_finite_distances_or_a_reason(library_settings, metric, vector):
    check(library_settings, SimilarQuery((LAYER,), Sound({LAYER: vector}), k=4, metric=metric))


@pytest.mark.parametrize("metric", METRICS)
@every_case
@given(weights=st.lists(weight, min_size=1, max_size=4))
def test_weights_give_finite_distances_or_a_reason(library_settings, metric, weights):
    seeds = tuple(Seed(track, weight=weight) for track, weight in enumerate(weights, 1))
    check(library_settings, SimilarQuery((LAYER,), seeds, k=4, metric=metric))


@pytest.mark.parametrize("value", [1e-45, 1e-38, 1e17, 1e38, -3.4e38])
def test_only_the_direction_counts_when_distances_are_cosine(context, value):
    vector = np.full(SIZE, value, np.float64)
    found, usual = (
        find_similar(context, SimilarQuery((LAYER,), Sound({LAYER: one}), k=3, metric="angular"))
        for one in (vector, np.sign(vector))
    )
    assert [one.place.row for one in found.results] == [one.place.row for one in usual.results]


def test_vector_is_refused_with_a_way_out_when_it_is_too_long_for_euclidean_distances(context):
    query = SimilarQuery((LAYER,), Sound({LAYER: [1e38] * SIZE}), metric="euclidean")
    with pytest.raises(InputError, match=r"longer than 1e\+18.*metric=angular"):
        find_similar(context, query)


def test_seeds_are_what_their_ratios_say_when_all_weights_are_tiny(context):
    found, usual = (
        find_similar(context, SimilarQuery((LAYER,), (Seed(1, weight=a), Seed(2, weight=b)), k=5))
        for a, b in ((1e-300, 2e-300), (1.0, 2.0))
    )
    assert [one.place.row for one in found.results] == [one.place.row for one in usual.results]


def test_seeds_are_refused_when_unwanted_ones_outweigh_beyond_measure(context):
    seeds = (Seed(1, weight=1e-300), Seed(2, weight=-1.0))
    with pytest.raises(InputError, match="similar size"):
        find_similar(context, SimilarQuery((LAYER,), seeds, metric="euclidean"))
