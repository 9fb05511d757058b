"""Drums and cymbals: one stroke each."""

import numpy as np

from app.demo.instruments import Rng
from app.demo.synthesis import Sound, decay, fade, highpass, mono, noise, times


def kick(*, punch: float = 1.0, length: float = 0.35) -> Sound:
    """Bass drum: a sine that falls, and a click."""
    t = times(length)
    phase = 48 * t + 5.5 * punch * (1 - np.exp(-30 * t))
    sound = np.sin(2 * np.pi * phase) * np.exp(-7 * t / np.float32(length / 0.5))
    click = np.exp(-400 * t) * np.sin(2 * np.pi * 2500 * t)
    return fade((sound + 0.4 * punch * click).astype(np.float32), 0.0005, 0.02)


def snare(rng: Rng, *, ringing: float = 1.0) -> Sound:
    """Snare drum: a drum skin and its wires."""
    length = 0.22 * ringing
    skin = np.sin(2 * np.pi * (185 * times(length) + 2 * (1 - decay(length, 40)))) * decay(length, 22)
    wires = noise(length, rng, 900, 12_000) * decay(length, 16 / ringing)
    return fade((0.5 * skin + 1.6 * wires).astype(np.float32), 0.0005, 0.01)


def clap(rng: Rng) -> Sound:
    """Hand clap of a drum machine: four bursts."""
    length = 0.25
    t = times(length)
    bursts = sum(np.where(t >= start, np.exp(-speed * np.abs(t - start)), 0) for start, speed in _BURSTS)
    return fade((1.6 * noise(length, rng, 800, 5000) * bursts).astype(np.float32), 0.0005, 0.01)


_BURSTS = ((0.0, 150), (0.011, 150), (0.022, 150), (0.033, 20))


def hat(rng: Rng, *, open_for: float = 0.05) -> Sound:
    """Hi-hat, closed or open for some seconds."""
    length = 4 * open_for
    return fade(1.2 * highpass(noise(length, rng), 7000, 4) * decay(length, 1 / open_for), 0.0005, 0.01)


def tom(frequency: float, rng: Rng) -> Sound:
    """Tom or hand drum: a skin of a pitch."""
    length = 0.45
    t = times(length)
    skin = np.sin(2 * np.pi * (frequency * t + 1.2 * (1 - np.exp(-25 * t)))) * np.exp(-9 * t)
    slap = noise(length, rng, 300, 3000) * decay(length, 70)
    return fade((skin + 0.4 * slap).astype(np.float32), 0.001, 0.02)


def ride(rng: Rng) -> Sound:
    """Ride cymbal."""
    length = 0.9
    ping = sum(np.sin(2 * np.pi * f * times(length)) for f in (3120, 4210, 5330, 6790)) * decay(length, 9)
    wash = highpass(noise(length, rng), 5000) * decay(length, 4)
    return fade((0.06 * ping + 0.5 * wash).astype(np.float32), 0.001, 0.05)


def crash(rng: Rng) -> Sound:
    """Crash cymbal."""
    return fade(1.4 * highpass(noise(2.0, rng), 3500) * decay(2.0, 2.2), 0.001, 0.2)


def brush(rng: Rng, seconds: float = 0.3) -> Sound:
    """Brush on a snare drum."""
    swell = np.sin(np.pi * np.minimum(1, times(seconds) / seconds)) ** 2
    return mono(0.6 * noise(seconds, rng, 1500, 9000) * swell)
