"""Instruments played by hand, mostly alone."""

import numpy as np

from app.demo.drums import tom
from app.demo.harmony import BHAIRAV, DORIAN, HARMONIC_MINOR, MAJOR, MINOR, chord, degree, rhythm, walk
from app.demo.instruments import (
    Rng,
    bowed,
    ensemble,
    flute,
    harp,
    harpsichord,
    nylon_guitar,
    piano,
    sitar,
    steel_guitar,
)
from app.demo.synthesis import Mix, pitch


def classical_guitar(mix: Mix, rng: Rng) -> None:
    """Play broken chords with a tune on top, unhurried."""
    beat = 60 / rng.uniform(62, 84)
    root, scale = int(rng.integers(50, 56)), [MINOR, HARMONIC_MINOR, MAJOR][rng.integers(3)]
    for bar, step in enumerate(np.resize([0, 3, 4, 0, 5, 3, 4, 0], int(mix.seconds / (2 * beat)) + 1)):
        notes = chord(root, scale, int(step), 4)
        pattern = [notes[0] - 12, notes[1], notes[2], notes[3], notes[2], notes[1]]
        for index, note in enumerate(pattern):
            start = (bar + index / 6) * 2 * beat + rng.normal(0, 0.006)
            mix.add(nylon_guitar(pitch(note), 2.0, rng), max(start, 0), rng.uniform(0.5, 0.8), -0.1)
        tune = notes[2] + 12 if bar % 2 else notes[1] + 12
        mix.add(nylon_guitar(pitch(tune), 2.5, rng), bar * 2 * beat, 0.9, 0.1)
    mix.reverberate(rng, 1.6, 0.18)


def folk_guitar(mix: Mix, rng: Rng) -> None:
    """Strum steel strings."""
    beat = 60 / rng.uniform(96, 126)
    root = int(rng.integers(43, 48))
    for bar, step in enumerate(np.resize([0, 4, 5, 3], int(mix.seconds / (4 * beat)) + 1)):
        notes = chord(root, MAJOR, int(step), 3) + [n + 12 for n in chord(root, MAJOR, int(step), 3)]
        for position, is_down in ((0, True), (1, True), (1.5, False), (2.5, False), (3, True), (3.5, False)):
            strings = notes if is_down else notes[:2:-1]
            force = rng.uniform(0.35, 0.6) * (1.2 if is_down else 0.8)
            for index, note in enumerate(strings):
                start = (4 * bar + position) * beat + 0.012 * index
                mix.add(steel_guitar(pitch(note), 1.2, rng), start, force, 0.3 - 0.1 * index)
    mix.reverberate(rng, 0.8, 0.1)


def solo_piano(mix: Mix, rng: Rng) -> None:
    """Play a tune over wide broken chords."""
    beat = 60 / rng.uniform(66, 86)
    root, scale = int(rng.integers(57, 63)), [MAJOR, MINOR][rng.integers(2)]
    n_bars = int(mix.seconds / (4 * beat)) + 1
    for bar, step in enumerate(np.resize([0, 5, 3, 4], n_bars)):
        low = chord(root - 24, scale, int(step), 5)
        for index, tone in enumerate((0, 2, 3, 4, 3, 2, 3, 4)):
            sound = piano(pitch(low[tone]), 1.8, rng, force=rng.uniform(0.3, 0.5))
            mix.add(sound, (4 * bar + index / 2) * beat, 0.7, -0.2)
    tune = walk(rng, 400, low=0, high=10)
    for index, (start, length) in enumerate(rhythm(rng, 4.0 * n_bars, [0.5, 1, 1.5], [3, 4, 1])):
        note = degree(root, scale, tune[index % len(tune)])
        sound = piano(pitch(note), min(length * beat + 1.2, 3), rng, force=rng.uniform(0.5, 0.8))
        mix.add(sound, start * beat, 1.0, 0.15)
    mix.reverberate(rng, 1.8, 0.05)


