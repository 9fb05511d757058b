"""Mel spectrograms as the networks were trained on: the front ends, streamed.

Equal to Essentia's ``TensorflowInputMusiCNN`` and ``TensorflowInputVGGish`` on frames that are centred on
multiples of the hop, with zeros before the beginning and after the end.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from app.audio.decode import SAMPLE_RATE, Samples

# SciPy is imported where it computes: every command and the page read the facts of the front ends.
if TYPE_CHECKING:
    from scipy.sparse import csr_array

Mel = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float64]

# Frames are always computed this many at a time (the last ones filled up with zeros): it fits into the
# cache, and the same operations in the same order give the same bits however the samples arrive.
_CHUNK = 256


@dataclass(frozen=True)
class FrontEnd:
    """A kind of mel spectrogram: ``log(scale · mel + offset)``, of 16 kHz mono.

    Attributes
    ----------
    name : str
    frame, hop : int
        Samples in a frame, and from one frame to the next.
    fft : int
        Samples of the Fourier transform; frames are filled up with zeros.
    bands : int
        Mel bands.
    power : bool
        True if the bands sum up power, False for magnitude.
    scale, offset, log_base : float
    triangles : callable
        Returns, float64, shape=(bands, fft // 2 + 1), how much of each frequency goes into each band.
    """

    name: str
    frame: int
    hop: int
    fft: int
    bands: int
    power: bool
    scale: float
    offset: float
    log_base: float
    triangles: Callable[[], Vector] = field(repr=False, compare=False)

    @cached_property
    def weights(self) -> "csr_array":
        """The triangles, float32 and sparse."""
        from scipy.sparse import csr_array  # noqa: PLC0415

        return csr_array(self.triangles().astype(np.float32))

    def __call__(self, samples: Samples) -> Mel:
        """Return the spectrogram of a whole signal, shape=(n_frames, bands)."""
        stream = self.stream()
        return np.concatenate([stream.push(samples), stream.finish()])

    def stream(self) -> "MelStream":
        """Begin a spectrogram whose samples come in pieces."""
        return MelStream(self)

    def frame_count(self, n_samples: int) -> int:
        """Return how many frames a signal has."""
        return math.ceil(n_samples / self.hop) + 1 if n_samples else 0


class MelStream:
    """A spectrogram in the making; bitwise the same however the samples are cut into blocks."""

    def __init__(self, front_end: FrontEnd) -> None:
        self.front_end = front_end
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(front_end.frame) / (front_end.frame - 1))
        self._window = np.zeros(front_end.fft, np.float32)
        self._window[: front_end.frame] = hann
        self._pending = np.zeros(front_end.frame // 2, np.float32)
        self._n_samples = 0
        self._n_frames = 0

    def push(self, samples: Samples) -> Mel:
        """Take float32 samples, shape=(n,); return the frames that are now certain, shape=(m, bands)."""
        self._n_samples += len(samples)
        self._pending = np.concatenate([self._pending, samples], dtype=np.float32)
        ready = (len(self._pending) - self.front_end.fft) // self.front_end.hop + 1
        return self._take(max(ready, 0) // _CHUNK)

    def finish(self) -> Mel:
        """Return the last frames, shape=(m, bands)."""
        front_end = self.front_end
        left = front_end.frame_count(self._n_samples) - self._n_frames
        n_chunks = math.ceil(left / _CHUNK)
        needed = n_chunks * _CHUNK * front_end.hop + front_end.fft
        self._pending = np.pad(self._pending, (0, max(needed - len(self._pending), 0)))
        return self._take(n_chunks)[:left]

    def _take(self, n_chunks: int) -> Mel:
        """Turn the first samples that are pending into ``n_chunks`` chunks of frames."""
        front_end = self.front_end
        mel = np.empty((n_chunks * _CHUNK, front_end.bands), np.float32)
        for start in range(0, len(mel), _CHUNK):
            samples = self._pending[start * front_end.hop :]
            frames = np.lib.stride_tricks.sliding_window_view(samples, front_end.fft)[:: front_end.hop]
            mel[start : start + _CHUNK] = self._transform(frames[:_CHUNK])
        self._pending = self._pending[len(mel) * front_end.hop :].copy()
        self._n_frames += len(mel)
        return mel

    def _transform(self, frames: npt.NDArray[np.float32]) -> Mel:
        from scipy.fft import rfft  # noqa: PLC0415

        front_end = self.front_end
        spectrum = rfft(frames * self._window, axis=1, overwrite_x=True)
        energy = np.square(spectrum.real)
        energy += np.square(spectrum.imag)
        if not front_end.power:
            np.sqrt(energy, out=energy)
        mel: Mel = front_end.weights @ energy.T
        mel *= front_end.scale
        mel += front_end.offset
        np.log(mel, out=mel)
        mel *= 1 / math.log(front_end.log_base)
        return mel.T


def _slaney_triangles(bands: int, fft: int) -> Vector:
    """Return triangles over frequency, each of area 1, from 0 Hz up; Slaney's Auditory Toolbox (1998)."""
    # The scale is linear, 3 mel per 200 Hz, up to 1 kHz = 15 mel, then logarithmic, 27 mel per factor of 6.4.
    highest = 15 + math.log(SAMPLE_RATE / 2 / 1000) / (math.log(6.4) / 27)
    mel = np.linspace(0, highest, bands + 2)
    hertz = np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * math.log(6.4) / 27))
    return _triangles(hertz, _frequencies(fft)) * (2 / (hertz[2:] - hertz[:-2]))[:, None]


def _htk_triangles(bands: int, fft: int, lowest: float, highest: float) -> Vector:
    """Return triangles over mel, each of height 1; the HTK Book's scale."""
    edges = np.linspace(_htk_mel(np.array(lowest)), _htk_mel(np.array(highest)), bands + 2)
    return _triangles(edges, _htk_mel(_frequencies(fft)))


def _htk_mel(hertz: Vector) -> Vector:
    return 1127 * np.log1p(hertz / 700)


def _frequencies(fft: int) -> Vector:
    return np.linspace(0, SAMPLE_RATE / 2, fft // 2 + 1)


def _triangles(edges: Vector, positions: Vector) -> Vector:
    """Return triangles of height 1, each from one edge to the next but one, shape=(bands, positions)."""
    low, middle, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (positions - low) / (middle - low)
    falling = (high - positions) / (high - middle)
    return np.maximum(0, np.minimum(rising, falling))


_ALL = (
    FrontEnd(
        name="musicnn",
        frame=512,
        hop=256,
        fft=512,
        bands=96,
        power=True,
        scale=10_000,
        offset=1,
        log_base=10,
        triangles=lambda: _slaney_triangles(96, 512),
    ),
    FrontEnd(
        name="vggish",
        frame=400,
        hop=160,
        fft=512,
        bands=64,
        power=False,
        scale=1,
        offset=0.01,
        log_base=math.e,
        triangles=lambda: _htk_triangles(64, 512, 125, 7500),
    ),
)

FRONT_ENDS: dict[str, FrontEnd] = {front_end.name: front_end for front_end in _ALL}
"""All front ends, by name."""
