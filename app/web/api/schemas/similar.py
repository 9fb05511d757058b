"""What sounds alike."""

from pydantic import Field

from app.queries.neighbours import SimilarQuery
from app.store.snapshots import Level
from app.web.api.arguments import Arguments
from app.web.api.operation import Answer
from app.web.api.schemas.fields import Id, Name
from app.web.api.schemas.places import PlaceAnswer, Share

MAX_NEIGHBOURS = 1000


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


class QueryAnswer(PlaceAnswer):
    """What was asked."""

    network: str
    layer: str
    k: int


class NeighbourAnswer(PlaceAnswer):
    """A neighbour."""

    distance: float = Field(description="1 - cosine similarity (0 to 2), or Euclidean")


class SimilarAnswer(Answer):
    """The nearest neighbours, nearest first, and how they were found."""

    query: QueryAnswer
    level: Level
    backend: str
    exact: bool
    recall: Share | None = Field(description="share of the true 10 nearest that the index finds, as measured")
    note: str | None = Field(description="why another index than the one asked for was used")
    results: list[NeighbourAnswer]
