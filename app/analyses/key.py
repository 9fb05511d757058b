"""``key``: tonic and scale."""

from dataclasses import dataclass

from app.analyses.base import Result, Sound, rounded
from app.analyses.measured import MeasuredAnalysis
from app.audio.methods import SAMPLE_RATES, Method
from app.audio.tonal import estimate_key


@dataclass(frozen=True)
class Key(MeasuredAnalysis):
    """Key."""

    name: str = "key"
    title: str = "Key"
    position: int = 2
    revision: int = 1

    def measure(self, sound: Sound, method: Method) -> Result:
        key = estimate_key(sound.samples(SAMPLE_RATES[method]), method)
        return {
            "key": key.tonic,
            "scale": key.scale,
            "strength": None if key.strength is None else rounded(key.strength),
            "method": key.method,
        }


REGISTER = (Key(),)
