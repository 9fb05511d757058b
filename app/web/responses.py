"""Responses that are sent again only if they have changed."""

from typing import Any
from urllib.parse import quote

from flask import Response, json, request

from app.errors import DamagedFileError
from app.queries.exports import Export
from app.store.integrity import REPAIR

ONE_YEAR = 365 * 24 * 3600
JSON = "application/json"


def json_response(value: Any, status: int = 200) -> Response:
    """Answer with JSON; a client that has this answer already is told so (304)."""
    response = Response(dump_json(value), status, mimetype=JSON)
    if status == 200:
        response.cache_control.no_cache = True
        response.add_etag(weak=True)
        response.make_conditional(request)
    return response


def dump_json(value: Any) -> str:
    """Return compact JSON.

    Raises
    ------
    DamagedFileError
        If a number is not finite. None is, of vectors and maps that are whole.
    """
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False, sort_keys=False)
    except ValueError as error:
        raise DamagedFileError(
            f"The answer holds a number that is not finite: a file of the library is damaged. {REPAIR}"
        ) from error


def versioned(response: Response, *, version: str, asked_for: str | None) -> Response:
    """Let content be kept for ever where its version is part of the address, else be asked for again."""
    if asked_for == version:
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.max_age = ONE_YEAR
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    return response


def attached(file: Export, plain_name: str) -> Response:
    """Send a file to be saved under its name; clients that know only ASCII get the plain one."""
    suffix = file.name.rpartition(".")[2]
    response = Response(file.content, mimetype=file.mimetype)
    response.headers["Content-Disposition"] = (
        f"attachment; filename={plain_name}.{suffix}; filename*=UTF-8''{quote(file.name, safe='')}"
    )
    response.cache_control.no_store = True
    return response
