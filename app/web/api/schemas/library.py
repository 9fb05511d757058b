"""What there is to look at, and the state of it."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from app.store.snapshots import Level
from app.web.api.operation import Answer
from app.web.api.schemas.errors import ErrorFacts
from app.web.api.schemas.places import Count, Seconds

SnapshotId = Annotated[str, Field(description="another one whenever vectors or maps are published")]


DamagedFile = Annotated[str, Field(description="file that is out of service, such as 'mtt-vgg/offsets.npy'")]


class PublishedSnapshot(Answer):
    """The version of all vectors and maps that is shown."""

    id: SnapshotId
    published_at: AwareDatetime


class LibrarySize(Answer):
    """How much there is to see."""

    tracks: Count
    segments: Count


class ProjectionAnswer(Answer):
    """A map of a space."""

    name: str
    title: str
    components: Annotated[int, Field(ge=1)]
    version: str = Field(description="to be named as 'v' when its points are asked for")
    quality: dict[str, Any] | None = Field(description="what was measured when it was made")
    explained_variance: list[float | None] | None = Field(description="share of each component")


class LevelAnswer(Answer):
    """The points of a space, and its maps."""

    name: Level
    points: Count
    projections: list[ProjectionAnswer]
    columns: list[str] = Field(description="further columns that /api/v1/points has here")


class LayerAnswer(Answer):
    """An output of a network."""

    name: str
    size: Annotated[int, Field(ge=1)]
    levels: list[LevelAnswer]


class NetworkAnswer(Answer):
    """A trained neural net, and what it made of the library."""

    name: str
    dataset: str
    architecture: str
    segment_seconds: Seconds
    patch_seconds: Seconds
    tracks: Count
    segments: Count
    tags: list[str] = Field(description="values of its layer 'taggrams', in order")
    layers: list[LayerAnswer]


class NetworksAnswer(Answer):
    """Everything that can be chosen."""

    snapshot: PublishedSnapshot | None
    library: LibrarySize
    networks: list[NetworkAnswer]
    attributes: list[str]
    attributes_version: str | None


class CoverageAnswer(Answer):
    """How far a network has come."""

    network: str
    installed: bool
    done: Count
    failed: Count
    pending: int
    segments: Count


class ProblemAnswer(Answer):
    """A file that could not be used."""

    track: Count
    path: str
    reason: str


class StatusSnapshot(PublishedSnapshot):
    """The version that is shown, and how much it holds."""

    tracks: Count
    segments: Count


class ProgressAnswer(Answer):
    """How far a run has come in its present stage."""

    stage: str
    done: Count
    total: Count = Field(description="0 if nobody knows")
    seconds_left: Seconds | None


class StatusAnswer(Answer):
    """The library at a glance."""

    tracks: Count
    missing: Count
    duplicates: Count
    seconds: Seconds
    networks: list[CoverageAnswer]
    failed: Count
    failures: list[ProblemAnswer] = Field(description="the first of them")
    snapshot: StatusSnapshot | None
    damaged: list[DamagedFile]
    running: ProgressAnswer | None


class HealthAnswer(Answer):
    """Whether the library can be read."""

    status: Literal["ok", "disk_full", "damaged", "unavailable"]
    snapshot: SnapshotId | None
    damaged: list[DamagedFile]
    disk_full: bool = Field(description="disk full: reading works; uploads and runs are refused")
    error: ErrorFacts | None = None
