"""The pages, and the sign of life."""

from flask import Blueprint, render_template
from sqlalchemy.exc import DBAPIError

from app.errors import MusicExploreError
from app.services import database
from app.web import context

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
