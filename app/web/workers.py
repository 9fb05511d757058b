"""Workers start with whatever serves the app: before its first request where it can, else with that."""

from flask import Flask

from app.services import watch
from app.services.jobs import embedded
from app.settings import Settings


def start(app: Flask) -> None:
    """Start the look-out and the upkeep of jobs, and workers where the settings want some, but once."""
    settings: Settings = app.extensions["settings"]
    watch.start(app, settings)
    if settings.WORKERS or settings.RUNNER != "embedded":
        embedded.start(app, settings)


def start_with_first_request(app: Flask) -> None:
    """Do that once somebody asks: a command that only builds the application needs no workers."""
    app.before_request(lambda: start(app))
