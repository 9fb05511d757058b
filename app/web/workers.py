"""Workers start with whatever serves the app: at its first request, or before where the server says so."""

from flask import Flask

from app.services.jobs import embedded
from app.settings import Settings


def init_app(app: Flask) -> None:
    """Start the upkeep of jobs, and workers where the settings want some, with the first request."""
    settings: Settings = app.extensions["settings"]
    if settings.WORKERS == 0 and settings.RUNNER == "embedded":
        return
    app.before_request(lambda: start(app))


def start(app: Flask) -> None:
    """Start them now, unless they have been."""
    embedded.start(app, app.extensions["settings"])
