"""Instruments: one note each, mono, of a frequency in Hz and a length in seconds."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.demo.synthesis import (
    Sound,
    band,
    decay,
    distort,
    fade,
    highpass,
    lowpass,
    mono,
    noise,
    oscillate,
    ring,
    sawtooth,
    times,
    vibrato,
)

Rng = np.random.Generator


def _string(
    frequency: float,
    seconds: float,
    rng: Rng,
    *,
    position: float,
    slope: float,
    sustain: float,
    damping: float,
    stretch: float = 0.0,
) -> Sound:
    """Ring a string.

    ``position`` is where it is plucked, as a share of its length; partials fall off as ``k**-slope``; the
    fundamental takes ``sustain`` seconds to fall to a third, partial k dies faster by ``damping`` per kHz.
    """
    k = np.arange(1, 120)
    amplitudes = np.abs(np.sin(np.pi * k * position)) / k**slope
    decays = 1 / sustain + damping * k * frequency / 1000
    sound = ring(frequency, seconds, amplitudes / amplitudes.sum() * 1.8, decays, rng, stretch=stretch)
    return fade(sound, 0.001, min(0.08, seconds / 3))


def nylon_guitar(frequency: float, seconds: float, rng: Rng) -> Sound:
    """Classical guitar: round, with a soft touch of the finger."""
    sound = _string(frequency, seconds, rng, position=0.18, slope=1.35, sustain=0.9, damping=2.2)
    body = 1.0 * band(sound, 90, 260, 1)
    touch = noise(min(0.03, seconds), rng, 400, 2500) * decay(min(0.03, seconds), 150)
    result = 0.8 * sound + body
    result[: len(touch)] += 0.12 * touch
    return result


def steel_guitar(frequency: float, seconds: float, rng: Rng) -> Sound:
    """Folk guitar: bright, played with a pick."""
    sound = _string(frequency, seconds, rng, position=0.12, slope=0.9, sustain=1.1, damping=1.0, stretch=1e-5)
    click = noise(min(0.012, seconds), rng, 2000, 9000)
    sound[: len(click)] += 0.12 * click
    return sound


def harp(frequency: float, seconds: float, rng: Rng) -> Sound:
    """Concert harp: plucked in the middle with the flesh of the finger, low strings long."""
    sustain = 1.3 * (261 / frequency) ** 0.5
    sound = _string(frequency, seconds, rng, position=0.5, slope=1.0, sustain=sustain, damping=3.0)
    return fade(sound, 0.004, 0.08)


def harpsichord(frequency: float, seconds: float, rng: Rng) -> Sound:
    """Harpsichord: two stops, an octave apart, and the clatter of the jack."""
    sound = _string(frequency, seconds, rng, position=0.11, slope=0.8, sustain=0.7, damping=0.2)
    sound += 0.4 * _string(2 * frequency, seconds, rng, position=0.11, slope=0.8, sustain=0.5, damping=0.2)
    jack = noise(min(0.015, seconds), rng, 1500, 8000)
    sound[: len(jack)] += 0.15 * jack
    return sound


def piano(frequency: float, seconds: float, rng: Rng, *, force: float = 0.6) -> Sound:
    """Grand piano: two strings a little apart, a short bright attack; ``force`` is 0 to 1."""
    slope = max(0.6, 3.25 - 0.5 * force - 0.3 * float(np.log2(440 / frequency)))
    sustain = 1.5 * (261 / frequency) ** 0.6
    sound = 0.5 * _string(
        frequency,
        seconds,
        rng,
        position=0.08,
        slope=slope - 0.6,
        sustain=sustain / 6,
        damping=0.6,
        stretch=3e-5,
    )
    for cents in (-1, 1.1):
        sound += _string(
            frequency * 2 ** (cents / 1200),
            seconds,
            rng,
            position=0.08,
            slope=slope,
            sustain=sustain,
            damping=0.3,
            stretch=3e-5,
        )
    thump = noise(min(0.05, seconds), rng, 60, 1200) * decay(min(0.05, seconds), 90)
    sound[: len(thump)] += 0.8 * force * thump
    return 0.4 * sound


def sitar(frequency: float, seconds: float, rng: Rng) -> Sound:
    """Sitar: nearly all partials alike, as the flat bridge makes them, and a trembling pitch."""
    sound = _string(frequency, seconds, rng, position=0.12, slope=0.1, sustain=1.4, damping=0.8)
    t = times(seconds)
    return fade(np.interp(t + 0.0008 * np.sin(2 * np.pi * 5 * t), t, sound).astype(np.float32), 0.001, 0.05)


def upright_bass(frequency: float, seconds: float, rng: Rng) -> Sound:
    """Double bass, plucked."""
    sound = _string(frequency, seconds, rng, position=0.3, slope=1.5, sustain=0.5, damping=3.5)
    finger = noise(min(0.02, seconds), rng, 300, 2000) * decay(min(0.02, seconds), 200)
    sound[: len(finger)] += 0.1 * finger
    return sound


def bowed(
    frequency: float,
    seconds: float,
    rng: Rng,
    *,
    body: Sequence[float] = (290, 500, 1000, 2400, 3200),
    attack: float = 0.12,
    rosin: float = 0.025,
) -> Sound:
    """Violin family: a sawtooth through the resonances of a body (in Hz), with vibrato and rosin."""
    k = np.arange(1, 120)
    partials = sawtooth()[:119] * _resonances(k * frequency, body, width=0.25) * np.exp(-k * frequency / 9000)
    rate = rng.uniform(4.8, 6.4)
    wavering = vibrato(frequency, seconds, rate=rate, depth=0.006) * (1 + 0.002 * _wander(seconds, rng))
    sound = oscillate(partials, wavering, seconds)
    sound *= 1 + 0.1 * np.sin(2 * np.pi * rate * times(seconds) + 1)
    if rosin:
        sound += rosin * noise(seconds, rng, 1500, 7000)
    return fade(sound, attack, min(0.2, seconds / 3))


def ensemble(frequency: float, seconds: float, rng: Rng, *, players: int = 3, attack: float = 0.25) -> Sound:
    """Several bowed strings in unison, each a little off."""
    sound = np.zeros(len(times(seconds)), np.float32)
    for _ in range(players):
        sound += bowed(frequency * 2 ** (rng.normal(0, 4) / 1200), seconds, rng, attack=attack, rosin=0)
    return sound / np.float32(players**0.6)


def flute(frequency: float, seconds: float, rng: Rng) -> Sound:
    """Flute: few harmonics, breath around them, a tremble in loudness."""
    rate = rng.uniform(4.6, 5.4)
    wavering = vibrato(frequency, seconds, rate=rate, depth=0.004, onset=0.5)
    tone = oscillate([1, 0.45, 0.18, 0.06, 0.03, 0.01], wavering, seconds)
    tremble = 1 + 0.18 * np.minimum(1, times(seconds) / 0.4) * np.sin(2 * np.pi * rate * times(seconds))
    breath = band(noise(seconds, rng, 500, 8000), frequency * 0.9, min(frequency * 5, 15_000), 1)
    chiff = noise(seconds, rng, 2000, 6000) * decay(seconds, 40)
    return fade((0.5 * tone * tremble + 0.12 * breath + 0.1 * chiff).astype(np.float32), 0.05, 0.08)


def brass(frequency: float, seconds: float) -> Sound:
    """Brass: brighter as it swells."""
    wavering = vibrato(frequency, seconds, rate=5, depth=0.003)
    soft, hard = oscillate(sawtooth(0.6), wavering, seconds), oscillate(sawtooth(0.93), wavering, seconds)
    swell = np.minimum(1, times(seconds) / 0.12) * (0.6 + 0.4 * decay(seconds, 2))
    return fade(mono(soft * (1 - swell) + hard * swell), 0.03, 0.08)


VOWELS: dict[str, tuple[float, ...]] = {
    "a": (730, 1150, 2600, 3300, 4000),
    "e": (480, 1850, 2550, 3400, 4100),
    "i": (300, 2200, 2950, 3500, 4200),
    "o": (460, 850, 2600, 3200, 3900),
    "u": (330, 700, 2500, 3200, 3900),
}
"""Resonances of the throat, in Hz."""


def voice(
    frequency: float,
    seconds: float,
    rng: Rng,
    *,
    vowels: str = "a",
    size: float = 1.0,
    trembling: float = 0.006,
    attack: float = 0.05,
    breath: float = 0.1,
    width: float = 0.15,
    ringing: float = 0.4,
) -> Sound:
    """Sing: the pulse of the glottis through the throat, from vowel to vowel.

    Parameters
    ----------
    vowels : str
        Keys of :data:`VOWELS`.
    size : float
        Scale of the resonances: 1 for men, 1.15 for women.
    trembling : float
        Depth of the vibrato, as a share of the frequency.
    width : float
        Relative width of the resonances; wide ones blur a voice into many.
    ringing : float
        Strength of the resonance near 3 kHz that trained voices have.
    """
    harmonics = np.arange(1, 120) * frequency
    wobble = vibrato(frequency, seconds, rate=rng.uniform(4.8, 6.2), depth=trembling, onset=0.5)
    frequencies = wobble * (1 + 0.01 * _wander(seconds, rng))
    trained = ringing * np.exp(-(((harmonics - 3000 * size) / 500) ** 2))
    place = np.linspace(0, len(vowels) - 1, len(frequencies), dtype=np.float32)
    sound = np.zeros(len(frequencies), np.float32)
    for index, vowel in enumerate(vowels):
        throat = _resonances(harmonics, [size * formant for formant in VOWELS[vowel]], width) + trained
        partials = throat / np.arange(1, 120) ** 1.7
        sound += np.maximum(0, 1 - np.abs(place - index)) * oscillate(partials, frequencies, seconds)
    if breath:
        sound += breath * noise(seconds, rng, 1500, 6000) * (0.5 + 0.5 * np.abs(sound))
    return fade(sound, attack, min(0.15, seconds / 3))


def _resonances(
    frequencies: npt.ArrayLike, centres: Sequence[float], width: float
) -> npt.NDArray[np.float64]:
    """Return the gain at frequencies of a body that resonates at centres; ``width`` is relative."""
    f = np.asarray(frequencies, np.float64)[:, None]
    c = np.asarray(centres, np.float64)[None, :]
    strength = 1 / np.arange(1, len(centres) + 1) ** 0.55
    gains: npt.NDArray[np.float64] = (strength / (1 + ((f - c) / (width * c)) ** 2)).sum(axis=1)
    return 0.03 + gains


def _wander(seconds: float, rng: Rng) -> Sound:
    """Return a slow random curve, about ±1."""
    points = rng.standard_normal(int(seconds * 6) + 3)
    return np.interp(times(seconds) * 6, np.arange(len(points)), points).astype(np.float32)


def power_chord(
    frequency: float,
    seconds: float,
    rng: Rng,
    *,
    drive: float = 80.0,
    hiss: float = 0.02,
    muted: bool = False,
) -> Sound:
    """Distorted electric guitar: root, fifth and octave through an amplifier and its loudspeaker."""
    sustain, damping = (0.15, 3.0) if muted else (2.5, 0.3)
    strings = hiss * noise(seconds, rng)
    if muted:
        strings *= decay(seconds, 8)
    for ratio in (1, 1.4983, 2.002):
        strings += _string(
            frequency * ratio * (1 + rng.normal(0, 0.004)),
            seconds,
            rng,
            position=rng.uniform(0.1, 0.2),
            slope=0.5,
            sustain=sustain,
            damping=damping,
        )
    amplified = distort(highpass(strings, 90), drive)
    return fade(lowpass(highpass(amplified, 80), 3000), 0.004, 0.03)


def bass_guitar(frequency: float, seconds: float, rng: Rng) -> Sound:
    """Electric bass."""
    return _string(frequency, seconds, rng, position=0.2, slope=1.0, sustain=0.9, damping=1.6)


def pad(
    frequency: float, seconds: float, rng: Rng, *, brightness: float = 0.75, attack: float = 1.5
) -> Sound:
    """Soft synthesiser: detuned sawtooths behind a dull filter, slow to come and go."""
    sound = np.zeros(len(times(seconds)), np.float32)
    for cents in rng.normal(0, 8, 3):
        sound += oscillate(sawtooth(brightness), frequency * 2 ** (cents / 1200), seconds)
    return fade(mono(sound / 3), min(attack, seconds / 3), min(2.0, seconds / 3))


def synth_lead(frequency: float, seconds: float, *, brightness: float = 0.95) -> Sound:
    """Bright synthesiser that dies away a little."""
    sound = oscillate(sawtooth(brightness), frequency, seconds)
    sound += oscillate(sawtooth(brightness), frequency * 1.006, seconds)
    return fade(0.5 * sound * (0.4 + 0.6 * decay(seconds, 6)), 0.003, 0.03)


def bell(frequency: float, seconds: float, rng: Rng) -> Sound:
    """Glassy bell: partials that are no harmonics."""
    sound = np.zeros(len(times(seconds)), np.float32)
    for ratio, strength, speed in ((1, 1, 1.2), (2.76, 0.5, 2.2), (5.4, 0.25, 4), (8.9, 0.12, 7)):
        phases = 2 * np.pi * (ratio * frequency * times(seconds) + rng.uniform(0, 1))
        sound += strength * decay(seconds, speed) * np.sin(phases)
    return fade(mono(0.4 * sound), 0.002, 0.05)


def synth_bass(frequency: float, seconds: float, *, brightness: float = 0.85) -> Sound:
    """Synthesised bass, closing as it goes."""
    bright, dull = (
        oscillate(sawtooth(brightness), frequency, seconds),
        oscillate([0.6, 0.1], frequency, seconds),
    )
    opening = decay(seconds, 8)
    return fade(bright * opening + dull * (1 - opening), 0.003, 0.02)
