"""Jobs as they may be told: their state, what they gave and what they said."""

import re
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, select

from app.errors import NotFoundError
from app.models import Job, JobLine, db
from app.models.job import ENDED, EXPIRED, QUEUED, RUNNING
from app.queries.clock import database_now


@dataclass(frozen=True)
class JobFacts:
    """What is known of a job; see :class:`app.models.Job`."""

    id: str
    kind: str
    title: str
    state: str
    error: str | None
    error_code: str | None
    owner: str | None
    tries: int
    cancel_requested: bool
    stage: str | None
    done: int
    total: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    arguments: dict[str, Any]

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will become of it."""
        return self.state in (*ENDED, EXPIRED)

    def to_json(self) -> dict[str, Any]:
        """Return plain values, without what it was asked."""
        plain = {name: value for name, value in asdict(self).items() if name not in ("arguments", "owner")}
        return {
            name: value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
            for name, value in plain.items()
        }


def find_job(job_id: str, kind: str | None = None) -> JobFacts:
    """Return a job.

    Parameters
    ----------
    kind : str, optional
        What it must be.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    is_id = re.fullmatch("[0-9a-f]{32}", job_id)
    row = db.session.get(Job, job_id, populate_existing=True) if is_id else None
    if row is None or kind not in (None, row.kind):
        raise NotFoundError(f"There is no {kind or 'job'} {job_id!r}.")
    return facts_of(row)


def job_result(job_id: str) -> dict[str, Any] | None:
    """Return what a job gave; None before it has finished, and after that was thrown away."""
    return db.session.scalar(select(Job.result).where(Job.id == job_id))


def list_jobs(
    *,
    kinds: Collection[str] = (),
    states: Collection[str] = (),
    owner: str | None = None,
    before: str | None = None,
    limit: int = 50,
) -> tuple[int, list[JobFacts]]:
    """Return how many jobs there are of these kinds and states (all if empty), and the newest of them.

    Parameters
    ----------
    owner : str, optional
        Name of the token whose jobs they are; those of all by default.
    before : str, optional
        Id of the last job of the page before.
    """
    chosen: Select[Any] = select(Job)
    if kinds:
        chosen = chosen.where(Job.kind.in_(kinds))
    if states:
        chosen = chosen.where(Job.state.in_(states))
    if owner is not None:
        chosen = chosen.where(Job.owner == owner)
    total = db.session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    page = _after(chosen, before).order_by(Job.created_at.desc(), Job.id.desc()).limit(limit)
    rows: Iterable[Job] = db.session.scalars(page, execution_options={"populate_existing": True})
    return total, [facts_of(row) for row in rows]


def _after(chosen: Select[Any], before: str | None) -> Select[Any]:
    if before is None:
        return chosen
    moment = select(Job.created_at).where(Job.id == before).scalar_subquery()
    return chosen.where((Job.created_at < moment) | ((Job.created_at == moment) & (Job.id < before)))


def ids_under_way(kind: str) -> set[str]:
    """Return the jobs of a kind that wait or run."""
    return set(db.session.scalars(select(Job.id).where(Job.kind == kind, Job.state.in_((QUEUED, RUNNING)))))


def job_lines(job_id: str, after: int = 0, limit: int = 1000) -> list[JobLine]:
    """Return what a job told, in order, from the line after the one with the number ``after``."""
    lines = select(JobLine).where(JobLine.job_id == job_id, JobLine.id > after).order_by(JobLine.id)
    return list(db.session.scalars(lines.limit(limit)))


def count_by_state() -> dict[str, int]:
    """Return the number of jobs by state; states without jobs are left out."""
    rows = db.session.execute(select(Job.state, func.count()).group_by(Job.state))
    return {state: number for state, number in rows}  # noqa: C416 - rows are no pairs to mypy


def oldest_waiting_seconds() -> float:
    """Return how long the oldest job waits that may run; 0 if none does."""
    now = database_now()
    oldest = db.session.scalar(
        select(func.min(Job.created_at)).where(Job.state == QUEUED, Job.not_before <= now)
    )
    return 0.0 if oldest is None else max(0.0, now - oldest)


def facts_of(row: Job) -> JobFacts:
    """Return what may be told of a job."""
    return JobFacts(
        id=row.id,
        kind=row.kind,
        title=row.title,
        state=row.state,
        error=row.error,
        error_code=row.error_code,
        owner=row.owner,
        tries=row.tries,
        cancel_requested=row.cancel_requested,
        stage=row.stage,
        done=row.done,
        total=row.total,
        created_at=_moment(row.created_at) or datetime.fromtimestamp(0, UTC),
        started_at=_moment(row.started_at),
        finished_at=_moment(row.finished_at),
        expires_at=_moment(row.expires_at),
        arguments=row.arguments,
    )


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
