"""Jobs: long work that was asked for, and what became of it. The row is the truth, whatever runs it."""

from typing import Any

from sqlalchemy import JSON, Double, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from app.models.base import Base

QUEUED = "queued"
RUNNING = "running"
FINISHED = "finished"
FAILED = "failed"
CANCELLED = "cancelled"
EXPIRED = "expired"
STATES = (QUEUED, RUNNING, FINISHED, FAILED, CANCELLED, EXPIRED)
ENDED = (FINISHED, FAILED, CANCELLED)


class Job(Base):
    """A job. Moments are seconds since 1970 by the database's clock, as those of the workers may differ.

    Attributes
    ----------
    id : str
        32 random hexadecimal digits.
    kind : str
        What is done; see :mod:`app.services.jobs.kinds`.
    title : str
        What it is about, for people.
    arguments, result : dict or None
        Whatever the kind takes and gives.
    owner : str or None
        Name of the token that asked for it; None for this machine.
    rank : int
        Jobs of a lower rank go first.
    subject : str or None
        What it is about: the SHA-256 of audio, or ``library``. Two jobs about the same never run at the same
        time, so that the second finds what the first one computed.
    request_key : str or None
        Hash of whose request it was: the same request sent again is the same job.
    tries : int
        How often a worker took it.
    lease : str or None
        Who holds it: a new random name each time that a worker takes it. Only the holder may write.
    lease_until : float or None
        When others may take it for abandoned.
    not_before : float
        When it may run.
    handed_at : float
        When it was handed to the runner last.
    cancel_requested : bool
        Whether the worker that holds it shall stop.
    stage, done, total
        Progress.
    expires_at : float or None
        When its result is thrown away.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_state_rank_created_at", "state", "rank", "created_at"),
        Index("ix_job_subject", "subject"),
        Index("ix_job_created_at", "created_at"),
        Index("ix_job_finished_at", "finished_at"),
        Index("ix_job_expires_at", "expires_at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default=QUEUED)
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(String(32))
    owner: Mapped[str | None] = mapped_column(String(64))
    rank: Mapped[int] = mapped_column(default=0)
    subject: Mapped[str | None] = mapped_column(String(64))
    request_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    tries: Mapped[int] = mapped_column(default=0)
    lease: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[float | None] = mapped_column(Double)
    worker: Mapped[str | None] = mapped_column(Text)
    not_before: Mapped[float] = mapped_column(Double, default=0.0)
    handed_at: Mapped[float] = mapped_column(Double, default=0.0)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    stage: Mapped[str | None] = mapped_column(Text)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[float] = mapped_column(Double)
    started_at: Mapped[float | None] = mapped_column(Double)
    finished_at: Mapped[float | None] = mapped_column(Double)
    expires_at: Mapped[float | None] = mapped_column(Double)
    result: Mapped[dict[str, Any] | None] = deferred(mapped_column(JSON(none_as_null=True)))


class JobLine(Base):
    """A line of what a job told."""

    __tablename__ = "job_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id", ondelete="CASCADE"), index=True)
    at: Mapped[float] = mapped_column(Double)
    text: Mapped[str] = mapped_column(Text)


class AnalysisResult(Base):
    """What an analysis found in some audio, so that the same audio is analysed once.

    Attributes
    ----------
    content_hash : str
        SHA-256 of the audio file.
    name : str
        Of the analysis.
    version : str
        Changes with its method, options and weights.
    """

    __tablename__ = "analysis_result"

    content_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[str] = mapped_column(String(128), primary_key=True)
    result: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[float] = mapped_column(Double, index=True)
