"""Building blocks of sound: oscillators, strings, noise, envelopes, effects, and the mix they go into."""

from functools import cache

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.signal

SAMPLE_RATE = 44_100

Sound = npt.NDArray[np.float32]
"""Mono, shape=(n,), nominally within ±1."""

Stereo = npt.NDArray[np.float32]
"""Shape=(2, n)."""

_TABLE_SIZE = 8192  # a power of two


def mono(values: npt.ArrayLike) -> Sound:
    """Return values as a sound."""
    return np.asarray(values, np.float32)


def pitch(note: float) -> float:
    """Return the frequency in Hz of a MIDI note number (69 is the A of 440 Hz)."""
    return float(440 * 2 ** ((note - 69) / 12))


def times(seconds: float) -> Sound:
    """Return the second of every sample."""
    n = round(seconds * SAMPLE_RATE)
    return _clock(n // (60 * SAMPLE_RATE) + 1)[:n]


@cache
def _clock(minutes: int) -> Sound:
    ramp = mono(np.arange(minutes * 60 * SAMPLE_RATE) / SAMPLE_RATE)
    ramp.setflags(write=False)
    return ramp


def oscillate(partials: npt.ArrayLike, frequency: float | Sound, seconds: float) -> Sound:
    """Return a periodic sound.

    Parameters
    ----------
    partials : array_like, shape=(k,)
        Amplitudes of the harmonics; those above hearing are left out.
    frequency : float or float32, shape=(n,)
        Hz, constant or of every sample.
    seconds : float
    """
    amplitudes = np.asarray(partials, np.float64)[: max(1, int(18_000 / np.max(frequency)))]
    spectrum = np.zeros(_TABLE_SIZE // 2 + 1, complex)
    spectrum[1 : len(amplitudes) + 1] = -0.5j * amplitudes * _TABLE_SIZE
    table = np.fft.irfft(spectrum).astype(np.float32)
    steps = np.broadcast_to(np.float64(_TABLE_SIZE / SAMPLE_RATE) * frequency, len(times(seconds)))
    places = np.cumsum(steps).astype(np.int64) & (_TABLE_SIZE - 1)
    return mono(table[places])


def sawtooth(brightness: float = 1.0) -> npt.NDArray[np.float64]:
    """Return partials that fall off as 1/k, and faster where ``brightness`` is below 1."""
    k = np.arange(1, 200)
    return 0.6 / k * brightness ** (k - 1)


def ring(
    frequency: float,
    seconds: float,
    amplitudes: npt.ArrayLike,
    decays: npt.ArrayLike,
    rng: np.random.Generator,
    *,
    stretch: float = 0.0,
) -> Sound:
    """Return a string or bar left to itself: harmonics that die away each at its own speed.

    It is computed period by period: a matrix of spectra has a row for each, the one before times a factor.

    Parameters
    ----------
    amplitudes, decays : array_like, shape=(k,)
        Of each harmonic: amplitude at the start, and speed of its decay in 1/s.
    stretch : float
        Inharmonicity of a stiff string; 0 for none, 0.0004 for a piano.
    """
    period = SAMPLE_RATE / frequency
    size = scipy.fft.next_fast_len(int(np.ceil(period)), real=True)
    count = min(len(np.asarray(amplitudes)), int(16_000 / frequency), (size - 1) // 2)
    k = np.arange(1, count + 1)
    factors = np.exp(1j * np.pi * stretch * k**3 - np.asarray(decays)[:count] / frequency)
    rows = np.tile(factors.astype(np.complex64), (int(seconds * frequency) + 2, 1))
    rows[0] = np.asarray(amplitudes)[:count] * np.exp(2j * np.pi * rng.random(count)) * (size / 2)
    spectra = np.zeros((len(rows), size // 2 + 1), np.complex64)
    np.cumprod(rows, axis=0, out=spectra[:, 1 : count + 1])
    periods = scipy.fft.irfft(spectra, size, axis=1, overwrite_x=True).ravel()
    positions = np.arange(len(times(seconds))) * (size / period)
    before = positions.astype(np.int64)
    weight = mono(positions - before)
    return mono(periods[before] * (1 - weight) + periods[before + 1] * weight)


def noise(seconds: float, rng: np.random.Generator, low: float = 20.0, high: float = 18_000.0) -> Sound:
    """Return noise between two frequencies in Hz."""
    return band(rng.standard_normal(len(times(seconds)), np.float32) * np.float32(0.3), low, high)


@cache
def _butterworth(order: int, edges: tuple[float, ...], kind: str) -> npt.NDArray[np.float32]:
    sections = scipy.signal.butter(
        order, edges if len(edges) > 1 else edges[0], kind, fs=SAMPLE_RATE, output="sos"
    )
    return np.asarray(sections, np.float32)


def band(sound: Sound, low: float, high: float, order: int = 2) -> Sound:
    """Keep what lies between two frequencies, along the last axis."""
    return mono(scipy.signal.sosfilt(_butterworth(order, (low, high), "bandpass"), sound))


def lowpass(sound: Sound, cutoff: float, order: int = 2) -> Sound:
    """Take away what lies above a frequency, along the last axis."""
    return mono(scipy.signal.sosfilt(_butterworth(order, (cutoff,), "lowpass"), sound))


def highpass(sound: Sound, cutoff: float, order: int = 2) -> Sound:
    """Take away what lies below a frequency, along the last axis."""
    return mono(scipy.signal.sosfilt(_butterworth(order, (cutoff,), "highpass"), sound))


def swept_lowpass(sound: Sound, cutoffs: Sound) -> Sound:
    """Lowpass with a cutoff in Hz for every sample, by fading between fixed filters."""
    centres = np.geomspace(200, 12_800, 7)
    place = np.interp(np.log(cutoffs), np.log(centres), np.arange(len(centres)))
    result = np.zeros_like(sound)
    for index, centre in enumerate(centres):
        weight = np.maximum(0, 1 - np.abs(place - index))
        if weight.any():
            result += (weight * lowpass(sound, float(centre))).astype(np.float32)
    return result


def fade(sound: Sound, attack: float = 0.005, release: float = 0.02) -> Sound:
    """Fade in and out, in seconds; half-cosines."""
    result = sound.copy()
    for seconds, part in ((attack, slice(None)), (release, slice(None, None, -1))):
        n = min(round(seconds * SAMPLE_RATE), len(sound))
        result[part][:n] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(n, dtype=np.float32) / max(n, 1))
    return result


def decay(seconds: float, speed: float) -> Sound:
    """Return an exponential from 1, falling at ``speed`` in 1/s."""
    return mono(np.exp(-speed * times(seconds)))


def vibrato(frequency: float, seconds: float, *, rate: float, depth: float, onset: float = 0.3) -> Sound:
    """Return a frequency that begins to tremble; ``depth`` is a share of the frequency."""
    t = times(seconds)
    rising = np.minimum(1, t / onset)
    return mono(frequency * (1 + depth * rising * np.sin(2 * np.pi * rate * t)))


def distort(sound: Sound, drive: float) -> Sound:
    """Saturate, as an overdriven amplifier does."""
    return mono(np.tanh(drive * sound))


class Mix:
    """Sounds placed in time and between two loudspeakers."""

    def __init__(self, seconds: float) -> None:
        self.sound: Stereo = np.zeros((2, round(seconds * SAMPLE_RATE)), np.float32)

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.sound[0]) / SAMPLE_RATE

    def add(self, sound: Sound | Stereo, start: float = 0.0, gain: float = 1.0, pan: float = 0.0) -> None:
        """Add a sound at a second; what stands out at the end is cut. ``pan`` is -1 (left) to 1 (right)."""
        first = max(round(start * SAMPLE_RATE), 0)
        room = self.sound.shape[1] - first
        if room <= 0:
            return
        angle = (pan + 1) * np.pi / 4
        gains = np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * np.float32(gain)
        piece = np.atleast_2d(sound)[:, :room]
        self.sound[:, first : first + piece.shape[1]] += gains * piece

    def reverberate(self, rng: np.random.Generator, seconds: float, amount: float) -> None:
        """Place everything so far into a room."""
        t = times(seconds)
        tail = rng.standard_normal((2, len(t)), np.float32) * np.exp(-6.9 * t / np.float32(seconds))
        tail = lowpass(highpass(tail, 200), 6000, 1)
        tail /= np.sqrt(np.square(tail).sum(axis=1, keepdims=True))
        wet = scipy.signal.oaconvolve(self.sound, tail, axes=1)[:, : self.sound.shape[1]]
        self.sound = (self.sound * (1 - amount) + wet * amount).astype(np.float32)

    def finish(self, peak: float = 0.9, drive: float = 0.0) -> Stereo:
        """Return the whole at a peak level, compressed by saturation if wanted, with soft ends."""
        whole = self.sound / (float(np.abs(self.sound).max()) or 1.0)
        if drive:
            whole = np.tanh(drive * whole) / np.tanh(drive)
        return np.stack([fade(peak * channel, 0.02, 0.3) for channel in whole.astype(np.float32)])
