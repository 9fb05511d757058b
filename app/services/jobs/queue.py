"""The life of a job's row: queued, taken by a worker under a lease, ended once.

::

    queued --take--> running --finish--> finished
       ^                |-----fail-----> failed
       |--- give_back --|                cancelled
       `--- the lease ran out

Each step is one UPDATE that names the state (and the lease) it starts from, so that of two who try, one
changes the row and the other is told so. A lease is a random name; who has lost it can write nothing.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CursorResult, Update, delete, exists, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from app.errors import CancelledError, ConflictError, MusicExploreError, QueueFullError
from app.models import Job, JobLine, WebhookDelivery, db
from app.models.job import CANCELLED, FAILED, FINISHED, QUEUED, RUNNING
from app.queries.clock import database_now
from app.queries.hidden import hide_paths
from app.queries.jobs import JobFacts, facts_of, find_job
from app.settings import Settings

_LOOKS = 20


@dataclass(frozen=True)
class NewJob:
    """What is asked for; see :class:`app.models.Job` for the fields."""

    kind: str
    title: str
    arguments: dict[str, Any]
    owner: str | None = None
    rank: int = 0
    subject: str | None = None
    request_key: str | None = None
    id: str | None = None


@dataclass(frozen=True)
class Taken:
    """A job that this worker holds."""

    id: str
    lease: str
    kind: str
    arguments: dict[str, Any]
    subject: str | None
    tries: int


TellEnd = Callable[[Taken, MusicExploreError | None], None]
"""What is called in the transaction that ends a job, with its error if it has one."""


def new_id() -> str:
    """Return a name that nobody guesses."""
    return uuid.uuid4().hex


def add_job(settings: Settings, new: NewJob) -> tuple[JobFacts, bool]:
    """Put a job into the queue, or find the one that the same request has made before.

    Returns
    -------
    tuple of JobFacts and bool
        The job, and whether it is new.

    Raises
    ------
    QueueFullError
        If too many wait.
    ConflictError
        If the request's key was used for something else.
    """
    known = _asked_before(new)
    if known is not None:
        return known, False
    waiting = db.session.scalar(select(func.count()).select_from(Job).where(Job.state == QUEUED)) or 0
    if waiting >= settings.MAX_QUEUED_JOBS:
        raise QueueFullError(f"{waiting} jobs wait already. Try again in a while.")
    now = database_now()
    row = Job(
        id=new.id or new_id(),
        kind=new.kind,
        title=new.title,
        arguments=new.arguments,
        owner=new.owner,
        rank=new.rank,
        subject=new.subject,
        request_key=new.request_key,
        created_at=now,
        handed_at=now,
    )
    db.session.add(row)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        known = _asked_before(new)
        if known is None:
            raise
        return known, False
    return facts_of(row), True


def _asked_before(new: NewJob) -> JobFacts | None:
    if new.request_key is None:
        return None
    row = db.session.scalar(select(Job).where(Job.request_key == new.request_key))
    if row is None:
        return None
    if (row.kind, row.arguments, row.subject) != (new.kind, new.arguments, new.subject):
        raise ConflictError(
            f"This idempotency key was used for another request, which made {row.id}. Use a new key."
        )
    return facts_of(row)


def take_next(settings: Settings, worker: str) -> Taken | None:
    """Take the job whose turn it is; None if there is nothing to do."""
    for _ in range(_LOOKS):
        job_id = db.session.scalar(
            select(Job.id)
            .where(*_may_run(database_now()))
            .order_by(Job.rank, Job.created_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        if job_id is None:
            break
        taken = take(settings, job_id, worker)
        if taken is not None:
            return taken
    db.session.rollback()
    return None


def take(settings: Settings, job_id: str, worker: str) -> Taken | None:
    """Take a job; None if it may not run now: taken by another, ended, or its audio is at work."""
    if db.engine.dialect.name == "postgresql":  # elsewhere one writer waits for the other anyway
        subject = func.hashtext(func.coalesce(Job.subject, Job.id))
        db.session.execute(select(func.pg_advisory_xact_lock(subject)).where(Job.id == job_id))
    now = database_now()
    lease = new_id()
    step = (
        update(Job)
        .where(Job.id == job_id, *_may_run(now))
        .values(
            state=RUNNING,
            lease=lease,
            lease_until=now + settings.JOB_LEASE_SECONDS,
            worker=worker,
            tries=Job.tries + 1,
            started_at=func.coalesce(Job.started_at, now),
            stage=None,
            done=0,
            total=0,
        )
    )
    if not _changes(step):
        return None
    row = db.session.get_one(Job, job_id, populate_existing=True)
    return Taken(row.id, lease, row.kind, row.arguments, row.subject, row.tries)


def _may_run(now: float) -> list[Any]:
    other = aliased(Job)
    twin_runs = exists().where(other.subject == Job.subject, other.state == RUNNING, other.id != Job.id)
    return [Job.state == QUEUED, Job.not_before <= now, ~twin_runs]


def waiting_twins(taken: Taken) -> list[str]:
    """Return the jobs that waited for this one, as they are about the same audio."""
    if taken.subject is None:
        return []
    twins = select(Job.id).where(Job.subject == taken.subject, Job.state == QUEUED)
    found = list(db.session.scalars(twins))
    db.session.rollback()
    return found


def keep(settings: Settings, taken: Taken, progress: Mapping[str, Any]) -> bool | None:
    """Prolong the lease and write down the progress; return whether to stop, None if the lease is lost."""
    now = database_now()
    values = {**progress, "lease_until": now + settings.JOB_LEASE_SECONDS}
    if not _changes(_held(taken).values(values)):
        return None
    return is_stop_wanted(taken)


def is_stop_wanted(taken: Taken) -> bool | None:
    """Tell whether a job that is held shall be stopped; None if the lease is lost."""
    found = db.session.scalar(
        select(Job.cancel_requested).where(Job.id == taken.id, Job.lease == taken.lease, Job.state == RUNNING)
    )
    db.session.rollback()
    return found


def finish(
    settings: Settings, taken: Taken, result: dict[str, Any] | None, progress: Mapping[str, Any]
) -> bool:
    """End a job well, in the caller's transaction; False if the lease is lost."""
    return _end(settings, _held(taken), FINISHED, result=result, **progress)


