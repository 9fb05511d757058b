"""The runner that needs no other program: the first process that serves a library starts its workers."""

import atexit
import contextlib
import fcntl
import logging
import os
import threading
from pathlib import Path
from typing import Final

from flask import Flask

from app.services.jobs.pool import WorkerPool
from app.services.jobs.upkeep import Upkeep
from app.settings import Settings

log = logging.getLogger(__name__)

LOCK_FILE: Final = "jobs.lock"
TRY_SECONDS: Final = 2.0

_started: dict[Path, "Embedded"] = {}
_starting = threading.Lock()


def start(app: Flask, settings: Settings) -> None:
    """See to it that the jobs of a library are looked after, by this process or by another one of the app."""
    key = settings.ROOT_DIR
    with _starting:
        if key in _started:
            return
        _started[key] = Embedded(app, settings)
    _started[key].start()
    atexit.register(_started[key].stop)


def stop(settings: Settings) -> None:
    """End the workers that this process has started."""
    with _starting:
        found = _started.pop(settings.ROOT_DIR, None)
    if found is not None:
        found.stop()


class Embedded:
    """Upkeep, and the workers if no other process of this machine has started them."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._settings = settings
        own_workers = settings.WORKERS if settings.RUNNER == "embedded" else 0
        self.pool = WorkerPool(app, settings, own_workers)
        self._upkeep = Upkeep(app, settings)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="embedded workers")

    def start(self) -> None:
        """Begin, in threads."""
        self._upkeep.start()
        self._thread.start()

    def stop(self) -> None:
        """End the workers and the threads."""
        self._over.set()
        self.pool.stop()
        self._upkeep.stop()
        self._thread.join()

    def _run(self) -> None:
        path = self._settings.ROOT_DIR / LOCK_FILE
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:  # a library that is only looked at
            log.warning("There are no workers: %s cannot be written: %s.", path, error.strerror)
            return
        try:
            while not self._over.is_set():
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self.pool.watch()
                self._over.wait(TRY_SECONDS)
        finally:
            os.close(handle)
