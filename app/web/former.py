"""Routes of the prototype: each redirects to its replacement, or names it."""

from urllib.parse import urlencode

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from app.errors import GoneError
from app.former import FORMER_ADDRESSES, GUIDE

former = Blueprint("former", __name__)


@former.get("/explore")
def explore() -> Response:
    """Redirect to the map."""
    return _explore({})


@former.get("/playground")
def playground() -> Response:
    """Redirect to the map of segments."""
    return _explore({"level": "segments"})


@former.get("/compare")
def compare() -> Response:
    """Redirect to two maps side by side."""
    return _explore({"other": "on"})


def name_successor(**_parts: str) -> Response:
    """Name the replacement of a route without a direct counterpart."""
    rule = request.url_rule
    _, successor = FORMER_ADDRESSES[rule.rule if rule is not None else ""]
    raise GoneError(
        f"{request.path} was a route of music-explore 0.3. It was replaced by {successor}; see {GUIDE}."
    )


for _rule, (_method, _) in FORMER_ADDRESSES.items():
    former.add_url_rule(_rule, "name_successor", name_successor, methods=[_method])


def _explore(defaults: dict[str, str]) -> Response:
    return redirect(f"{url_for('pages.explore')}?{urlencode(defaults | request.args.to_dict())}")
