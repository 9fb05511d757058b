"""Points of a map, and what is told about maps."""

from typing import Annotated, Literal

from pydantic import Field

from app.queries.axes import Scale, View
from app.queries.points import PointsQuery
from app.store.snapshots import Level, Space
from app.web.api.operation import Answer
from app.web.api.schemas.fields import Choice, CommaSeparated, Name, SpaceArguments, Version
from app.web.api.schemas.places import Count, Share, TrackName

MAX_COLUMNS = 100


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
        CommaSeparated,
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


class AxisAnswer(Answer):
    """What an axis shows; binary positions are 65,535ths of the way from ``min`` to ``max``."""

    title: str
    min: float
    max: float
    scale: Literal["log"] | None = None
    floor: float | None = Field(None, description="on a logarithmic axis, what lower values are drawn at")


class ScaleAnswer(Answer):
    """What binary values stand for: 255ths of the way from ``min`` to ``max``."""

    min: float
    max: float


class PointsInfo(Answer):
    """What the columns are of."""

    snapshot: str
    network: str
    layer: str
    level: Level
    projection: str | None
    points: Count
    axes: dict[str, AxisAnswer]
    scales: dict[str, ScaleAnswer]
    categories: dict[str, list[str]] = Field(description="column to what its codes stand for")
    version: str


class PointsAnswer(Answer):
    """Columns of values in the order of the snapshot's rows."""

    info: PointsInfo
    columns: dict[str, list[float | None]]


class LabelAnswer(Answer):
    """A tag that stands out at a place of the map."""

    x: Share
    y: Share
    text: str
    lift: float = Field(description="how many times more of it is heard here than everywhere")
    points: Count


class ZoomAnswer(Answer):
    """The labels to show from a zoom on, the most important first."""

    zoom: int
    labels: list[LabelAnswer]


class LabelsAnswer(Answer):
    """Names of the regions of a map."""

    version: str
    levels: list[ZoomAnswer]


class HubAnswer(Answer):
    """A point that is among the nearest neighbours of many others."""

    track: TrackName
    segment: Count | None
    row: Count
    count: Count


class HubnessAnswer(Answer):
    """How unevenly points are the neighbours of others."""

    k: Count
    points: Count
    skewness: float | None
    never: Count
    hubs: list[HubAnswer]


class QualityAnswer(Answer):
    """How far a map and the space behind it can be trusted."""

    projection: dict[str, float | None] | None = Field(description="what was measured of the map")
    hubness: HubnessAnswer | None


class OverlapAnswer(Answer):
    """How far two spaces agree on who is near whom."""

    k: Count
    mean: Share | None
    expected: Share | None = Field(description="what two spaces without anything in common would share")
    points: Count
