import re

import pytest

from app.settings import PROJECT_DIR
from app.web.api import schemas
from app.web.api.arguments import Arguments

DOCUMENT = (PROJECT_DIR / "docs" / "api.md").read_text(encoding="utf-8")
SCHEMAS = [
    schema
    for schema in vars(schemas).values()
    if isinstance(schema, type) and issubclass(schema, Arguments) and schema is not Arguments
]


def sections():
    """Headings such as ``## GET /api/v1/tracks/<id>``, to what stands below them."""
    parts = re.split(r"^#+ (.*)$", DOCUMENT, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_route_is_documented_with_an_example(client):
    for rule in client.application.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        path = re.sub(r"<(?:int:)?(?:track_|segment_)?(\w+)>", r"<\1>", rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            text = sections().get(f"{method} {path}")
            assert text is not None, f"docs/api.md has no section '{method} {path}'"
            assert "curl" in text, f"docs/api.md shows no example of {method} {path}"


def test_every_section_is_a_route(client):
    rules = {
        re.sub(r"<(?:int:)?(?:track_|segment_)?(\w+)>", r"<\1>", rule.rule)
        for rule in client.application.url_map.iter_rules()
    }
    for heading in sections():
        if heading.startswith(("GET ", "POST ")):
            assert heading.split(" ", 1)[1] in rules


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_every_argument_is_documented(schema):
    for name in schema.model_fields:
        assert f"| `{name}` |" in DOCUMENT, f"docs/api.md says nothing about the argument {name!r}"
