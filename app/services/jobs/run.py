"""One job from the moment that a worker takes it: its lease kept, its progress told, its end written once."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Self

from flask import Flask
from sqlalchemy.exc import DBAPIError

from app.errors import BusyError, CancelledError, MusicExploreError
from app.models import db
from app.queries.hidden import hide_paths
from app.services.jobs import queue, runners
from app.services.jobs.kinds import kind_of
from app.services.jobs.queue import Taken
from app.services.report import Advance, Reporter
from app.services.workers import portable
from app.settings import Settings

log = logging.getLogger(__name__)

PULSE_SECONDS = 0.5
# A step that runs no Python, such as a long fit, cannot be told to stop: then the process is ended.
STOP_SECONDS = 10.0
BUSY_SECONDS = 3.0
_WRITE_PAUSES = (0.1, 0.3, 1.0, 3.0, 5.0, 10.0, 10.0)


class JobRun(Reporter):
    """What a job's function is given: it listens to stages and steps, and says when to stop.

    Parameters
    ----------
    app : Flask
        For the thread that keeps the lease.
    """

    def __init__(self, app: Flask, settings: Settings, taken: Taken) -> None:
        self.settings = settings
        self.taken = taken
        self._app = app
        self._progress: dict[str, Any] = {"stage": None, "done": 0, "total": 0}
        self._told: dict[str, Any] = dict(self._progress)
        self._kept_at = time.monotonic()
        self._stop = threading.Event()
        self._lost = threading.Event()
        self._over = threading.Event()
        self._pulse = threading.Thread(target=self._keep_alive, daemon=True, name=f"lease of {taken.id}")

    def __enter__(self) -> Self:
        self._pulse.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._pulse.join()

    @contextlib.contextmanager
    def stage(self, label: str, total: int) -> Iterator[Advance]:
        self.check()
        self._progress = {"stage": label, "done": 0, "total": total}

        def advance(steps: int) -> None:
            self.check()
            self._progress = self._progress | {"done": self._progress["done"] + steps}

        yield advance

    def say(self, message: str) -> None:
        queue.write_line(self.taken.id, hide_paths(self.settings, message))

    @property
    def progress(self) -> dict[str, Any]:
        """Stage, steps that are done, and their total."""
        return self._progress

    def check(self) -> None:
        """Stop here if somebody wants that, or another worker has the job by now.

        Raises
        ------
        CancelledError
            In both cases.
        """
        if self._stop.is_set():
            raise CancelledError("The job was cancelled.")
        if self._lost.is_set():
            raise CancelledError("Another worker has taken the job over.")

    @property
    def is_stop_wanted(self) -> bool:
        """Whether somebody has cancelled the job."""
        return self._stop.is_set()

    def _keep_alive(self) -> None:
        asked_at: float | None = None
        while not self._over.wait(PULSE_SECONDS):
            with self._app.app_context():
                try:
                    self._beat()
                except Exception as error:  # noqa: BLE001 - it may go again before the lease runs out
                    db.session.rollback()
                    log.warning("Job %s: its lease cannot be prolonged: %s", self.taken.id, error)
            if self._stop.is_set():
                asked_at = asked_at or time.monotonic()
                if time.monotonic() - asked_at > STOP_SECONDS:
                    self._leave()

    def _beat(self) -> None:
        progress = self._progress
        now = time.monotonic()
        if progress != self._told or now - self._kept_at > self.settings.JOB_LEASE_SECONDS / 3:
            wanted = queue.keep(self.settings, self.taken, progress)
            self._told, self._kept_at = progress, now
        else:
            wanted = queue.is_stop_wanted(self.taken)
        if wanted is None and not self._over.is_set():
            self._lost.set()
        elif wanted:
            self._stop.set()

    def _leave(self) -> None:
        """End the process over a job that does not listen."""
        with self._app.app_context():
            if queue.stop(self.settings, self.taken):
                kind_of(self.taken.kind).tell_end(self.taken, CancelledError("The job was cancelled."))
            db.session.commit()
        log.warning("Job %s does not stop: the worker ends.", self.taken.id)
        os._exit(75)


def run_job(app: Flask, settings: Settings, taken: Taken) -> None:
    """Do a job that this worker holds, and write down its end.

    Raises
    ------
    KeyboardInterrupt
        If the worker is told to end; the job is back in the queue then.
    """
    kind = kind_of(taken.kind)
    try:
        with JobRun(app, settings, taken) as run:
            result, error = _attempt(kind.run, run)
            # The lease is kept until the end is written.
            _write_end(settings, run, result, error)
    except KeyboardInterrupt:
        db.session.rollback()
        queue.give_back(taken, counts=False)
        raise


def _attempt(
    function: Callable[[JobRun, dict[str, Any]], dict[str, Any] | None], run: JobRun
) -> tuple[dict[str, Any] | None, MusicExploreError | None]:
    try:
        return function(run, run.taken.arguments), None
    except Exception as error:
        db.session.rollback()
        known = portable(error)
        if known is not error:
            log.exception("Job %s", run.taken.id)
        return None, known


def _write_end(
    settings: Settings, run: JobRun, result: dict[str, Any] | None, error: MusicExploreError | None
) -> None:
    """Write down how a job ended; a database that is away for a while is waited for."""
    for pause in (*_WRITE_PAUSES, None):
        try:
            _end(settings, run, result, error)
        except DBAPIError as problem:
            db.session.rollback()
            if pause is None:
                raise
            log.warning("Job %s: its end cannot be written yet: %s", run.taken.id, problem.orig)
            time.sleep(pause)
        else:
            return


def _end(
    settings: Settings, run: JobRun, result: dict[str, Any] | None, error: MusicExploreError | None
) -> None:
    taken = run.taken
    is_stop_wanted = run.is_stop_wanted or bool(queue.is_stop_wanted(taken))
    if isinstance(error, BusyError) and not is_stop_wanted:
        queue.give_back(taken, seconds=BUSY_SECONDS, counts=False)
        return
    if isinstance(error, BusyError | CancelledError):
        error = CancelledError("The job was cancelled.")
        held = queue.stop(settings, taken) if is_stop_wanted else False
    elif error is not None:
        held = queue.fail(settings, taken, error)
    else:
        held = queue.finish(settings, taken, result, run.progress)
    if held:
        kind_of(taken.kind).tell_end(taken, error)
    db.session.commit()
    for job_id in queue.waiting_twins(taken):
        runners.hand(settings, job_id)
