"""The pages, and the sign of life."""

from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response as BaseResponse

from app.errors import GoneError, MusicExploreError
from app.former import GUIDE
from app.services import database
from app.web import context

pages = Blueprint("pages", __name__)

FORMER_ROUTES = {
    "/metadata": "GET /api/v1/tracks?ids=1,2",
    "/audio/playlist": "POST /api/v1/export",
}


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


@pages.get("/metadata")
@pages.get("/audio/playlist")
def former() -> BaseResponse:
    """Say what took the place of an address of the prototype."""
    raise GoneError(
        f"{request.path} was an address of music-explore 0.3. {FORMER_ROUTES[request.path]} took its place; "
        f"see {GUIDE}."
    )


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
        database.check_set_up()
    except (MusicExploreError, DBAPIError):
        return "The database is not there, or not set up.\n", 503
    return "ok\n", 200
