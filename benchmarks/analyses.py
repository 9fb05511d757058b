"""Analyses of single files: how often tempo and key are right on the demo library, and seconds per analysis.

The demo library's tempo and key are known, as its pieces are made from them; both methods are measured where
their packages are installed. Networks are those in the folder of the networks.
"""

import tempfile
from pathlib import Path

import numpy as np
import soxr
from bench import Cell, Report, arguments, fresh_process, timed  # first: finds the project's code

from app.analyses import ANALYSES, Analyser, Wanted, availability
from app.audio.methods import METHODS, SAMPLE_RATES, Method
from app.audio.rhythm import estimate_tempo
from app.audio.tonal import estimate_key
from app.demo.library import plan, render
from app.demo.synthesis import SAMPLE_RATE
from app.settings import read_settings
from tests.audio_files import write_music
from tests.demo_truth import WITH_DRUMS, truth_of

TOLERANCE = 0.04
OCTAVES = (1, 2, 1 / 2, 3, 1 / 3)
CLIP_SECONDS = 30.0
SONG_SECONDS = 180.0


def main() -> None:
    """Measure all of it."""
    options = arguments(__doc__).parse_args()
    report = Report("Analyses", options)
    methods = [method for method, needed in METHODS.items() if needed.is_met()]
    clips = 20 if options.quick else 60
    found = {method: accuracy(method, clips) for method in methods}
    report.table(f"{clips} clips of the demo library, right in percent", found)
    times, megabytes = fresh_process(seconds, 30.0 if options.quick else SONG_SECONDS)
    report.table("A file of 3 minutes" if not options.quick else "A file of 30 seconds", times)
    report.figure("peak MB of all analyses", megabytes)
    report.finish()


def accuracy(method: Method, clips: int) -> dict[str, Cell]:
    """Return percentages: tempo within 4 %, tempo but for a factor of 2 or 3, the same with drums, key."""
    hits: dict[str, list[bool]] = {}
    for clip in plan(clips):
        truth = truth_of(clip)
        signal = render(clip, CLIP_SECONDS).mean(axis=0)
        samples = soxr.resample(signal, SAMPLE_RATE, SAMPLE_RATES[method], "HQ").astype(np.float32)
        if truth.bpm is not None:
            bpm = estimate_tempo(samples, method).bpm or 0.0
            for label, factors in (("tempo", (1.0,)), ("tempo or octave", OCTAVES)):
                is_right = any(abs(bpm / (truth.bpm * factor) - 1) <= TOLERANCE for factor in factors)
                hits.setdefault(label, []).append(is_right)
                if clip.style.genre in WITH_DRUMS:
                    hits.setdefault(f"{label}, drums", []).append(is_right)
        if truth.tonic is not None:
            key = estimate_key(samples, method)
            hits.setdefault("key", []).append((key.tonic, key.scale) == (truth.tonic, truth.scale))
            hits.setdefault("tonic", []).append(key.tonic == truth.tonic)
    return {label: 100 * float(np.mean(values)) for label, values in hits.items()}


def seconds(length: float) -> dict[str, dict[str, Cell]]:
    """Return seconds of each analysis alone, and of all at once, the networks loaded before."""
    settings = read_settings({})
    reasons = availability(settings.MODELS_DIR, settings.ENGINE)
    names = tuple(analysis.name for analysis in ANALYSES if reasons[analysis.name] is None)
    analyser = Analyser(settings.MODELS_DIR, settings.ENGINE)
    with tempfile.TemporaryDirectory() as folder:
        path = write_music(Path(folder) / "song.mp3", length)
        short = write_music(Path(folder) / "short.mp3", 5.0)
        analyser.analyse(short, Wanted(names))
        return {
            label: {"s": timed(lambda wanted=wanted: analyser.analyse(path, wanted), 3)[1]}
            for label, wanted in {
                **{name: Wanted((name,)) for name in names},
                "tags of one network": Wanted(("tags",), ("mtt-musicnn",)),
                "all at once": Wanted(names),
            }.items()
        }


if __name__ == "__main__":
    main()
