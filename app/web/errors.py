"""Errors as responses: one shape for programs, a page for people."""

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, render_template, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound

from app.errors import DiskFullError, MusicExploreError, OverloadedError
from app.files import is_full
from app.queries.hidden import hide_paths
from app.services.database import explain
from app.web import context
from app.web.api.arguments import ArgumentsError
from app.web.responses import json_response
from app.web.subsonic.answers import CODES, GENERIC, failed

FULL = "The server's disk is full: nothing can be stored, but reading still works. Free some space on it."
NOTHING_HERE = "There is nothing at this address."
INTERNAL = "Something went wrong here. The log of the server says what."


def init_app(app: Flask) -> None:
    """Answer every error in the right shape."""
    app.register_error_handler(MusicExploreError, _answer_known)
    app.register_error_handler(DBAPIError, _answer_database)
    app.register_error_handler(OSError, _answer_system)
    app.register_error_handler(HTTPException, answer_http)


def error_body(code: str, message: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the one shape of errors."""
    return {"error": {"code": code, "message": message, "details": details}}


def _answer_system(error: OSError) -> Response:
    """Answer a disk without room, wherever it is met, such as for the body of a request; others are bugs."""
    if not is_full(error):
        raise error
    return _answer_known(DiskFullError(f"{error.filename or 'a temporary file'}: {error.strerror}"))


def _answer_known(error: MusicExploreError) -> Response:
    if isinstance(error, OverloadedError):
        response = _answer(error.http_status, error.code, str(error))
        response.retry_after = error.retry_after
        return response
    if error.http_status >= 500:
        current_app.logger.error("%r: %s", request.path, error)
    if error.http_status == HTTPStatus.INSUFFICIENT_STORAGE:
        return _answer(error.http_status, error.code, FULL)
    details = error.details if isinstance(error, ArgumentsError) else None
    return _answer(error.http_status, error.code, str(error), details)


def _answer_database(error: DBAPIError) -> Response:
    explained = explain(error)
    if explained is not None:
        return _answer_known(explained)
    current_app.logger.error("%r", request.path, exc_info=error)
    return _answer(500, "internal_server_error", INTERNAL)


def answer_http(error: HTTPException) -> Response:
    """Answer errors of routing (404, 405), refusals (403) and, their log written, bugs (500)."""
    code = error.name.lower().replace(" ", "_")
    response = _answer(error.code or 500, code, _message(error))
    response.headers.extend(
        (name, value)
        for name, value in error.get_headers()
        if name.lower() not in ("content-type", "content-length")
    )
    return response


def _title(status: int) -> str:
    return HTTPStatus(status).phrase.capitalize()


def _message(error: HTTPException) -> str:
    if isinstance(error, InternalServerError):
        return INTERNAL
    if isinstance(error, NotFound) and error.description == NotFound.description:
        return NOTHING_HERE
    return error.description or error.name


def _answer(status: int, code: str, message: str, details: dict[str, Any] | None = None) -> Response:
    message = hide_paths(context.settings(), message, everywhere=status >= 500)
    if request.path.startswith("/rest/"):
        return failed(CODES.get(status, GENERIC), message)
    wants_page = request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
    if wants_page and not request.path.startswith("/api/"):
        return Response(
            render_template(
                "error.html",
                status=status,
                title=_title(status),
                message=message,
                may_sign_in=status in (401, 403),
            ),
            status,
        )
    return json_response(error_body(code, message, details), status)
