"""Whether the database's file is whole.

SQLite files are looked through page by page, for a bounded time where somebody waits. A server such as
PostgreSQL looks after its own files, with checksums where they are switched on, and reports what is damaged.
"""

import sqlite3
import threading
import time
from typing import Final

from app.errors import DamagedDatabaseError
from app.models import db

SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 60.0
_STEPS: Final = 10_000  # of SQLite's machine, between two looks at the clock
_RESTORE: Final = "Restore it from a backup; 'flask process' adopts the vectors that are already in DATA_DIR."

_lock = threading.Lock()
_looked_at: dict[str, float] = {}
_damaged: dict[str, str] = {}


def examine(seconds: float | None = SECONDS) -> None:
    """Look through the pages of an SQLite file.

    Parameters
    ----------
    seconds : float or None
        After so many, what has been read counts: a large database is not read to its end. None: all of it.

    Raises
    ------
    DamagedDatabaseError
        If pages are damaged.
    """
    if db.engine.dialect.name != "sqlite":
        return
    name = str(db.engine.url)
    found = _find_damage(seconds)
    with _lock:
        _looked_at[name] = time.monotonic()
        _damaged.pop(name, None)
        if found is not None:
            _damaged[name] = found
    if found is not None:
        raise DamagedDatabaseError(damaged_message(found))


def refuse_damaged(*, look_again: bool = False) -> None:
    """Refuse a database that this process has found to be damaged; costs nothing.

    Parameters
    ----------
    look_again : bool
        Examine it, if that was a minute ago or longer.

    Raises
    ------
    DamagedDatabaseError
        If it is damaged.
    """
    name = str(db.engine.url)
    with _lock:
        found, looked_at = _damaged.get(name), _looked_at.get(name)
    if look_again and (looked_at is None or time.monotonic() - looked_at > AGAIN_SECONDS):
        examine()
    elif found is not None:
        raise DamagedDatabaseError(damaged_message(found))


def damaged_message(reason: str) -> str:
    """Say that the database is damaged, and what to do."""
    return f"The database is damaged: {reason}. {_RESTORE}"


def _find_damage(seconds: float | None) -> str | None:
    deadline = None if seconds is None else time.monotonic() + seconds
    connection = db.engine.raw_connection()
    try:
        driver = connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - the dialect is SQLite's
        driver.set_progress_handler(lambda: deadline is not None and time.monotonic() > deadline, _STEPS)
        try:
            (answer,) = driver.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            if "malformed" in str(error) or "not a database" in str(error):
                return str(error)
            return None  # interrupted by the clock, or locked: nothing was found
        finally:
            driver.set_progress_handler(None, 0)
        return None if answer == "ok" else " ".join(str(answer).split())
    finally:
        connection.close()
