"""The pages, and the sign of life."""

from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response as BaseResponse

from app.errors import MusicExploreError
from app.queries.catalogue import published
from app.services import database
from app.services.database import explain
from app.web import context
from app.web.api.operation import operation
from app.web.api.schemas.library import HealthAnswer
from app.web.errors import error_body
from app.web.responses import json_response

pages = Blueprint("pages", __name__)


@pages.get("/")
def explore() -> str:
    """Show the map."""
    settings = context.settings()
    paths = "windows" if settings.PLAYLIST_USE_WINDOWS_PATH else "paths"
    places = paths if settings.PLAYLIST_FOR_OFFLINE else "addresses"
    return render_template("explore.html", playlist_places=places)


@pages.get("/similarity")
def similarity() -> str:
    """Show the listening test."""
    return render_template("similarity.html")


@pages.get("/analyse")
def analyse() -> str:
    """Show what takes audio and tells what it is."""
    return render_template("analyse.html")


@pages.get("/analyse/<job_id>")
def analysis(job_id: str) -> str:  # noqa: ARG001 - the page's script reads it from the address
    """Show what is known of some audio."""
    return render_template("analyse.html")


@pages.get("/jobs")
def jobs() -> str:
    """Show what is done meanwhile."""
    return render_template("jobs.html")


@pages.get("/playground")
def playground() -> BaseResponse:
    """Lead to the map of segments: what the prototype had here."""
    return _explore({"level": "segments"})


@pages.get("/compare")
def compare() -> BaseResponse:
    """Lead to two maps beside each other: what the prototype had here."""
    return _explore({"other": "on"})


def _explore(defaults: dict[str, str]) -> BaseResponse:
    return redirect(f"{url_for('pages.explore')}?{urlencode(defaults | request.args.to_dict())}")


@pages.get("/healthz")
def alive() -> str:
    """Tell whoever watches over processes that this one answers."""
    return "ok\n"


@pages.get("/readyz")
def ready() -> tuple[str, int]:
    """Tell whoever spreads requests whether this process can answer them: whether its database is there."""
    try:
        database.check()
    except (MusicExploreError, DBAPIError):
        return "The database is not there, or not set up.\n", 503
    return "ok\n", 200


@pages.get("/health")
@operation(answer=HealthAnswer, also={503: HealthAnswer})
def health() -> Response:
    """Tell whether the library can be read."""
    try:
        found = published(context.settings())
    except (MusicExploreError, DBAPIError) as error:
        known = explain(error) if isinstance(error, DBAPIError) else error
        body = error_body(known.code, str(known)) if known else error_body("database", "The database fails.")
        return json_response({"status": "unavailable", "snapshot": None, **body}, 503)
    return json_response({"status": "ok", "snapshot": found.files.key if found else None})
