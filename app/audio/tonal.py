"""Key: tonic and scale, by Essentia where it is installed, else by librosa."""

import math
import warnings
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from app.audio.decode import Samples
from app.audio.keys import TONICS, parse_key
from app.audio.methods import SAMPLE_RATES, Method, is_silent
from app.essentia_library import import_essentia

Scale = Literal["major", "minor"]

SHORTEST_SECONDS: Final = 1.0
"""Less sound than this is a note or a chord."""

_LONG_ENOUGH: Final = 4.0  # seconds that the filters of the lowest notes need
_PIECE: Final = 60.0  # seconds at a time: a spectrum of each note over all of it takes much memory
_FAINTEST_STRENGTH: Final = 0.01

# How much each of the twelve notes from the tonic up belongs to a key: D. Temperley, What's key for key?
# The Krumhansl-Schmuckler key-finding algorithm reconsidered (1999).
_PROFILES: Final[dict[Scale, tuple[float, ...]]] = {
    "major": (5, 2, 3.5, 2, 4.5, 4, 2, 4.5, 2, 3.5, 1.5, 4),
    "minor": (5, 2, 3.5, 4.5, 2, 4, 2, 4.5, 3.5, 2, 1.5, 4),
}


@dataclass(frozen=True)
class Key:
    """What key a piece is in.

    Attributes
    ----------
    tonic : str or None
        As in :data:`app.audio.keys.TONICS`; None for silence, or a sound that is too short.
    scale : str or None
        ``major`` or ``minor``.
    strength : float or None
        0 to 1: correlation of the pitch classes with the profile of the key.
    method : str
        ``essentia`` or ``librosa``.
    """

    tonic: str | None
    scale: Scale | None
    strength: float | None
    method: Method


def estimate_key(samples: Samples, method: Method) -> Key:
    """Estimate the key of a sound.

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
        return Key(None, None, None, method)
    name, strength = (_by_essentia if method == "essentia" else _by_librosa)(samples)
    if not strength >= _FAINTEST_STRENGTH:  # nor is one that is no number
        return Key(None, None, None, method)
    tonic, scale = name.split()
    return Key(tonic, "minor" if scale == "minor" else "major", min(strength, 1.0), method)


def _by_essentia(samples: Samples) -> tuple[str, float]:
    """Return the key, such as ``Ab minor``, and its strength.

    Harmonic pitch class profiles (E. Gómez: Tonal description of polyphonic audio, 2006) are compared with
    the profiles ``edma`` (Á. Faraldo et al.: Key estimation in electronic dance music, 2016).
    """
    essentia, _ = import_essentia()
    extract = essentia.KeyExtractor(
        profileType="edma",
        hpcpSize=36,
        frameSize=4096,
        hopSize=2048,
        minFrequency=20,
        maxFrequency=3500,
        sampleRate=SAMPLE_RATES["essentia"],
    )
    tonic, scale, strength = extract(samples)
    return parse_key(f"{tonic} {scale}") or "", float(strength)


def _by_librosa(samples: Samples) -> tuple[str, float]:
    """Return the key, such as ``Ab minor``, and its strength.

    The time mean of smoothed chroma (M. Müller and S. Ewert: Chroma Toolbox, 2011) is correlated with
    Temperley's profiles on each of the twelve tonics.
    """
    import librosa  # noqa: PLC0415 - slow to import

    rate = SAMPLE_RATES["librosa"]
    repeated = np.resize(samples, max(len(samples), round(_LONG_ENOUGH * rate)))
    pieces = np.array_split(repeated, math.ceil(len(repeated) / (_PIECE * rate)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sounds without any pitch, whose tuning cannot be told
        chroma = np.mean(
            [librosa.feature.chroma_cens(y=piece, sr=rate).mean(axis=1) for piece in pieces], axis=0
        )
    strengths = {
        f"{tonic} {scale}": _correlate(chroma, np.roll(profile, step))
        for step, tonic in enumerate(TONICS)
        for scale, profile in _PROFILES.items()
    }
    best = max(strengths, key=lambda name: strengths[name])
    return best, strengths[best]


def _correlate(one: npt.NDArray[np.float32], other: npt.NDArray[np.float64]) -> float:
    """Return Pearson's correlation; 0 if one of the two is even."""
    one, other = one - one.mean(), other - other.mean()
    size = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / size if size else 0.0
