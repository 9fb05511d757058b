"""The API's description of itself, for programs and for people."""

from typing import Any

from flask import Blueprint, Response, current_app, render_template

from app.queries.tokens import SCOPES
from app.web.api.openapi import describe_api
from app.web.api.operation import operation
from app.web.api.places import below_root
from app.web.api.reference import sections
from app.web.api.schemas.description import DescriptionAnswer
from app.web.responses import json_response

description = Blueprint("description", __name__, url_prefix="/api")


def _document() -> dict[str, Any]:
    """Return the description; made once, as routes do not change while the application runs."""
    extensions = current_app.extensions
    if "openapi" not in extensions:
        extensions["openapi"] = describe_api(current_app)
    found: dict[str, Any] = extensions["openapi"]
    return found


@description.get("/v1/openapi.json")
@operation(answer=DescriptionAnswer)
def document() -> Response:
    """Describe all routes, arguments and answers as OpenAPI 3.1, for tools."""
    return json_response(_document() | {"servers": [{"url": below_root("/")}]})


@description.get("/docs")
def reference() -> str:
    """Show the same to people."""
    return render_template("reference.html", sections=sections(_document()), scopes=SCOPES)
