"""``embeddings``: vectors that say what sounds alike."""

from dataclasses import dataclass
from typing import Final

from app.analyses.base import Result, Sound, Wanted
from app.analyses.layered import LayerAnalysis
from app.analyses.segments import segment_seconds, table
from app.networks import Network

DIGITS: Final = 5


@dataclass(frozen=True)
class Embeddings(LayerAnalysis):
    """The penultimate layer."""

    name: str = "embeddings"
    title: str = "Embeddings"
    position: int = 8
    layer: str = "embeddings"

    def options(self, wanted: Wanted) -> tuple[str, ...]:
        return (wanted.embeddings,)

    def tell(self, sound: Sound, network: Network, wanted: Wanted) -> Result:
        rows = sound.rows(network)[self.layer]
        facts: Result = {"layer": self.layer, "size": rows.shape[1]}
        if wanted.embeddings == "mean":
            (mean,) = table(rows.mean(axis=0, keepdims=True), DIGITS)
            return {**facts, "mean": mean}
        return {**facts, "segment_seconds": segment_seconds(network), "segments": table(rows, DIGITS)}


REGISTER = (Embeddings(),)