def baroque_harpsichord(mix: Mix, rng: Rng) -> None:
    """Run two voices over a bass, in the manner of an invention."""
    sixteenth = 15 / rng.uniform(80, 98)
    root, scale = int(rng.integers(53, 60)), [MINOR, MAJOR][rng.integers(2)]
    motif = [0, *(int(step) for step in rng.permutation([1, 2, 0, 4, 2, 3, 1]))]
    for index in range(int(mix.seconds / sixteenth) + 1):
        start = index * sixteenth + rng.uniform(0, 0.015)
        turn = (0, 4, -3, 1, 2, 5, 4, 0)[index // 8 % 8]
        high = degree(root, scale, motif[index % 8] + turn)
        mix.add(harpsichord(pitch(high), 0.7, rng), start, rng.uniform(0.75, 0.9), 0.2)
        if index % 2 == 0:
            low = degree(root - 12, scale, turn - motif[index // 2 % 8])
            mix.add(harpsichord(pitch(low), 0.9, rng), start, 0.8, -0.2)
        if index % 8 == 0:
            mix.add(harpsichord(pitch(degree(root - 24, scale, turn)), 1.5, rng), start, 0.8)
    mix.reverberate(rng, 1.2, 0.14)


def solo_harp(mix: Mix, rng: Rng) -> None:
    """Play arpeggios up and down."""
    beat = 60 / rng.uniform(84, 98)
    root, scale = int(rng.integers(57, 63)), [MAJOR, DORIAN][rng.integers(2)]
    for bar, step in enumerate(np.resize([0, 3, 5, 4, 1, 4, 0, 0], int(mix.seconds / (4 * beat)) + 1)):
        notes = chord(root, scale, int(step), 7)
        for index, note in enumerate(notes + notes[-2::-1]):
            start = (4 * bar + index / 4) * beat
            mix.add(harp(pitch(note), 2.5, rng), start, rng.uniform(0.5, 0.8), (note - root - 12) / 30)
    mix.reverberate(rng, 2.2, 0.05)


def solo_flute(mix: Mix, rng: Rng) -> None:
    """Play a flute in a hall."""
    beat = 60 / rng.uniform(60, 84)
    root, scale = int(rng.integers(67, 74)), [DORIAN, MAJOR, MINOR][rng.integers(3)]
    tune = walk(rng, 200, low=-2, high=9)
    for index, (start, length) in enumerate(rhythm(rng, mix.seconds / beat, [0.5, 1, 2, 3], [4, 4, 2, 1])):
        note = degree(root, scale, tune[index % len(tune)])
        mix.add(flute(pitch(note), length * beat * 0.98 + 0.05, rng), start * beat, rng.uniform(0.7, 0.9))
    mix.reverberate(rng, 2.2, 0.22)


def string_orchestra(mix: Mix, rng: Rng) -> None:
    """Play slow chords of many strings, a violin above them."""
    beat = 60 / rng.uniform(56, 72)
    root, scale = int(rng.integers(55, 61)), [MINOR, MAJOR][rng.integers(2)]
    n_bars = int(mix.seconds / (4 * beat)) + 1
    length = 4 * beat + 0.3
    for bar, step in enumerate(np.resize([0, 5, 3, 4, 0, 2, 3, 4], n_bars)):
        for note in [degree(root - 24, scale, int(step)), *chord(root - 12, scale, int(step), 4)]:
            mix.add(ensemble(pitch(note), length, rng), 4 * bar * beat, 0.1, rng.uniform(-0.6, 0.6))
    tune = walk(rng, 200, low=-4, high=6)
    for index, (start, beats) in enumerate(rhythm(rng, 4.0 * n_bars, [0.5, 1, 2], [3, 3, 1])):
        sound = bowed(
            pitch(degree(root + 12, scale, tune[index % len(tune)])),
            beats * beat + 0.15,
            rng,
            attack=0.08,
            rosin=0.03,
        )
        mix.add(sound, start * beat, 0.8, -0.3)
    mix.reverberate(rng, 2.4, 0.18)


def solo_cello(mix: Mix, rng: Rng) -> None:
    """Play a cello without company."""
    beat = 60 / rng.uniform(62, 80)
    root, scale = int(rng.integers(43, 48)), [MINOR, MAJOR][rng.integers(2)]
    tune = walk(rng, 300, low=-2, high=10)
    for index, (start, length) in enumerate(rhythm(rng, mix.seconds / beat, [0.5, 1, 2], [3, 3, 2])):
        sound = bowed(
            pitch(degree(root, scale, tune[index % len(tune)])),
            length * beat + 0.08,
            rng,
            body=(180, 300, 500, 900, 1800),
            attack=0.07,
        )
        mix.add(sound, start * beat, 0.8)
    mix.reverberate(rng, 2.0, 0.2)


def sitar_and_tabla(mix: Mix, rng: Rng) -> None:
    """Play a raga over a drone, with hand drums."""
    beat = 60 / rng.uniform(80, 104)
    root, scale = int(rng.integers(46, 51)), [BHAIRAV, DORIAN][rng.integers(2)]
    for index in range(int(mix.seconds / 1.1) + 1):
        note = root + (-5, 0, 0, -12)[index % 4]
        mix.add(sitar(pitch(note), 3.5, rng), index * 1.1, 0.2, -0.3)
    tune = walk(rng, 600, low=-2, high=11, leap=1.2)
    for index, (start, length) in enumerate(rhythm(rng, mix.seconds / beat, [0.25, 0.5, 1, 2], [4, 5, 3, 1])):
        sound = sitar(pitch(degree(root + 12, scale, tune[index % len(tune)])), length * beat + 0.5, rng)
        mix.add(sound, start * beat, rng.uniform(0.7, 0.85), 0.15)
    high, low = tom(290, rng), tom(95, rng)
    for index in range(int(mix.seconds / (beat / 2))):
        mix.add(low if index % 8 in (0, 3, 6) else high, index * beat / 2, rng.uniform(0.5, 0.8), 0.4)
    mix.reverberate(rng, 1.0, 0.05)
