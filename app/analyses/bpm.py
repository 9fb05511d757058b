"""``bpm``: tempo in beats per minute."""

from dataclasses import dataclass

from app.analyses.base import Result, Sound, rounded
from app.analyses.measured import MeasuredAnalysis
from app.audio.methods import SAMPLE_RATES, Method
from app.audio.rhythm import estimate_tempo

BPM_DIGITS = 1


@dataclass(frozen=True)
class Bpm(MeasuredAnalysis):
    """Tempo."""

    name: str = "bpm"
    title: str = "Tempo"
    position: int = 1
    revision: int = 1

    def measure(self, sound: Sound, method: Method) -> Result:
        tempo = estimate_tempo(sound.samples(SAMPLE_RATES[method]), method)
        return {
            "bpm": None if tempo.bpm is None else round(tempo.bpm, BPM_DIGITS),
            "confidence": None if tempo.confidence is None else rounded(tempo.confidence),
            "beats": tempo.beats,
            "method": tempo.method,
        }


REGISTER = (Bpm(),)
