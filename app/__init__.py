"""Music Explore: see, hear and search a music collection by what it sounds like."""

import os
import traceback
from pathlib import Path
from typing import Any

from flask import Flask

from app.errors import SettingsError
from app.former import FORMER_SETTINGS, explain_former
from app.settings import PROJECT_DIR, Settings, hint, read_environment, read_settings

MAX_BODY = 2**20

SQLALCHEMY_SETTINGS = {
    "SQLALCHEMY_BINDS",
    "SQLALCHEMY_ECHO",
    "SQLALCHEMY_ENGINE_OPTIONS",
    "SQLALCHEMY_RECORD_QUERIES",
    "SQLALCHEMY_TRACK_MODIFICATIONS",
}


def create_app(overrides: dict[str, Any] | None = None) -> Flask:
    """Build the application.

    Settings come from the defaults, then ``instance/config.py``, then environment variables
    (``MUSIC_EXPLORE_AUDIO_DIR=...``), then ``overrides``.

    Raises
    ------
    SettingsError
        If a setting has a wrong value, an environment variable names none, or ``instance/config.py``
        cannot be run; the message names each.
    """
    from app.extensions import init_extensions  # noqa: PLC0415 - worker processes need neither
    from app.web import init_web  # noqa: PLC0415

    app = Flask(
        __name__,
        instance_path=str(PROJECT_DIR / "instance"),
        instance_relative_config=True,
        template_folder=str(PROJECT_DIR / "templates"),
        static_folder=str(PROJECT_DIR / "static"),
    )
    also_known = {*app.config, *SQLALCHEMY_SETTINGS}
    _read_config_file(app, Path(app.instance_path) / "config.py")
    app.config.update(read_environment(os.environ, also_known))
    app.config.update(overrides or {})
    settings = read_settings(app.config)
    _check_index_backend(settings.INDEX_BACKEND)
    app.config.update(settings.model_dump())
    if app.config["MAX_CONTENT_LENGTH"] is None:  # routes that take more say so themselves
        app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.extensions["settings"] = settings
    init_extensions(app)
    init_web(app)
    return app


def _read_config_file(app: Flask, path: Path) -> None:
    """Take over the settings of a Python file, if there is one; names that nothing knows are only told."""
    if not path.is_file():
        return
    before = set(app.config)
    try:
        app.config.from_pyfile(str(path))
    except Exception as error:
        place = f"{path}, line {line}" if (line := _line_of(error, path)) else str(path)
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise SettingsError(f"{place}: {type(error).__name__}: {reason}") from error
    unknown = set(app.config) - before - set(Settings.model_fields) - SQLALCHEMY_SETTINGS
    if former := explain_former(unknown):
        app.logger.warning("%s: %s", path, former)
    for name in sorted(unknown - set(FORMER_SETTINGS)):
        app.logger.warning("%s: %s is no setting%s", path, name, hint(name))


def _line_of(error: Exception, path: Path) -> int | None:
    """Return the line of a file that an error comes from."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == str(path)), None)


def _check_index_backend(name: str) -> None:
    if name == "auto":
        return
    from app.neighbours import BACKENDS  # noqa: PLC0415 - only where it is needed

    known = ["auto", *BACKENDS.names()]
    if name not in known:
        raise SettingsError(
            f"Wrong settings:\n  INDEX_BACKEND = {name!r}: Unknown index backend. Known: {', '.join(known)}."
        )


def current_settings(app: Flask) -> Settings:
    """Return the settings of an application."""
    settings: Settings = app.extensions["settings"]
    return settings
