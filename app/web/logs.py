"""One line in the log per request, as text or JSON, and an id by which everything about it is found.

Of the address only the route is logged, never what was asked, and of a token only its name.
"""

import json
import logging
import re
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, has_request_context, request
from flask.logging import default_handler

from app.settings import Settings
from app.web.access import shown_token

REQUEST_ID = "X-Request-ID"
_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,128}")
_OF_THE_DEVELOPMENT_SERVER = re.compile(r"\S+ - - \[")


def init_app(app: Flask) -> None:
    """Give every request an id and a line in the log."""
    settings: Settings = app.extensions["settings"]
    logger = app.logger.getChild("requests")
    logger.setLevel(logging.INFO)
    default_handler.setFormatter(_JsonFormatter() if settings.LOG_FORMAT == "json" else _TextFormatter())
    logging.getLogger("werkzeug").addFilter(_says_more)

    def log_request(response: Response) -> Response:
        response.headers[REQUEST_ID] = g.request_id
        token = shown_token()
        facts = {
            "method": request.method,
            "route": request.url_rule.rule if request.url_rule else None,
            "status": response.status_code,
            "ms": round(1000 * (time.perf_counter() - g.started), 1),
            "token": None if token is None else token.name,
        }
        logger.info(
            "%s %s %d %.1f ms%s",
            *(facts[name] for name in ("method", "route", "status", "ms")),
            "" if token is None else f" token {token.name}",
            extra={"request": facts},
        )
        return response

    app.before_request(_begin)
    app.after_request(log_request)


def _begin() -> None:
    """Take over the id that a proxy has given, if it looks like one."""
    given = request.headers.get(REQUEST_ID, "")
    g.request_id = given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
    g.started = time.perf_counter()


def _request_id() -> str | None:
    found: str | None = g.get("request_id") if has_request_context() else None
    return found


class _TextFormatter(logging.Formatter):
    """Time, level, message; the id of the request at the end."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - named by its base
        name = _request_id()
        return super().formatMessage(record) + ("" if name is None else f" [{name}]")


class _JsonFormatter(logging.Formatter):
    """An object on a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
            "request_id": _request_id(),
            **getattr(record, "request", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _says_more(record: logging.LogRecord) -> bool:
    """Tell whether a line of the development server is more than the one it has for every request."""
    return not _OF_THE_DEVELOPMENT_SERVER.match(record.getMessage())
