"""Analyses of audio: what may be asked, and what is told."""

from typing import Annotated, Any, Literal

from pydantic import Field

from app.services.analysis import Request
from app.store.snapshots import Level
from app.web.api.arguments import Arguments
from app.web.api.operation import Answer
from app.web.api.schemas.fields import Choice, CommaSeparated, Name
from app.web.api.schemas.jobs import JobFactsAnswer, JobId, States
from app.web.api.schemas.places import PlaceAnswer

MAX_WAIT_SECONDS = 60

Names = Annotated[tuple[Name, ...], Field(max_length=20), CommaSeparated]


class AnalysisArguments(Arguments):
    """What is to be found out, and who is told."""

    attributes: Names = Field((), description="analyses, with commas between; all that can run if empty")
    network: Names = Field((), description="networks for tags and embeddings; all installed ones if empty")
    embeddings: Literal["mean", "segments"] = Field("mean", description="of the whole, or of each segment")
    webhook_url: Annotated[str, Field(max_length=2000)] | None = Field(
        None, description="address that is told when it has ended"
    )
    wait: float = Field(
        0, ge=0, le=MAX_WAIT_SECONDS, description="seconds to wait for the result before answering"
    )

    def to_request(self, owner: str | None, key: str | None) -> Request:
        """Return what the service is asked."""
        return Request(self.attributes, self.network, self.embeddings, self.webhook_url, owner, key)


class BatchArguments(Arguments):
    """What is to be found out of each file, and who is told."""

    attributes: Names = Field((), description="analyses, with commas between; all that can run if empty")
    network: Names = Field((), description="networks for tags and embeddings; all installed ones if empty")
    embeddings: Literal["mean", "segments"] = Field("mean", description="of the whole, or of each segment")
    webhook_url: Annotated[str, Field(max_length=2000)] | None = Field(
        None, description="address that is told of each when it has ended"
    )

    def to_request(self, owner: str | None) -> Request:
        """Return what the service is asked."""
        return Request(self.attributes, self.network, self.embeddings, self.webhook_url, owner)


class AnalysesArguments(Arguments):
    """Which analyses."""

    state: States = Field((), description="only of these states")
    limit: int = Field(50, ge=1, le=200)
    cursor: JobId | None = Field(None, description="'next' of the page before")


class WaitArguments(Arguments):
    """How long to wait."""

    wait: float = Field(
        0, ge=0, le=MAX_WAIT_SECONDS, description="seconds to wait for the result before answering"
    )


class PlaceArguments(Arguments):
    """A map, and how many neighbours."""

    network: Name
    layer: Name
    level: Level = "tracks"
    projection: Choice
    k: int = Field(10, ge=1, le=100, description="nearest neighbours that are told")


class AnalysisFactsAnswer(JobFactsAnswer):
    """What is known of an analysis, without its result."""

    attributes: list[str]
    missing: dict[str, str] = Field(
        description="analyses that are not available on this server, with reasons"
    )
    track: int | None = Field(description="of the library, if it is about one")
    duration: float | None = Field(description="seconds, as the head of the file says")
    audio: str | None = Field(description="where it can be heard, as long as it is kept")


class AnalysisAnswer(AnalysisFactsAnswer):
    """An analysis, with its result once it has finished."""

    result: dict[str, Any] | None = Field(description="analysis to what it found")
    library_track: int | None = Field(description="track of the library whose file is the same to the byte")


class AnalysesAnswer(Answer):
    """Some of all analyses, the newest first."""

    total: int
    next: str | None = Field(description="'cursor' of the next page; null on the last one")
    analyses: list[AnalysisFactsAnswer]


class RefusedAnswer(Answer):
    """A file that was not taken."""

    title: str
    error_code: str
    error: str


class BatchAnswer(Answer):
    """What became of several files."""

    analyses: list[AnalysisFactsAnswer]
    refused: list[RefusedAnswer]


class AttributeAnswer(Answer):
    """An analysis that can be asked for."""

    name: str
    title: str
    unavailable: str | None = Field(description="why it cannot run here; null if it can")


class AttributesAnswer(Answer):
    """What can be asked for, and what may be sent."""

    attributes: list[AttributeAnswer]
    max_mb: int
    max_seconds: int


class NearAnswer(PlaceAnswer):
    """A neighbour of audio that was sent."""

    distance: float


class AnalysisPlaceAnswer(Answer):
    """Where audio that was sent lies on a map."""

    positions: list[list[float]] = Field(description="of the whole, or of each segment: one row each")
    neighbours: list[NearAnswer] = Field(description="of the whole; segments' neighbours of its mean")


class AttemptAnswer(Answer):
    """A try to tell a webhook's receiver."""

    at: str
    status: int | None = Field(description="of the receiver's answer, if there was one")
    error: str | None = Field(description="why it was no success")
    seconds: float


class DeliveryAnswer(Answer):
    """An event on its way to a webhook's receiver."""

    id: str
    job_id: str
    target: str = Field(description="scheme, host and port")
    state: Literal["pending", "delivered", "failed"]
    tries: int
    next_try_at: str | None
    created_at: str
    delivered_at: str | None
    attempts: list[AttemptAnswer]


class DeliveriesAnswer(Answer):
    """The events of an analysis."""

    deliveries: list[DeliveryAnswer]
