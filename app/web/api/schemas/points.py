"""Points of a map, and what is told about maps."""

from typing import Annotated, Literal

from pydantic import Field

from app.queries.axes import Scale, View
from app.queries.points import PointsQuery
from app.store.snapshots import Space
from app.web.api.schemas.fields import Choice, CommaSeparated, Name, SpaceArguments, Version

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
