"""The page, the media and the API: requests in, queries asked, responses out."""

from flask import Flask

from app.web import access, compression, errors
from app.web.api import BLUEPRINTS
from app.web.media import media
from app.web.pages import pages
from app.web.subsonic import subsonic
from app.web.vendor import vendor


def init_web(app: Flask) -> None:
    """Add routes, error handlers and protection to the application.

    Raises
    ------
    SettingsError
        If ``AUDIO_PROVIDER`` names no provider.
    """
    access.init_app(app)
    compression.init_app(app)
    errors.init_app(app)
    for blueprint in (pages, media, vendor, subsonic, *BLUEPRINTS):
        app.register_blueprint(blueprint)
