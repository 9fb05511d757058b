"""The page, the media and the API: requests in, queries asked, responses out."""

from flask import Flask

from app.web import (
    access,
    assets,
    compression,
    errors,
    forms,
    health,
    logs,
    metrics,
    origins,
    proxies,
    rate_limits,
)
from app.web.api import BLUEPRINTS
from app.web.former import former
from app.web.media import media
from app.web.pages import pages
from app.web.sign_in import sign_in
from app.web.subsonic import subsonic
from app.web.vendor import vendor


def init_web(app: Flask) -> None:
    """Add routes, error handlers and protection to the application.

    Raises
    ------
    SettingsError
        If ``AUDIO_PROVIDER`` names no provider, or the counts of requests cannot be kept.
    """
    app.request_class = forms.FormRequest
    assets.init_app(app)
    logs.init_app(app)
    metrics.init_app(app)
    rate_limits.init_app(app)
    origins.init_app(app)
    access.init_app(app)
    compression.init_app(app)
    errors.init_app(app)
    health.init_app(app)
    proxies.init_app(app)
    for blueprint in (pages, former, sign_in, media, vendor, subsonic, *BLUEPRINTS):
        app.register_blueprint(blueprint)
