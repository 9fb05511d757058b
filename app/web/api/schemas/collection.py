"""Ways through the library, and what stands out in it."""

from typing import Annotated

from pydantic import Field

from app.queries.similar import Seed
from app.store.snapshots import Level
from app.web.api.arguments import Arguments
from app.web.api.operation import Answer
from app.web.api.schemas.fields import Id, Name, SpaceArguments
from app.web.api.schemas.places import Count, PlaceAnswer

MAX_STEPS = 100
MAX_WALK = 200
MAX_LISTED = 200
NEARLY_IDENTICAL = {"tracks": 0.1, "segments": 0.005}

PointText = Annotated[str, Field(pattern=r"^\d{1,10}(:\d{1,10})?$", description="track, or track:segment")]


def _read_point(text: str) -> Seed:
    track, colon, segment = text.partition(":")
    return Seed(int(track), int(segment) if colon else None)


class PathArguments(Arguments):
    """From where to where, by which vectors, in how many steps."""

    network: Name
    layer: Name
    start: PointText = Field(alias="from")
    end: PointText = Field(alias="to")
    steps: int = Field(10, ge=2, le=MAX_STEPS, description="length of the path, both ends counted")

    @property
    def ends(self) -> tuple[Seed, Seed]:
        """Both ends."""
        return _read_point(self.start), _read_point(self.end)


class RadioArguments(Arguments):
    """Where a walk begins, and how far it goes."""

    network: Name
    layer: Name
    track: Id
    k: int = Field(20, ge=1, le=MAX_WALK, description="tracks after the first")
    drift: float = Field(0.3, ge=0, le=1, description="0 stays near the track, 1 wanders")
    seed: Id | None = Field(None, description="same seed, same sequence; drawn at random without")


class DuplicatesArguments(SpaceArguments):
    """Which pairs count, and which groups are listed."""

    threshold: float | None = Field(
        None,
        ge=0,
        le=1000,
        allow_inf_nan=False,
        description="greatest distance of a pair; 0.1 for tracks, 0.005 for segments by default",
    )
    same_track: bool = Field(False, description="segments of one track make pairs, too")
    limit: int = Field(50, ge=1, le=MAX_LISTED)
    cursor: Id | None = Field(None, description="'next' of the page before")

    @property
    def most(self) -> float:
        """The threshold, or what it is by default."""
        return NEARLY_IDENTICAL[self.level] if self.threshold is None else self.threshold


class OutliersArguments(SpaceArguments):
    """Which outliers are listed."""

    limit: int = Field(50, ge=1, le=MAX_LISTED)
    cursor: Id | None = Field(None, description="'next' of the page before")


class StepAnswer(PlaceAnswer):
    """A place on the way."""

    distance: float = Field(description="to the place before; 0 for the first")


class PathAnswer(Answer):
    """Places from one to the other."""

    level: Level
    network: str
    layer: str
    results: list[StepAnswer]


class RadioAnswer(PathAnswer):
    """Tracks, the first one among them."""

    drift: float
    seed: Count


class GroupAnswer(Answer):
    """Near-identical points."""

    size: Count
    distance: float = Field(description="the greatest of a pair that holds the group together")
    members: list[PlaceAnswer] = Field(description="the first 50")


class DuplicatesAnswer(Answer):
    """Groups of near-identical points."""

    total: Count
    compared: Count = Field(description="points that were compared: those that maps were fitted on")
    next: str | None
    groups: list[GroupAnswer]


class OutlierAnswer(PlaceAnswer):
    """An outlier."""

    score: float


class OutliersAnswer(Answer):
    """The points farthest from all others, the farthest first."""

    total: Count
    compared: Count = Field(description="points that were compared: those that maps were fitted on")
    score: str = Field(description="what it is")
    next: str | None
    results: list[OutlierAnswer]
