"""The look-out of a process that serves: reads every file of a snapshot once, slowly, in the background.

Small files are compared with their checksums when they are opened; this is for the large ones, and for
those that nobody has asked for yet. So is the database.
"""

import logging
import os
import sys
import threading

from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.errors import MusicExploreError
from app.models import db
from app.queries.catalogue import current_snapshot
from app.queries.damage import files_to_check, known_damage
from app.services import database_check
from app.settings import Settings
from app.store.integrity import examine

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
LEAST_URGENT = 19

_watching: set[int] = set()
_lock = threading.Lock()


def start(app: Flask, settings: Settings) -> None:
    """Begin for an application, in a thread that ends with the process, unless that has been done."""
    with _lock:
        if id(app) in _watching:
            return
        _watching.add(id(app))
    threading.Thread(target=_repeat, args=(app, settings), daemon=True, name="watch").start()


def _repeat(app: Flask, settings: Settings) -> None:
    if sys.platform == "linux":  # where the priority is the thread's own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LEAST_URGENT)
    over = threading.Event()
    told: list[str] = []
    is_first = True
    while True:
        with app.app_context():
            try:
                if is_first:
                    database_check.examine(seconds=None)
                look(settings, over)
                damaged = known_damage(settings)
                for name in damaged:
                    if name not in told:
                        log.error("%s is damaged and out of service. Run: flask verify --repair", name)
                told, is_first = damaged, False
            except (MusicExploreError, DBAPIError, OSError) as error:
                log.debug("The library cannot be examined: %s", error)
            finally:
                db.session.remove()
        over.wait(LOOK_SECONDS)


def look(settings: Settings, over: threading.Event) -> None:
    """Compare the files of the published snapshot that have not been compared yet."""
    snapshot = current_snapshot(settings)
    if snapshot is not None:
        db.session.rollback()  # no transaction stays open meanwhile
        for path, sha256 in files_to_check(settings, snapshot):
            examine(path, sha256, rest=over.wait)
