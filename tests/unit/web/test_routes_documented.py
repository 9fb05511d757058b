import importlib
import pkgutil
import re

import pytest

from app.settings import PROJECT_DIR
from app.web.api import schemas
from app.web.api.arguments import Arguments
from app.web.api.schemas.fields import SpaceArguments

DOCUMENT = (PROJECT_DIR / "docs" / "api.md").read_text(encoding="utf-8")
MODULES = [
    importlib.import_module(f"{schemas.__name__}.{info.name}")
    for info in pkgutil.iter_modules(schemas.__path__)
]
METHODS = ("GET ", "POST ", "PUT ", "PATCH ", "DELETE ")
SCHEMAS = {
    value: None
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Arguments) and value not in (Arguments, SpaceArguments)
}


def sections():
    """Headings such as ``## GET /api/v1/tracks/<id>``, to what stands below them."""
    parts = re.split(r"^#+ (.*)$", DOCUMENT, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_route_is_documented_with_an_example(client):
    for rule in client.application.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        path = re.sub(r"<(?:int:)?(?:track_|segment_|playlist_|job_|delivery_)?(\w+)>", r"<\1>", rule.rule)
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            text = sections().get(f"{method} {path}")
            assert text is not None, f"docs/api.md has no section '{method} {path}'"
            assert "curl" in text, f"docs/api.md shows no example of {method} {path}"


def test_every_section_is_a_route(client):
    rules = {
        re.sub(r"<(?:int:)?(?:track_|segment_|playlist_|job_|delivery_)?(\w+)>", r"<\1>", rule.rule)
        for rule in client.application.url_map.iter_rules()
    }
    for heading in sections():
        if heading.startswith(METHODS):
            assert heading.split(" ", 1)[1] in rules


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_every_argument_is_documented(schema):
    for field_name, field in schema.model_fields.items():
        name = field.alias or field_name
        assert f"| `{name}` |" in DOCUMENT, f"docs/api.md says nothing about the argument {name!r}"
