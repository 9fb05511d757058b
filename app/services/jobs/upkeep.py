"""What has to be done from time to time, by whoever is there: any number of processes may do it at once."""

import logging
import threading
import time
from collections.abc import Callable

from flask import Flask
from sqlalchemy import delete, select, update

from app.errors import CancelledError, MusicExploreError, WorkerError
from app.models import AnalysisResult, Job, WebhookDelivery, db
from app.models.job import CANCELLED, ENDED, EXPIRED, FAILED, QUEUED, RUNNING
from app.queries.clock import database_now
from app.services import webhooks
from app.services.jobs import queue, runners
from app.services.jobs.kinds import kind_of
from app.services.jobs.queue import Taken
from app.settings import Settings

log = logging.getLogger(__name__)

HAND_AGAIN_SECONDS = 15.0
UPLOADS = "uploads"
UPLOAD_SECONDS = 3600.0  # longer than any request
_AT_ONCE = 200


class Upkeep:
    """Threads that do the upkeep of an application's jobs, and send what the outbox of webhooks holds."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._over = threading.Event()
        # Apart, as receivers of webhooks may keep us waiting for a while.
        self._threads = [
            threading.Thread(target=self._repeat, args=(work, seconds), daemon=True, name=work.__name__)
            for work, seconds in ((keep_up, 1.0), (webhooks.send_due, 1.0), (throw_away_old, 60.0))
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End, after what is being done."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, work: Callable[[Settings], object], seconds: float) -> None:
        told = ""
        while not self._over.wait(seconds):
            with self._app.app_context():
                try:
                    work(self._settings)
                    told = ""
                except Exception as error:  # noqa: BLE001 - whatever it is, the next time may be better
                    db.session.rollback()
                    reason = f"{type(error).__name__}: {error}"
                    if reason != told:  # once, not every second
                        log.warning("Upkeep of jobs: %s", reason)
                    told = reason


def keep_up(settings: Settings) -> None:
    """Do once what cannot wait."""
    take_back_abandoned(settings)
    hand_again(settings)


def take_back_abandoned(settings: Settings, worker: str | None = None) -> int:
    """Take jobs from workers that are silent; return how many.

    A job goes back into the queue, or has failed if it was the last try; cancelled ones end.

    Parameters
    ----------
    worker : str, optional
        One that is known to be dead, whose lease need not run out.
    """
    now = database_now()
    abandoned = select(Job).where(Job.state == RUNNING)
    abandoned = abandoned.where(Job.worker == worker if worker is not None else Job.lease_until < now)
    rows = db.session.scalars(abandoned, execution_options={"populate_existing": True}).all()
    for row in rows:
        _take_back(settings, row)
    if not rows:
        db.session.rollback()
    return len(rows)


def _take_back(settings: Settings, row: Job) -> None:
    taken = Taken(row.id, row.lease or "", row.kind, row.arguments, row.subject, row.tries)
    log.warning("Job %s: its worker %s is gone (try %d).", row.id, row.worker, row.tries)
    error: MusicExploreError
    if row.cancel_requested:
        error = CancelledError("The job was cancelled.")
        held = queue.stop(settings, taken)
    elif row.tries >= settings.JOB_TRIES:
        times = f"{row.tries} times" if row.tries > 1 else "once"
        error = WorkerError(f"The worker died over it {times}; perhaps it takes too much memory.")
        held = queue.fail(settings, taken, error)
    else:
        queue.give_back(taken)
        runners.hand(settings, row.id)
        return
    if held:
        kind_of(row.kind).tell_end(taken, error)
    db.session.commit()


def hand_again(settings: Settings) -> None:
    """Hand jobs to the runner again that nobody has taken: the message may be lost, or came too early."""
    now = database_now()
    late = select(Job.id).where(
        Job.state == QUEUED, Job.not_before <= now, Job.handed_at < now - HAND_AGAIN_SECONDS
    )
    ids = db.session.scalars(late.order_by(Job.rank, Job.created_at).limit(_AT_ONCE)).all()
    db.session.rollback()
    if ids:
        db.session.execute(update(Job).where(Job.id.in_(ids)).values(handed_at=now))
        db.session.commit()
    for job_id in ids:
        runners.hand(settings, job_id)


def throw_away_old(settings: Settings) -> None:
    """Throw results away that were kept long enough, and, as long again after that, their jobs.

    Uploads of requests that ended before there was a job go, too.
    """
    now = database_now()
    keep = settings.KEEP_ANALYSES_HOURS * 3600
    old = select(Job).where(Job.state.in_(ENDED), Job.expires_at < now).limit(_AT_ONCE)
    for row in db.session.scalars(old).all():
        kind_of(row.kind).discard(settings, row.id)
        # What failed or was cancelled stays so: its reason is all that is left of it.
        state = row.state if row.state in (FAILED, CANCELLED) else EXPIRED
        values = {"state": state, "result": None, "expires_at": None}
        db.session.execute(update(Job).where(Job.id == row.id, Job.state == row.state).values(values))
    gone = select(Job.id).where(Job.state.in_((*ENDED, EXPIRED)), Job.finished_at < now - 2 * keep)
    ids = db.session.scalars(gone.limit(_AT_ONCE)).all()
    if ids:
        db.session.execute(delete(WebhookDelivery).where(WebhookDelivery.job_id.in_(ids)))
        db.session.execute(delete(Job).where(Job.id.in_(ids)))
    # Asked before: a DELETE takes the lock of an SQLite file even where nothing is to be deleted.
    stale = AnalysisResult.created_at < now - keep
    if db.session.scalar(select(AnalysisResult.name).where(stale).limit(1)) is not None:
        db.session.execute(delete(AnalysisResult).where(stale))
    db.session.commit()
    for path in (settings.ROOT_DIR / UPLOADS).glob("*"):
        is_old = path.stat().st_mtime < time.time() - UPLOAD_SECONDS
        if is_old and db.session.scalar(select(Job.id).where(Job.id == path.name)) is None:
            path.unlink(missing_ok=True)
    db.session.rollback()
