"""Worker processes of this machine: started, watched, started anew when they die.

They are programs of their own (``python -m cli.worker``), told the settings through their standard input.
Its end tells them that whoever started them is gone, however that came about.
"""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.models import db
from app.services.jobs.upkeep import take_back_abandoned
from app.settings import PROJECT_DIR, Settings, dump_settings

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
QUICK_DEATH_SECONDS = 10.0
MAX_PAUSE_SECONDS = 60.0
LEAVE_SECONDS = {"embedded": 15.0, "celery": 600.0}


@dataclass
class _Slot:
    """A place for one process."""

    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = 0.0
    name: str = field(default="", init=False)

    def start(self, settings: Settings) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli.worker"],
            stdin=subprocess.PIPE,
            cwd=PROJECT_DIR,
            start_new_session=True,  # a Ctrl-C at the terminal is for whoever started us
        )
        assert self.process.stdin is not None  # noqa: S101 - for mypy: it is a pipe
        self.process.stdin.write(json.dumps(dump_settings(settings)).encode() + b"\n")
        self.process.stdin.flush()
        self.started_at = time.monotonic()
        self.name = f"{socket.gethostname()}:{self.process.pid}"


class WorkerPool:
    """Keeps some worker processes running.

    Parameters
    ----------
    size : int
        How many.
    """

    def __init__(self, app: Flask, settings: Settings, size: int) -> None:
        self._app = app
        self._settings = settings
        self._slots = [_Slot() for _ in range(size)]
        self._over = threading.Event()
        self._starting = threading.Lock()  # nothing starts any more once stop() has begun

    def watch(self) -> None:
        """Keep them running until :meth:`stop` is called, from another thread or a signal."""
        while not self._over.is_set():
            with self._starting:
                for slot in () if self._over.is_set() else self._slots:
                    try:
                        self._look_after(slot)
                    except (OSError, SQLAlchemyError) as error:  # the next look may go well
                        log.warning("A worker cannot be looked after: %s", error)
            self._over.wait(LOOK_SECONDS)

    def stop(self) -> None:
        """Let all of them end: their jobs go back, those of Celery's workers are done first."""
        with self._starting:
            self._over.set()
        processes = [slot.process for slot in self._slots if slot.process is not None]
        for process in processes:
            if process.stdin is not None:
                process.stdin.close()
        deadline = time.monotonic() + LEAVE_SECONDS[self._settings.RUNNER]
        for process in processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _look_after(self, slot: _Slot) -> None:
        if slot.process is None:
            if time.monotonic() >= slot.started_at + slot.pause:
                slot.start(self._settings)
            return
        status = slot.process.poll()
        if status is None:
            return
        lived = time.monotonic() - slot.started_at
        # One that cannot start shall not keep the machine busy with trying.
        slot.pause = min(MAX_PAUSE_SECONDS, max(1.0, 2 * slot.pause)) if lived < QUICK_DEATH_SECONDS else 0.0
        log.warning("The worker %s ended with status %d.", slot.name, status)
        if slot.process.stdin is not None:
            slot.process.stdin.close()
        slot.process, slot.started_at = None, time.monotonic()
        self._bury(slot.name)

    def _bury(self, name: str) -> None:
        with self._app.app_context():
            try:
                take_back_abandoned(self._settings, name)
            except SQLAlchemyError as error:  # the lease will run out
                db.session.rollback()
                log.warning("The database does not answer: %s", error)


def leave_when_orphaned() -> None:
    """End this process, as a signal would, once its standard input ends; for the workers of a pool."""

    def watch() -> None:
        # Not through sys.stdin: its lock, held by this thread while the process exits, would abort it.
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(max(LEAVE_SECONDS.values()))
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="watch over the parent").start()
