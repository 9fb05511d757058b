"""Whether the library can be read, and what of it is out of service."""

import shutil

from flask import Blueprint, Flask, Response, current_app, request
from sqlalchemy.exc import DBAPIError

from app.errors import DamagedFileError, DatabaseError, MusicExploreError
from app.queries.catalogue import published
from app.queries.damage import known_damage
from app.queries.hidden import hide_paths
from app.services import database_check
from app.services.database import explain
from app.settings import Settings
from app.web import context
from app.web.api.operation import operation, operation_of
from app.web.api.schemas.library import HealthAnswer
from app.web.errors import error_body
from app.web.responses import json_response

health = Blueprint("health", __name__)

FULL_BYTES = 2**20  # less than this is left: not a single part or map can be written


def init_app(app: Flask) -> None:
    """Add the route, and refuse to write to a database that is damaged."""
    app.register_blueprint(health)
    app.before_request(_refuse_to_write)


def _refuse_to_write() -> None:
    operation = operation_of(current_app, request.endpoint or "")
    if operation is not None and operation.scope != "read":
        database_check.refuse_damaged()


@health.get("/health")
@operation(answer=HealthAnswer, also={503: HealthAnswer})
def state() -> Response:
    """Report whether the library can be read, and which of its files are out of service."""
    settings = context.settings()
    disk_full = _is_full(settings)
    try:
        database_check.refuse_damaged(look_again=True)
        found = published(settings)
        key = None if found is None else found.files.key
        if found is not None:
            _ = found.files.manifest
        damaged = known_damage(settings)
    except (MusicExploreError, DBAPIError) as error:
        known = explain(error) if isinstance(error, DBAPIError) else error
        known = known or DatabaseError("The database cannot be read.")
        return _answer(settings, "unavailable", None, [], known, disk_full=disk_full)
    if damaged:
        reason = DamagedFileError(
            f"Damaged, out of service: {', '.join(damaged)}. Everything else is served. "
            "Run: flask verify --repair"
        )
        return _answer(settings, "damaged", key, damaged, reason, disk_full=disk_full)
    return _answer(settings, "disk_full" if disk_full else "ok", key, [], None, disk_full=disk_full)


def _answer(
    settings: Settings,
    status: str,
    snapshot: str | None,
    damaged: list[str],
    error: MusicExploreError | None,
    *,
    disk_full: bool,
) -> Response:
    body = {"status": status, "snapshot": snapshot, "damaged": damaged, "disk_full": disk_full}
    if error is None:
        return json_response(body)
    message = hide_paths(settings, str(error), everywhere=True)
    return json_response({**body, **error_body(error.code, message)}, 503)


def _is_full(settings: Settings) -> bool:
    """Tell whether a disk that the library writes to has no room left."""
    folders = (settings.ROOT_DIR, settings.DATA_DIR, settings.AGGRDATA_DIR)
    return any(folder.is_dir() and shutil.disk_usage(folder).free < FULL_BYTES for folder in folders)
