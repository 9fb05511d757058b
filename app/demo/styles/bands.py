"""Several players with drums."""

import numpy as np

from app.demo.drums import brush, crash, hat, kick, ride, snare
from app.demo.harmony import MAJOR, MINOR, PHRYGIAN, chord, degree, rhythm, walk
from app.demo.instruments import Rng, bass_guitar, brass, pad, piano, power_chord, upright_bass, voice
from app.demo.synthesis import Mix, distort, pitch


def rock(mix: Mix, rng: Rng) -> None:
    """Play power chords over a straight beat, and sing."""
    beat = 60 / rng.uniform(106, 126)
    root = int(rng.integers(39, 44))
    thud, crack, cymbal, bang = kick(punch=0.5, length=0.3), snare(rng), hat(rng, open_for=0.15), crash(rng)
    n_bars = int(mix.seconds / (4 * beat)) + 1
    for bar, step in enumerate(np.resize([0, 5, 3, 4], n_bars)):
        start = 4 * bar * beat
        note = degree(root, MINOR, int(step)) - (12 if step > 4 else 0)
        for pan in (-0.7, 0.7):
            mix.add(power_chord(pitch(note), 4 * beat, rng), start + rng.uniform(0, 0.01), 0.5, pan)
        for index in range(8):
            mix.add(bass_guitar(pitch(note - 12), beat / 2, rng), start + index * beat / 2)
            mix.add(cymbal, start + index * beat / 2 + rng.uniform(0, 0.008), 0.3, 0.3)
        for position in (0, 2, 2.5):
            mix.add(thud, start + position * beat)
        for position in (1, 3):
            mix.add(crack, start + position * beat)
        if bar % 2 == 0:
            mix.add(bang, start, 0.4, -0.3)
    tune = walk(rng, 300, low=0, high=7)
    for index, (begin, length) in enumerate(rhythm(rng, 4.0 * n_bars, [0.5, 1, 2], [4, 3, 1])):
        vowels = "".join(rng.choice(list("aeio"), 2))
        frequency = pitch(degree(root + 12, MINOR, tune[index % len(tune)]))
        mix.add(voice(frequency, length * beat, rng, vowels=vowels, size=1.05), begin * beat)
    mix.reverberate(rng, 1.2, 0.08)


def metal(mix: Mix, rng: Rng) -> None:
    """Play palm-muted riffs over a double bass drum, and growl."""
    beat = 60 / rng.uniform(144, 172)
    root = int(rng.integers(27, 32))
    thud, crack, bang = kick(punch=0.5, length=0.15), snare(rng), crash(rng)
    riff = [int(step) for step in rng.choice([0, 0, 0, 1, 3, 6], 16)]
    for bar in range(int(mix.seconds / (4 * beat)) + 1):
        start = 4 * bar * beat
        steps = riff if bar % 2 == 0 else np.repeat([0, 1, 3, 1], 4)
        for index, step in enumerate(steps):
            frequency = pitch(degree(root, PHRYGIAN, int(step)))
            for pan in (-0.8, 0.8):
                sound = power_chord(frequency, beat / 4, rng, drive=40, hiss=0.4, muted=bar % 2 == 0)
                mix.add(sound, start + index * beat / 4 + rng.uniform(0, 0.006), 0.8, pan)
            mix.add(thud, start + index * beat / 4, 0.3 if index % 4 else 1.5)
        for position in (1, 3):
            mix.add(crack, start + position * beat, 1.5)
        for index in range(4):
            mix.add(bang, start + index * beat, 0.1, 0.4)
    for index in range(int(mix.seconds / 0.7)):
        throat = voice(pitch(45 + int(rng.integers(4))), 0.5, rng, vowels="ao", size=0.95, breath=1.5)
        mix.add(distort(3 * throat, 3), 0.7 * index, 0.2)
    mix.reverberate(rng, 0.8, 0.2)


def jazz(mix: Mix, rng: Rng) -> None:
    """Walk a bass under brushes, piano chords and a trumpet."""
    beat = 60 / rng.uniform(112, 150)
    root = int(rng.integers(46, 52))
    n_bars = int(mix.seconds / (4 * beat)) + 1
    cymbal = ride(rng)
    for bar, step in enumerate(np.resize([1, 4, 0, 5], n_bars)):
        start = 4 * bar * beat
        tones = chord(root, MAJOR, int(step), 5)
        for index, note in enumerate((tones[0], tones[1], tones[2], tones[0] + int(rng.choice([-1, 1, 2])))):
            low = note - 12 if note < root + 7 else note - 24
            mix.add(upright_bass(pitch(low), beat * 1.1, rng), start + index * beat, 0.9, 0.1)
            mix.add(cymbal, start + index * beat, 0.16, 0.4)
            if index % 2:
                mix.add(cymbal, start + (index + 0.66) * beat, 0.1, 0.4)
                mix.add(brush(rng), start + index * beat, 0.2, 0.3)
        for position in rng.choice([0, 0.66, 1.66, 2.66, 3], 2, replace=False):
            for note in tones[1:]:
                sound = piano(pitch(note + 12), beat * 1.2, rng, force=0.45)
                mix.add(sound, start + float(position) * beat, 0.35, -0.3)
    tune = walk(rng, 400, low=0, high=11)
    for index, (begin, length) in enumerate(rhythm(rng, 4.0 * n_bars, [0.33, 0.67, 1, 2], [3, 3, 2, 1])):
        if rng.random() < 0.75:
            sound = brass(pitch(degree(root + 12, MAJOR, tune[index % len(tune)])), length * beat * 0.95)
            mix.add(sound, begin * beat, 0.28, 0.15)
    mix.reverberate(rng, 1.0, 0.12)


def pop_song(mix: Mix, rng: Rng) -> None:
    """Sing a tune over soft chords, bass and drums."""
    beat = 60 / rng.uniform(98, 116)
    root = int(rng.integers(45, 52))
    n_bars = int(mix.seconds / (4 * beat)) + 1
    thud, crack, cymbal = kick(punch=0.6, length=0.3), snare(rng), hat(rng)
    for bar, step in enumerate(np.resize([0, 4, 5, 3], n_bars)):
        start = 4 * bar * beat
        notes = chord(root, MAJOR, int(step), 3)
        for note in (notes[0], notes[1] + 12, notes[2], notes[0] + 12):
            for index in range(4):
                mix.add(pad(pitch(note), beat, rng, attack=0.05), start + index * beat, 0.1, 0.3)
        for index in range(8):
            mix.add(cymbal, start + index * beat / 2, 0.2, 0.3)
        for position in (0, 1.5, 2, 3.5):
            mix.add(bass_guitar(pitch(notes[0] - 12), beat, rng), start + position * beat, 0.6)
        for position in (0, 2, 2.5):
            mix.add(thud, start + position * beat, 0.3)
        for position in (1, 3):
            mix.add(crack, start + position * beat, 0.25)
    tune = walk(rng, 300, low=0, high=7)
    for index, (begin, length) in enumerate(rhythm(rng, 4.0 * n_bars, [0.5, 1, 2], [4, 3, 1])):
        sound = voice(
            pitch(degree(root + 12, MAJOR, tune[index % len(tune)])),
            length * beat,
            rng,
            vowels="".join(rng.choice(list("aeiou"), 2)),
            trembling=0.01,
            breath=0.3,
            width=0.06,
        )
        mix.add(sound, begin * beat)
    mix.reverberate(rng, 1.2, 0.2)
