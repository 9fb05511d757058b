"""Jobs: what may be asked of them, and what is told."""

from typing import Annotated, Literal

from pydantic import Field

from app.web.api.arguments import Arguments
from app.web.api.operation import Answer
from app.web.api.schemas.fields import CommaSeparated, Name

State = Literal["queued", "running", "finished", "failed", "cancelled", "expired"]
JobId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
States = Annotated[tuple[State, ...], CommaSeparated]


class JobsArguments(Arguments):
    """Which jobs."""

    state: States = Field((), description="only of these states")
    limit: int = Field(50, ge=1, le=200)
    cursor: JobId | None = Field(None, description="'next' of the page before")


class NewJobArguments(Arguments):
    """Work on the whole library."""

    kind: Literal["process", "reduce"] = Field(
        description="'process': take in what is new, from audio files to maps; 'reduce': compute maps"
    )
    retry_failed: bool = Field(False, description="process: try files again that failed before")
    networks: list[Name] = Field([], max_length=100, description="reduce: only of these networks")
    projections: list[Name] = Field([], max_length=100, description="reduce: only these projections")


class JobLineAnswer(Answer):
    """A line of what a job told."""

    number: int
    at: str
    text: str


class JobFactsAnswer(Answer):
    """What is known of any job, whatever it does."""

    id: str
    title: str
    state: State
    error: str | None = Field(description="why it failed")
    error_code: str | None
    tries: int = Field(description="workers that took it")
    cancel_requested: bool = Field(description="whether its worker was told to stop")
    stage: str | None = Field(description="what it is at")
    done: int = Field(description="steps of the stage")
    total: int
    created_at: str
    started_at: str | None
    finished_at: str | None
    expires_at: str | None = Field(description="when its result is thrown away")


class JobAnswer(JobFactsAnswer):
    """What is known of a job."""

    kind: str


class JobsAnswer(Answer):
    """Some of all jobs, the newest first."""

    total: int
    next: str | None = Field(description="'cursor' of the next page; null on the last one")
    jobs: list[JobAnswer]


class JobLogAnswer(Answer):
    """What a job told so far."""

    lines: list[JobLineAnswer]


class LogArguments(Arguments):
    """Which lines."""

    after: int = Field(0, ge=0, lt=2**31, description="number of the last line that is known")
