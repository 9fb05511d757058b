"""Tempo and key of the pieces of the demo library: what their first random numbers decide."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.audio.keys import TONICS
from app.demo.harmony import BHAIRAV, DORIAN, HARMONIC_MINOR, MAJOR, MINOR, PHRYGIAN, Scale
from app.demo.library import Clip


@dataclass(frozen=True)
class _Draws:
    """What a style draws its tempo (beats per minute), root (MIDI note) and scale from, in this order."""

    tempo: tuple[float, float] | None
    root: tuple[int, int]
    scales: Sequence[Scale]


_DRAWS = {
    "Techno": _Draws((126, 140), (36, 43), (MINOR, PHRYGIAN)),
    "Harpsichord": _Draws((80, 98), (53, 60), (MINOR, MAJOR)),
    "Ambient": _Draws(None, (41, 48), (DORIAN, MAJOR, MINOR)),
    "Rock": _Draws((106, 126), (39, 44), (MINOR,)),
    "Choir": _Draws((54, 66), (51, 56), (MINOR, MAJOR)),
    "Classical Guitar": _Draws((62, 84), (50, 56), (MINOR, HARMONIC_MINOR, MAJOR)),
    "Flute": _Draws((60, 84), (67, 74), (DORIAN, MAJOR, MINOR)),
    "Drum and Bass": _Draws((168, 176), (29, 35), (MINOR,)),
    "Opera": _Draws((60, 74), (69, 74), (MINOR, MAJOR)),
    "Jazz": _Draws((112, 150), (46, 52), (MAJOR,)),
    "Indian Classical": _Draws((80, 104), (46, 51), (BHAIRAV, DORIAN)),
    "Solo Piano": _Draws((66, 86), (57, 63), (MAJOR, MINOR)),
    "Metal": _Draws((144, 172), (27, 32), (PHRYGIAN,)),
    "String Orchestra": _Draws((56, 72), (55, 61), (MINOR, MAJOR)),
    "House": _Draws((118, 126), (45, 52), (DORIAN,)),
    "Folk Guitar": _Draws((96, 126), (43, 48), (MAJOR,)),
    "Cello": _Draws((62, 80), (43, 48), (MINOR, MAJOR)),
    "Pop": _Draws((98, 116), (45, 52), (MAJOR,)),
    "Harp": _Draws((84, 98), (57, 63), (MAJOR, DORIAN)),
}

WITH_DRUMS = ("Techno", "Rock", "Drum and Bass", "Jazz", "Metal", "House", "Folk Guitar", "Pop")
"""Styles whose beat is struck, so that a listener would tap it."""


@dataclass(frozen=True)
class Truth:
    """What a clip is.

    Attributes
    ----------
    bpm : float or None
        Beats per minute; None where nothing beats.
    tonic, scale : str or None
        Such as ``Ab`` and ``minor``: a mode counts by its third. None where there is no key.
    """

    bpm: float | None
    tonic: str | None
    scale: str | None


def truth_of(clip: Clip) -> Truth:
    """Draw the numbers of a clip again, as its style does."""
    draws = _DRAWS.get(clip.style.genre)
    if draws is None:
        return Truth(None, None, None)
    rng = np.random.default_rng([zlib.crc32(clip.style.genre.encode()), clip.take])
    bpm = None if draws.tempo is None else float(rng.uniform(*draws.tempo))
    root = int(rng.integers(*draws.root))
    scale = draws.scales[rng.integers(len(draws.scales))] if len(draws.scales) > 1 else draws.scales[0]
    return Truth(bpm, TONICS[root % 12], "major" if 4 in scale else "minor")
