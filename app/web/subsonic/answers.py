"""Answers in the shape of Subsonic: one element, as XML or JSON, with status 200 even for failures."""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from app.errors import EmptyLibraryError, MusicExploreError, NotFoundError
from app.queries.exports import xml_text
from app.version import VERSION
from app.web.responses import dump_json

PROTOCOL = "1.16.1"
NAMESPACE = "http://subsonic.org/restapi"

GENERIC = 0
MISSING_PARAMETER = 10
NO_TOKENS = 41
NO_PASSWORDS = 42
CONFLICTING = 43
INVALID_KEY = 44
FORBIDDEN = 50
NOT_FOUND = 70
CODES = {403: FORBIDDEN, 404: NOT_FOUND}
"""https://opensubsonic.netlify.app/docs/responses/error/"""


class SubsonicError(MusicExploreError):
    """A request cannot be answered; the code is one of Subsonic's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.number = code


def success(content: Mapping[str, Any]) -> Response:
    """Answer with what was asked for: values, mappings and lists of them by name."""
    return _answer("ok", content)


def failure(error: MusicExploreError) -> Response:
    """Answer that something went wrong."""
    code = GENERIC
    if isinstance(error, SubsonicError):
        code = error.number
    elif isinstance(error, NotFoundError | EmptyLibraryError):
        code = NOT_FOUND
    return failed(code, str(error))


def failed(code: int, message: str) -> Response:
    """Answer with an error."""
    return _answer("failed", {"error": {"code": code, "message": message}})


def _answer(status: str, content: Mapping[str, Any]) -> Response:
    head = {
        "status": status,
        "version": PROTOCOL,
        "type": "music-explore",
        "serverVersion": VERSION,
        "openSubsonic": True,
    }
    if _form() == "json":
        response = Response(
            dump_json({"subsonic-response": {**head, **content}}), mimetype="application/json"
        )
    else:
        root = _element("subsonic-response", {"xmlns": NAMESPACE, **head, **content})
        body = ET.tostring(root, encoding="utf-8", xml_declaration=True)
        response = Response(body, mimetype="text/xml")
    response.cache_control.no_cache = True
    return response


def _form() -> str | None:
    """Return which form is wanted; a body that is too large is not looked into."""
    try:
        return request.values.get("f")
    except RequestEntityTooLarge:
        return request.args.get("f")


def _element(name: str, content: Any) -> ET.Element:
    """Make an element: plain values of a mapping become attributes, all else becomes elements."""
    element = ET.Element(name)
    if not isinstance(content, Mapping):
        element.text = _text(content)
        return element
    for key, value in content.items():
        if isinstance(value, Mapping):
            element.append(_element(key, value))
        elif isinstance(value, list):
            element.extend(_element(key, one) for one in value)
        else:
            element.set(key, _text(value))
    return element


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else xml_text(str(value))
