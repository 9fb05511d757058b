"""``tags``: what the networks' vocabularies say, as a whole and over time."""

from dataclasses import dataclass

from app.analyses.base import Result, Sound, Wanted, rounded
from app.analyses.layered import LayerAnalysis
from app.analyses.segments import ranked, segment_seconds, table
from app.networks import Network


@dataclass(frozen=True)
class Tags(LayerAnalysis):
    """Activations of all tags."""

    name: str = "tags"
    title: str = "Tags"
    position: int = 3
    layer: str = "taggrams"

    def tell(self, sound: Sound, network: Network, wanted: Wanted) -> Result:  # noqa: ARG002
        rows = sound.rows(network)[self.layer]
        return {
            "tags": [{"tag": tag, "score": rounded(score)} for tag, score in ranked(network.tags, rows)],
            "vocabulary": list(network.tags),
            "segment_seconds": segment_seconds(network),
            "segments": table(rows),
        }


REGISTER = (Tags(),)
