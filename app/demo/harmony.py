"""Scales, chords and tunes, as MIDI note numbers."""

from collections.abc import Iterator, Sequence

import numpy as np

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
HARMONIC_MINOR = (0, 2, 3, 5, 7, 8, 11)
DORIAN = (0, 2, 3, 5, 7, 9, 10)
PHRYGIAN = (0, 1, 3, 5, 7, 8, 10)
BHAIRAV = (0, 1, 4, 5, 7, 8, 11)
PENTATONIC = (0, 2, 4, 7, 9)
BLUES = (0, 3, 5, 6, 7, 10)

Scale = Sequence[int]


def degree(root: int, scale: Scale, step: int) -> int:
    """Return the note some steps up or down a scale; step 0 is the root."""
    octave, index = divmod(step, len(scale))
    return root + 12 * octave + scale[index]


def chord(root: int, scale: Scale, step: int, size: int = 3) -> list[int]:
    """Return the chord of thirds on a step of a scale."""
    return [degree(root, scale, step + 2 * index) for index in range(size)]


def walk(
    rng: np.random.Generator, n_notes: int, *, low: int = -3, high: int = 9, leap: float = 1.6
) -> list[int]:
    """Return a tune as steps of a scale: mostly small moves, within bounds, ending on the root."""
    steps = [int(rng.integers(0, 5))]
    while len(steps) < n_notes:
        move = round(rng.normal(0, leap)) or int(rng.choice([-1, 1]))
        following = steps[-1] + move
        turned = min(max(steps[-1] - move, low), high)
        steps.append(following if low <= following <= high else turned)
    steps[-1] = 0
    return steps


def rhythm(
    rng: np.random.Generator, beats: float, lengths: Sequence[float], weights: Sequence[float] | None = None
) -> Iterator[tuple[float, float]]:
    """Yield start and length of notes, in beats, until ``beats`` are full."""
    chances = None if weights is None else np.asarray(weights) / np.sum(weights)
    start = 0.0
    while start < beats - 1e-6:
        length = min(float(rng.choice(lengths, p=chances)), beats - start)
        yield start, length
        start += length
