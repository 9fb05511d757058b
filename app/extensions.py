"""Binding the database to the application."""

import sqlite3
from typing import Any

from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import Engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from app.errors import SettingsError
from app.models import db
from app.settings import PROJECT_DIR

migrate = Migrate()


def init_extensions(app: Flask) -> None:
    """Bind database and migrations.

    Raises
    ------
    SettingsError
        If the database's address cannot be understood, or its driver is not installed.
    """
    address = _without_password(app.config["SQLALCHEMY_DATABASE_URI"])
    try:
        db.init_app(app)
        with app.app_context():
            db.engine.dialect  # noqa: B018 - makes the engine, which imports the driver
    except (ArgumentError, NoSuchModuleError) as error:
        raise SettingsError(f"SQLALCHEMY_DATABASE_URI = {address}: {error}") from error
    except ImportError as error:
        raise SettingsError(
            f"SQLALCHEMY_DATABASE_URI = {address} needs a package that is not installed: {error}. "
            "For PostgreSQL: pip install -r locks/requirements-postgresql.txt"
        ) from error
    migrate.init_app(app, db, directory=str(PROJECT_DIR / "migrations"))


def _without_password(address: str) -> str:
    """Return the address of a database as it may be shown.

    Raises
    ------
    SettingsError
        If it is no address. Says nothing of what it holds, as any part may be the password.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise SettingsError(
            "SQLALCHEMY_DATABASE_URI is no address of a database, such as "
            "postgresql+psycopg://user:password@host:5432/name (not shown, as it may hold a password)"
        ) from None
    if "@" in f"{url.host}{url.database}":  # the rest of a password with characters that need quoting
        return f"{url.drivername}://..."
    return url.set(query={}).render_as_string(hide_password=True)  # a query may hold a password, too


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Let readers go on while a writer writes, wait for locks, and hold foreign keys."""
    if isinstance(connection, sqlite3.Connection):
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 30000")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()
