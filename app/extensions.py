"""Binding the database to the application."""

import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import Dialect, Engine, Pool, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from app.errors import SettingsError
from app.models import db
from app.settings import PROJECT_DIR

migrate = Migrate()

ONCE = "closed after use"
_CANNOT_WRITE = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY}


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


@event.listens_for(Engine, "do_connect")
def _connect(dialect: Dialect, record: ConnectionPoolEntry, given: list[Any], named: dict[str, Any]) -> Any:
    """Talk UTF-8 to PostgreSQL; open an SQLite file also where nothing can be written beside it.

    That is so on a full disk, and on a read-only one. Readers of a file with a write-ahead log share an index
    of it, which is a file that the first of them creates. Where that fails and there is no log, nobody can be
    writing, and the file is read as it is: for one request, after which the connection is closed, as there
    may be room then.
    """
    if dialect.name == "postgresql":
        named.setdefault("client_encoding", "utf8")  # else bytes come from a server without an encoding
    if dialect.name != "sqlite":
        return None
    connection = dialect.connect(*given, **named)
    path = Path(str(given[0]).removeprefix("file:").partition("?")[0])
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code not in _CANNOT_WRITE or not path.is_file() or _has_log(path):
            return connection  # whoever asks it something is told the reason
        connection.close()
        address = f"file:{quote(str(path))}?immutable=1"
        connection = dialect.connect(address, **{**named, "uri": True})
        record.info[ONCE] = True
    except sqlite3.DatabaseError:
        pass  # damaged: told to whoever asks it something
    return connection


def _has_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


@event.listens_for(Pool, "checkin")
def _close_if_immutable(_connection: Any, record: ConnectionPoolEntry) -> None:
    if record.info.get(ONCE) and record.dbapi_connection is not None:
        record.invalidate()


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Let readers go on while a writer writes, wait for locks, and hold foreign keys."""
    if isinstance(connection, sqlite3.Connection):
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 30000")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()
