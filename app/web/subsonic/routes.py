"""The way to the methods: ``/rest/<method>``, with ``.view`` after it or not, by GET or as a form."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.errors import MusicExploreError
from app.web.subsonic.answers import GENERIC, NOT_FOUND, SubsonicError, failure
from app.web.subsonic.keys import check_key
from app.web.subsonic.methods import METHODS, OPEN

subsonic = Blueprint("subsonic", __name__, url_prefix="/rest")
subsonic.register_error_handler(MusicExploreError, failure)


@subsonic.get("/<method>")
@subsonic.post("/<method>")
def answer(method: str) -> Response:
    """Answer a method of OpenSubsonic."""
    name = method.removesuffix(".view")
    if request.values.get("f", "xml") not in ("xml", "json"):
        raise SubsonicError(GENERIC, "Answers come as xml or json: f says which.")
    if name not in METHODS:
        raise SubsonicError(NOT_FOUND, f"There is no method {name!r} here. There are: {', '.join(METHODS)}.")
    if name not in OPEN:
        check_key()
    return METHODS[name]()
