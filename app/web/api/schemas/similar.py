"""What sounds alike."""

from pydantic import Field

from app.queries.neighbours import SimilarQuery
from app.web.api.arguments import Arguments
from app.web.api.schemas.fields import Id, Name

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
