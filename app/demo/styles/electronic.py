"""Music of machines."""

import numpy as np

from app.demo.drums import clap, hat, kick, snare
from app.demo.harmony import DORIAN, MAJOR, MINOR, PHRYGIAN, chord, degree
from app.demo.instruments import Rng, bell, pad, synth_bass, synth_lead
from app.demo.synthesis import Mix, decay, mono, noise, oscillate, pitch, sawtooth, swept_lowpass, times


def _sweep(mix: Mix, low: float, high: float, period: float) -> None:
    """Open and close a filter over everything so far."""
    phase = 2 * np.pi * times(mix.seconds) / np.float32(period)
    cutoffs = (low * (high / low) ** (0.5 - 0.5 * np.cos(phase))).astype(np.float32)
    mix.sound = np.stack([swept_lowpass(channel, cutoffs) for channel in mix.sound])


def ambient(mix: Mix, rng: Rng) -> None:
    """Let pads come and go like weather."""
    root, scale = int(rng.integers(41, 48)), [DORIAN, MAJOR, MINOR][rng.integers(3)]
    for index, step in enumerate(np.resize([0, 3, 5, 1], int(mix.seconds / 6) + 1)):
        for note in chord(root, scale, int(step), 5):
            mix.add(
                pad(pitch(note), 10, rng, brightness=0.6, attack=3.5),
                6.0 * index - 2 if index else 0.0,
                0.35,
                rng.uniform(-0.8, 0.8),
            )
    wind = noise(mix.seconds, rng, 300, 1800) * np.float32(0.08)
    mix.add(wind, 0, 0.5)
    _sweep(mix, 300, 1800, rng.uniform(11, 17))
    mix.reverberate(rng, 5.0, 0.5)


def techno(mix: Mix, rng: Rng) -> None:
    """Beat four to the floor, a sequence behind a filter that opens and closes."""
    beat = 60 / rng.uniform(126, 140)
    root, scale = int(rng.integers(36, 43)), [MINOR, PHRYGIAN][rng.integers(2)]
    pattern = [int(step) for step in rng.choice([0, 0, 0, 2, 4, 7, 6], 16)]
    silent = rng.random(16) < 0.2
    notes = [synth_lead(pitch(degree(root + 12, scale, step)), beat / 4 * 0.9) for step in pattern]
    for index in range(int(mix.seconds / (beat / 4))):
        if not silent[index % 16]:
            mix.add(notes[index % 16], index * beat / 4, 0.45, 0.2)
    _sweep(mix, 350, 6000, 16 * beat)
    drums = Mix(mix.seconds)
    bass = synth_bass(pitch(root), beat / 2 * 0.8)
    thud, closed, opened, slap = kick(punch=1.2), hat(rng), hat(rng, open_for=0.12), clap(rng)
    for index in range(int(mix.seconds / beat)):
        drums.add(thud, index * beat, 1.0)
        drums.add(bass, (index + 0.5) * beat, 0.5)
        drums.add(opened, (index + 0.5) * beat, 0.3)
        for quarter in range(4):
            drums.add(closed, (index + quarter / 4) * beat, 0.18, -0.2)
        if index % 2:
            drums.add(slap, index * beat, 0.45)
    mix.add(drums.sound, 0, 1.4)
    mix.reverberate(rng, 0.6, 0.06)


def house(mix: Mix, rng: Rng) -> None:
    """Play chord stabs off the beat, a round bass, claps."""
    beat = 60 / rng.uniform(118, 126)
    root = int(rng.integers(45, 52))
    drums_gain = 1.1
    thud, opened, slap = kick(), hat(rng, open_for=0.1), clap(rng)
    for bar, step in enumerate(np.resize([0, 5, 3, 6], int(mix.seconds / (4 * beat)) + 1)):
        notes = chord(root, DORIAN, int(step), 4)
        stab = sum(synth_lead(pitch(note), 0.28, brightness=0.85) for note in notes)
        for position in (0.75, 1.5, 2.75, 3.5):
            mix.add(np.asarray(stab, np.float32), (4 * bar + position) * beat, 0.28, 0.1)
        for position in (0.5, 1.5, 2.25, 2.5, 3.5):
            mix.add(synth_bass(pitch(notes[0] - 12), 0.3, brightness=0.7), (4 * bar + position) * beat, 0.6)
        for index in range(4):
            mix.add(thud, (4 * bar + index) * beat, drums_gain)
            mix.add(opened, (4 * bar + index + 0.5) * beat, 0.4, 0.2)
        for index in (1, 3):
            mix.add(slap, (4 * bar + index) * beat, 0.6)
    mix.reverberate(rng, 0.8, 0.08)


def drum_and_bass(mix: Mix, rng: Rng) -> None:
    """Play broken beats at speed over a slow low bass."""
    beat = 60 / rng.uniform(168, 176)
    root = int(rng.integers(29, 35))
    thud, crack, closed = kick(punch=1.2, length=0.2), snare(rng, ringing=0.8), hat(rng, open_for=0.03)
    n_bars = int(mix.seconds / (4 * beat)) + 1
    for bar, step in enumerate(np.resize([0, 0, 5, 3], n_bars)):
        start = 4 * bar * beat
        for position in ((0, 2.5), (0, 1.75, 2.5))[bar % 2]:
            mix.add(thud, start + position * beat, 1.0)
        for position in (1, 3):
            mix.add(crack, start + position * beat, 0.8)
        for position in rng.choice(np.arange(0, 4, 0.25), 3, replace=False):
            mix.add(crack, start + float(position) * beat, 0.2)
        for index in range(8):
            mix.add(closed, start + index / 2 * beat, 0.35 if index % 2 else 0.2, 0.2)
        low = synth_bass(pitch(degree(root, MINOR, int(step))), 3.5 * beat, brightness=0.9)
        mix.add(low, start, 0.7)
        if bar % 2 == 0:
            for note in chord(root + 24, MINOR, int(step), 4):
                mix.add(pad(pitch(note), 8 * beat, rng, attack=0.5), start, 0.16, rng.uniform(-0.7, 0.7))
    mix.reverberate(rng, 0.7, 0.08)


def experiment(mix: Mix, rng: Rng) -> None:
    """Let tones slide, bells ring and noise swell in a huge room, without key or beat."""
    for _ in range(round(1.3 * mix.seconds)):
        seconds, low = rng.uniform(0.5, 5), float(rng.choice([40, 120, 400, 1500, 4000]))
        grain = noise(seconds, rng, low, min(low * rng.uniform(1.5, 6), 16_000))
        swell = np.sin(np.pi * times(seconds) / seconds) ** 2
        mix.add(
            mono(grain * swell), rng.uniform(-1, mix.seconds), rng.uniform(0.25, 0.75), rng.uniform(-1, 1)
        )
    for _ in range(4 * round(mix.seconds)):
        seconds = rng.uniform(0.3, 2.5)
        slide = 1 + rng.uniform(-0.9, 0.9) * times(seconds) / seconds
        tone = oscillate(sawtooth(0.6), mono(rng.uniform(80, 200) * slide), seconds)
        sound = mono(tone * decay(seconds, rng.uniform(0.5, 5)))
        mix.add(sound, rng.uniform(0, mix.seconds), rng.uniform(0.2, 0.6), rng.uniform(-1, 1))
    for _ in range(round(2.4 * mix.seconds)):
        sound = bell(rng.uniform(100, 1500), 2.5, rng)
        mix.add(sound, rng.uniform(0, mix.seconds), 0.4, rng.uniform(-1, 1))
    mix.reverberate(rng, 4.0, 0.8)
