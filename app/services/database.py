"""The database as a whole: set up, brought up to date, checked, and what its errors mean."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import delete, false, inspect, text
from sqlalchemy.exc import DBAPIError

from app.errors import DamagedDatabaseError, DatabaseError, FullDatabaseError, StorageError
from app.former import GUIDE
from app.models import Snapshot, db
from app.services.database_check import damaged_message, examine
from app.services.lock import library_lock
from app.settings import PROJECT_DIR, Settings

INIT_DB = "Run 'flask init-db' first."

_EXPLANATIONS = {
    "database is locked": "The database is locked by another program. Try again when that has finished.",
    "readonly database": "The database is read-only. Check the permissions of its file and folder. "
    "Free some space if its disk is full.",
    "no such table": f"The database is not set up. {INIT_DB}",
    "no such column": f"The database is out of date. {INIT_DB}",
    "undefinedtable": f"The database is not set up. {INIT_DB}",
    "undefinedcolumn": f"The database is out of date. {INIT_DB}",
    "unable to open database file": "The database file cannot be opened. Check that its folder exists and "
    "may be written, then run 'flask init-db'.",
    "disk i/o error": "The disk of the database is full or fails: input/output error. "
    "Free some space, then run the command again.",
}


_DAMAGED = {
    "is not a database": "it is not an SQLite file",
    "malformed": "some of its pages cannot be read",
    "datacorrupted": "the server reports damaged pages",
    "indexcorrupted": "the server reports a damaged index",
    "invalid page in block": "the server reports damaged pages",
    "could not read block": "the server cannot read some of its pages",
    "could not open file": "the server cannot open some of its files",
}


def explain(error: DBAPIError) -> DatabaseError | None:
    """Turn an error of the database into one that says what to do; None if the reason is not known."""
    reason = f"{type(error.orig).__name__}: {error.orig}".lower()
    for sign, damage in _DAMAGED.items():
        if sign in reason:
            return DamagedDatabaseError(damaged_message(damage))
    if "disk is full" in reason or "diskfull" in reason:
        return FullDatabaseError(
            "The disk of the database is full. Free some space, then run the command again."
        )
    for sign, message in _EXPLANATIONS.items():
        if sign in reason:
            return DatabaseError(message)
    if error.connection_invalidated or "connection" in reason:
        return DatabaseError(f"The database cannot be reached: {error.orig}")
    return None


def missing_folders(settings: Settings) -> list[Path]:
    """Return the folders that setting up would create.

    The folder of the music is among them only where it is the default one: elsewhere its absence
    means a typing error or a disk that is not mounted.
    """
    folders = [settings.ROOT_DIR, settings.DATA_DIR, settings.AGGRDATA_DIR, settings.INDEX_DIR]
    if settings.AUDIO_DIR.is_relative_to(settings.ROOT_DIR):
        folders.append(settings.AUDIO_DIR)
    return [folder for folder in folders if not folder.is_dir()]


def create_folders(settings: Settings) -> None:
    """Create the folders that are missing.

    Raises
    ------
    StorageError
        If one cannot be created.
    """
    for folder in missing_folders(settings):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"Cannot create the folder {folder}: {error.strerror}.") from error


def upgrade(settings: Settings) -> None:
    """Create the folders and the database, or bring them up to date. Nothing happens if they are.

    Raises
    ------
    DatabaseError
        If the database is of a newer version of the program, of another program, or cannot store all text.
    StorageError
        If a folder cannot be created.
    BusyError
        If another run is at work on the library.
    """
    create_folders(settings)
    with library_lock(settings):
        revision = current_revision()
        _refuse_newer(revision)
        if revision is None:
            _refuse_encoding()
            _refuse_foreign()
        _write_ahead()
        command.upgrade(_config(), "head")


def current_revision() -> str | None:
    """Return the revision of the database; None if it does not exist or has no tables yet."""
    path = _sqlite_file()
    if path is not None and not path.exists():
        return None
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@cache
def latest_revision() -> str:
    """Return the revision that this version of the program works with."""
    return str(_scripts().get_current_head())


def shown_address() -> str:
    """Return the address of the database, its password hidden."""
    return db.engine.url.render_as_string(hide_password=True)


def check() -> None:
    """Make sure that the database is set up, up to date and whole, as far as that shows within a second.

    Raises
    ------
    DatabaseError
        If it is not; the message says what to do.
    """
    path = _sqlite_file()
    if path is None or path.exists():  # looking at a file that is not there would create it
        examine()
    check_set_up()


def check_set_up() -> None:
    """Make sure that the database is set up and up to date; costs one query.

    Raises
    ------
    DatabaseError
        If it is not; the message says what to do.
    """
    revision = current_revision()
    _refuse_newer(revision)
    if revision is None:
        _refuse_foreign()
        raise DatabaseError(f"The database is not set up. {INIT_DB}")
    if revision != latest_revision():
        raise DatabaseError(f"The database is out of date. {INIT_DB}")


def check_writable() -> None:
    """Make sure that the database can be written, before hours of work that would be lost.

    Raises
    ------
    DatabaseError
        If it is damaged, read-only, or locked by another program.
    """
    db.session.rollback()
    examine()
    with db.engine.connect() as connection:
        try:
            connection.execute(delete(Snapshot).where(false()))
        except DBAPIError as error:
            raise explain(error) or error from error
        finally:
            connection.rollback()


def _refuse_encoding() -> None:
    """Leave a PostgreSQL database alone that cannot store all characters, as on a machine without locale."""
    if db.engine.dialect.name != "postgresql":
        return
    with db.engine.connect() as connection:
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
    if encoding != "UTF8":
        raise DatabaseError(
            f"{shown_address()} has the encoding {encoding}, which cannot store all names. Create it again: "
            "createdb --encoding UTF8 --template template0 NAME"
        )


def _refuse_foreign() -> None:
    """Leave a database alone that another program has made, such as the prototype."""
    path = _sqlite_file()
    if path is not None and not path.exists():  # inspecting it would create it
        return
    found = sorted(set(inspect(db.engine).get_table_names()) - {"alembic_version"})
    if found:
        raise DatabaseError(
            f"{shown_address()} belongs to another program, perhaps music-explore 0.3: it contains "
            f"{', '.join(found[:3])}. It was not changed. Set ROOT_DIR or SQLALCHEMY_DATABASE_URI to "
            f"another location; see {GUIDE}."
        )


def _refuse_newer(revision: str | None) -> None:
    known = {script.revision for script in _scripts().walk_revisions()}
    if revision is not None and revision not in known:
        raise DatabaseError(
            f"The database has revision {revision}, which this version does not know: "
            f"it belongs to a newer one, or to another program. Update the program, or see {GUIDE}."
        )


def _write_ahead() -> None:
    """Let readers of an SQLite file go on while it is written; the file remembers it."""
    if _sqlite_file() is not None:
        with db.engine.connect() as connection:
            connection.execute(text("PRAGMA journal_mode = WAL"))


def _sqlite_file() -> Path | None:
    url = db.engine.url
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return Path(url.database.removeprefix("file:"))


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(PROJECT_DIR / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
