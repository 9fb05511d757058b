"""Singing."""

import numpy as np

from app.demo.harmony import MAJOR, MINOR, chord, degree, rhythm, walk
from app.demo.instruments import Rng, ensemble, voice
from app.demo.synthesis import Mix, Sound, pitch


def sacred_choir(mix: Mix, rng: Rng) -> None:
    """Sing chords of many singers in a cathedral."""
    beat = 60 / rng.uniform(54, 66)
    root, scale = int(rng.integers(51, 56)), [MINOR, MAJOR][rng.integers(2)]
    sections: dict[int, Sound] = {}
    for bar, step in enumerate(np.resize([0, 3, 4, 5, 3, 1, 4, 0], int(mix.seconds / (2 * beat)) + 1)):
        notes = [note - 12 for note in chord(root, scale, int(step), 3)] + chord(root, scale, int(step), 4)[
            1:
        ]
        for note in notes:
            if note not in sections:
                sections[note] = _section(note, 2 * beat + 0.4, rng)
            pan = (note - root) / 24 + rng.uniform(-0.3, 0.3)
            mix.add(sections[note], 2 * bar * beat + rng.uniform(0, 0.05), 0.3, float(np.clip(pan, -1, 1)))
    mix.reverberate(rng, 1.8, 0.6)


def _section(note: int, seconds: float, rng: Rng) -> Sound:
    """Return some singers in unison, as far as they can."""
    singers = Mix(seconds)
    for _ in range(4):
        frequency = pitch(note) * 2 ** (rng.normal(0, 22) / 1200)
        sound = voice(
            frequency,
            seconds,
            rng,
            vowels="".join(rng.choice(list("aao"), 2)),
            size=1.15 if note > 57 else 0.98,
            trembling=0.002,
            attack=0.3,
            breath=0,
            width=0.25,
            ringing=2.0,
        )
        singers.add(sound, rng.uniform(0, 0.1))
    section: Sound = singers.sound[0]
    return section


def opera(mix: Mix, rng: Rng) -> None:
    """Sing an aria, with strings far behind."""
    beat = 60 / rng.uniform(60, 74)
    root, scale = int(rng.integers(69, 74)), [MINOR, MAJOR][rng.integers(2)]
    n_bars = int(mix.seconds / (4 * beat)) + 1
    tune = walk(rng, 200, low=-1, high=8)
    for index, (start, length) in enumerate(rhythm(rng, 4.0 * n_bars, [0.5, 1, 2, 3], [2, 3, 3, 1])):
        sound = voice(
            pitch(degree(root, scale, tune[index % len(tune)])),
            length * beat + 0.06,
            rng,
            vowels="".join(rng.choice(list("aeio"), 2)),
            size=1.18,
            trembling=0.03,
        )
        mix.add(sound, start * beat)
    for bar, step in enumerate(np.resize([0, 3, 4, 0, 5, 3, 4, 0], n_bars)):
        for note in chord(root - 24, scale, int(step), 3):
            sound = ensemble(pitch(note), 4 * beat + 0.3, rng, players=2)
            mix.add(sound, 4 * bar * beat, 0.08, rng.uniform(-0.6, 0.6))
    mix.reverberate(rng, 4.0, 0.22)