def fail(settings: Settings, taken: Taken, error: MusicExploreError) -> bool:
    """End a job with a reason, in the caller's transaction; False if the lease is lost."""
    return _end(
        settings,
        _held(taken),
        FAILED,
        error=hide_paths(settings, str(error), everywhere=True),
        error_code=error.code,
    )


def stop(settings: Settings, taken: Taken) -> bool:
    """End a job that was cancelled, in the caller's transaction; False if the lease is lost."""
    return _end(settings, _held(taken), CANCELLED)


def give_back(taken: Taken, *, seconds: float = 0.0, counts: bool = True) -> bool:
    """Put a job back into the queue.

    Parameters
    ----------
    seconds : float
        Until it may run again.
    counts : bool
        Whether this was one of its tries.
    """
    values: dict[str, Any] = {"state": QUEUED, "lease": None, "lease_until": None, "worker": None}
    values["not_before"] = database_now() + seconds
    if not counts:
        values["tries"] = Job.tries - 1
    return _changes(_held(taken).values(values))


def _held(taken: Taken) -> Update:
    return update(Job).where(Job.id == taken.id, Job.lease == taken.lease, Job.state == RUNNING)


def _end(settings: Settings, step: Update, state: str, **values: Any) -> bool:
    now = database_now()
    values |= {"state": state, "finished_at": now, "lease": None, "lease_until": None}
    values["expires_at"] = now + settings.KEEP_ANALYSES_HOURS * 3600
    done = db.session.execute(step.values(values), execution_options={"synchronize_session": False})
    assert isinstance(done, CursorResult)  # noqa: S101 - for mypy: an UPDATE's is one
    return done.rowcount == 1


def cancel(settings: Settings, job_id: str, tell_end: TellEnd) -> JobFacts:
    """Cancel a job: at once if it waits, else by asking its worker.

    Parameters
    ----------
    tell_end : callable
        Called in the transaction that ends a job which waits.

    Raises
    ------
    NotFoundError
        If there is none.
    ConflictError
        If it has ended already.
    """
    waiting = update(Job).where(Job.id == job_id, Job.state == QUEUED)
    if _end(settings, waiting, CANCELLED):
        row = db.session.get_one(Job, job_id, populate_existing=True)
        taken = Taken(row.id, "", row.kind, row.arguments, row.subject, row.tries)
        tell_end(taken, CancelledError("The job was cancelled."))
    else:
        running = update(Job).where(Job.id == job_id, Job.state == RUNNING).values(cancel_requested=True)
        if not _changes(running):
            db.session.rollback()
            facts = find_job(job_id)
            if facts.state != CANCELLED:
                raise ConflictError(f"The job {job_id} is {facts.state}: there is nothing to cancel.")
            return facts
    db.session.commit()
    return find_job(job_id)


def retry(job_id: str) -> JobFacts:
    """Put a job that failed or was cancelled into the queue again.

    Raises
    ------
    NotFoundError
        If there is none.
    ConflictError
        If it is in another state.
    """
    step = (
        update(Job)
        .where(Job.id == job_id, Job.state.in_((FAILED, CANCELLED)))
        .values(
            state=QUEUED,
            tries=0,
            not_before=0.0,
            cancel_requested=False,
            error=None,
            error_code=None,
            started_at=None,
            finished_at=None,
            expires_at=None,
            handed_at=database_now(),
        )
    )
    if not _changes(step):
        facts = find_job(job_id)
        raise ConflictError(
            f"The job {job_id} is {facts.state}: only one that failed or was cancelled runs again."
        )
    return find_job(job_id)


def forget(job_id: str) -> JobFacts:
    """Delete a job that has ended, with what it gave and told, and what was sent of it; return what it was.

    Raises
    ------
    NotFoundError
        If there is none.
    ConflictError
        If it has not ended.
    """
    facts = find_job(job_id)
    if not facts.has_ended:
        raise ConflictError(f"The job {job_id} is {facts.state}. Cancel it first.")
    db.session.execute(delete(WebhookDelivery).where(WebhookDelivery.job_id == job_id))
    db.session.execute(delete(Job).where(Job.id == job_id))
    db.session.commit()
    return facts


def write_line(job_id: str, text: str) -> None:
    """Keep a line of what a job tells."""
    db.session.add(JobLine(job_id=job_id, at=database_now(), text=text))
    db.session.commit()


def _changes(step: Update) -> bool:
    """Run an UPDATE in a transaction of its own; tell whether it met its row."""
    done = db.session.execute(step, execution_options={"synchronize_session": False})
    assert isinstance(done, CursorResult)  # noqa: S101 - for mypy: an UPDATE's is one
    met = done.rowcount == 1
    db.session.commit()
    return met
