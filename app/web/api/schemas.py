"""The arguments of each route."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from app.queries.axes import Scale, View
from app.queries.exports import Format
from app.queries.listening.questions import CHOICES
from app.queries.neighbours import SimilarQuery
from app.queries.points import PointsQuery
from app.store.snapshots import Level, Space
from app.web.api.arguments import Arguments

MAX_NEIGHBOURS = 1000
MAX_COLUMNS = 100
MAX_PEAKS = 4000
MAX_POINTS = 250_000
MAX_TEXT = 200
MAX_TRACKS = 500

Name = Annotated[str, Field(min_length=1, max_length=64)]
Choice = Annotated[str, Field(max_length=128)]
Id = Annotated[int, Field(ge=0, lt=2**31)]
Version = Annotated[str | None, Field(max_length=128, description="version that is expected")]


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


class SpaceArguments(Arguments):
    """A set of vectors."""

    network: Name
    layer: Name
    level: Level

    @property
    def space(self) -> Space:
        """The space."""
        return Space(self.network, self.layer, self.level)


class AxesArguments(SpaceArguments):
    """A set of vectors, and what of it the axes of a map show."""

    x: Choice = Field("0", description="component, dimension or tag")
    y: Choice = Field("1", description="component, dimension or tag")
    x_minus: Choice | None = Field(None, description="tag that is subtracted")
    y_minus: Choice | None = Field(None, description="tag that is subtracted")
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"

    def _view(self, projection: str) -> View:
        return View(projection, self.x, self.y, self.x_minus, self.y_minus, self.x_scale, self.y_scale)


class PointsArguments(AxesArguments):
    """Which columns of which points, in which form."""

    projection: Name | None = Field(None, description="needed by the columns 'position' and 'kept'")
    columns: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=128)], ...],
        BeforeValidator(_split),
        Field(max_length=MAX_COLUMNS, description="names, separated by commas"),
    ]
    format: Literal["binary", "json"] = "binary"
    v: Version = None

    def to_query(self) -> PointsQuery:
        """Return what is asked of the read side."""
        view = None if self.projection is None else self._view(self.projection)
        return PointsQuery(self.space, self.columns, view)


class LabelsArguments(AxesArguments):
    """The map whose regions are named."""

    projection: Name
    v: Version = None

    @property
    def view(self) -> View:
        """What the axes show."""
        return self._view(self.projection)


class QualityArguments(SpaceArguments):
    """The map, and the space behind it, whose quality is asked for."""

    projection: Name | None = None


class OverlapArguments(SpaceArguments):
    """Two spaces of the same level."""

    other_network: Name
    other_layer: Name

    @property
    def other(self) -> Space:
        """The other space."""
        return Space(self.other_network, self.other_layer, self.level)


class SearchArguments(Arguments):
    """Words that occur in title, artist, album, path or tags of a track."""

    q: Annotated[str, Field(max_length=MAX_TEXT)] = ""


class TracksArguments(SearchArguments):
    """The tracks of some ids, or which of those that are found."""

    ids: Annotated[
        tuple[Id, ...] | None,
        BeforeValidator(_split),
        Field(max_length=MAX_TRACKS, description="numbers, separated by commas"),
    ] = None
    limit: int = Field(50, ge=1, le=MAX_TRACKS)
    cursor: Id = Field(0, description="'next' of the page before")


class TagsArguments(Arguments):
    """The tags of a track, or of one of its segments."""

    network: Name
    segment: Id | None = Field(None, description="number of the segment, from 0; the whole track without")


class TaggramArguments(Arguments):
    """The activations of a track over time."""

    network: Name


class WaveformArguments(Arguments):
    """The outline of a track."""

    points: int = Field(800, ge=1, le=MAX_PEAKS, description="number of peaks")


class AnswerArguments(Arguments):
    """Which of the choices a rater found most like the reference."""

    question: Annotated[str, Field(min_length=1, max_length=64)]
    rater: Annotated[str, Field(pattern="^[0-9a-f-]{16,64}$", description="a random name")]
    choice: int = Field(ge=0, lt=CHOICES)


class ExportArguments(Arguments):
    """Which points to save, and how. Tracks come as ``[id, null]``, segments as ``[id, number]``."""

    points: Annotated[list[tuple[Id, Id | None]], Field(min_length=1, max_length=MAX_POINTS)]
    format: Format
    network: Name | None = None
    layer: Name | None = None
    title: Annotated[str, Field(max_length=200)] = "Selection"
    offline: bool | None = Field(None, description="paths instead of addresses; None: as the settings say")
    windows_paths: bool | None = Field(None, description="None: as the settings say")


class SimilarArguments(Arguments):
    """Whose neighbours, by what, and how many."""

    track: Id
    segment: Id | None = Field(None, description="number of the segment, from 0; tracks are compared without")
    network: Name
    layer: Name
    k: int = Field(10, ge=1, le=MAX_NEIGHBOURS)

    def to_query(self) -> SimilarQuery:
        """Return what is asked of the read side."""
        return SimilarQuery(self.network, self.layer, self.track, self.segment, self.k)
