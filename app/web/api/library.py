"""What there is to look at, and the state of it."""

from flask import Blueprint, Response

from app.queries.library import describe_library
from app.queries.status import describe_status
from app.web import context
from app.web.api.operation import operation
from app.web.api.schemas.library import NetworksAnswer, StatusAnswer
from app.web.responses import json_response

library = Blueprint("library", __name__, url_prefix="/api/v1")


@library.get("/networks")
@operation(answer=NetworksAnswer)
def networks() -> Response:
    """List everything that can be chosen: networks, layers, levels, projections, attributes."""
    return json_response(describe_library(context.settings()))


@library.get("/status")
@operation(answer=StatusAnswer)
def status() -> Response:
    """Tell the library's state, and how far a run has come that is at work on it."""
    return json_response(describe_status(context.settings()))
