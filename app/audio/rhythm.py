"""Tempo: beats per minute, by Essentia where it is installed, else by librosa."""

import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.audio.decode import Samples
from app.audio.methods import SAMPLE_RATES, Method, is_silent
from app.essentia_library import import_essentia

SLOWEST_BPM: Final = 50
FASTEST_BPM: Final = 210
SHORTEST_SECONDS: Final = 3.0
"""Less sound than this has too few beats to tell their distance."""

_FASTEST_OF_EXTRACTOR: Final = 208  # Essentia's RhythmExtractor2013 knows no faster one
_SUREST: Final = 5.32  # of the confidences that it gives; Essentia's documentation
_FEWEST_BEATS: Final = 4


@dataclass(frozen=True)
class Tempo:
    """How fast a piece is.

    Attributes
    ----------
    bpm : float or None
        Beats per minute, 50 to 210; None where nothing beats, or the sound is too short.
    confidence : float or None
        0 to 1, of the beats.
    beats : int
        Beats that were found.
    method : str
        ``essentia`` or ``librosa``.
    """

    bpm: float | None
    confidence: float | None
    beats: int
    method: Method


def estimate_tempo(samples: Samples, method: Method) -> Tempo:
    """Estimate the tempo of a sound.

    Parameters
    ----------
    samples : float32, shape=(n,)
        Mono, at ``SAMPLE_RATES[method]``.

    Raises
    ------
    MissingExtraError
        If the method's package is not installed.
    """
    if len(samples) < SHORTEST_SECONDS * SAMPLE_RATES[method] or is_silent(samples):
        return Tempo(None, None, 0, method)
    bpm, confidence, beats = (_by_essentia if method == "essentia" else _by_librosa)(samples)
    if not SLOWEST_BPM <= bpm <= FASTEST_BPM:  # no number is in that range either
        return Tempo(None, None, beats, method)
    return Tempo(bpm, min(max(confidence, 0.0), 1.0), beats, method)


def _by_essentia(samples: Samples) -> tuple[float, float, int]:
    """Return tempo, confidence and number of beats.

    The tempo is that of G. Percival and G. Tzanetakis: Streamlined tempo estimation based on autocorrelation
    and cross-correlation with pulses (2014). The beats are those of J. Zapata, M. Davies and E. Gómez:
    Multi-feature beat tracking (2014), and their confidence is how far five trackers agree.
    """
    essentia, _ = import_essentia()
    estimate = essentia.PercivalBpmEstimator(
        minBPM=SLOWEST_BPM, maxBPM=FASTEST_BPM, sampleRate=SAMPLE_RATES["essentia"]
    )
    track_beats = essentia.RhythmExtractor2013(
        method="multifeature", minTempo=SLOWEST_BPM, maxTempo=_FASTEST_OF_EXTRACTOR
    )
    _, ticks, confidence, _, _ = track_beats(samples)
    return float(estimate(samples)), float(confidence) / _SUREST, len(ticks)


def _by_librosa(samples: Samples) -> tuple[float, float, int]:
    """Return tempo, confidence and number of beats.

    The beats are those of D. Ellis: Beat tracking by dynamic programming (2007). The tempo is that of the
    line through their times, which is finer than the steps that the tracker searches; the confidence is the
    autocorrelation of the onsets at that distance, 1 for a machine.
    """
    import librosa  # noqa: PLC0415 - slow to import

    rate = SAMPLE_RATES["librosa"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of short or even sounds, which give no beats
        onsets = librosa.onset.onset_strength(y=samples, sr=rate)
        _, frames = librosa.beat.beat_track(onset_envelope=onsets, sr=rate)
    if len(frames) < _FEWEST_BEATS:
        return 0.0, 0.0, len(frames)
    distance = float(np.polyfit(np.arange(len(frames)), frames, 1)[0])
    seconds = distance * float(librosa.frames_to_time(1, sr=rate))
    similar = librosa.autocorrelate(onsets - onsets.mean())
    confidence = np.interp(distance, np.arange(len(similar)), similar) / (similar[0] or 1)
    return 60 / seconds, float(confidence), len(frames)
