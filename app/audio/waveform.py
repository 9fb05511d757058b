"""The outline of a sound: how loud it gets in each of a few thousand equal stretches, whatever its length."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.audio.container import AnyPath
from app.audio.decode import AudioReader, Samples

Peaks = npt.NDArray[np.uint8]

FULL_SCALE = 255
DETAIL = 4096
_FIRST_STRETCH = 16  # samples


@dataclass(frozen=True)
class Waveform:
    """The outline of a sound.

    Attributes
    ----------
    seconds : float
        Length of what could be decoded.
    peaks : uint8, shape=(n,), n <= 2 · DETAIL + 1
        Greatest magnitude within each of n equal stretches; 255 is full scale.
    """

    seconds: float
    peaks: Peaks

    def reduced(self, points: int) -> Peaks:
        """Return peaks of another number of stretches, uint8, shape=(points,)."""
        first = np.arange(points) * len(self.peaks) // points
        return np.maximum.reduceat(self.peaks, first)


def read_waveform(path: AnyPath, *, max_seconds: float = math.inf) -> Waveform:
    """Decode a file of up to ``max_seconds`` block by block and keep only its outline.

    Raises
    ------
    AudioError
        With a short reason that does not name the file.
    """
    reader = AudioReader(path, max_seconds=max_seconds)
    outline = _Outline()
    for samples in reader:
        outline.add(samples)
    peaks = np.rint(np.minimum(outline.peaks(), 1) * FULL_SCALE).astype(np.uint8)
    return Waveform(reader.duration, peaks)


class _Outline:
    """Peaks of equal stretches of samples. Where there is no room for more, each two become one."""

    def __init__(self) -> None:
        self._peaks = np.empty(2 * DETAIL, np.float32)
        self._count = 0
        self._stretch = _FIRST_STRETCH
        self._pending: Samples = np.empty(0, np.float32)

    def add(self, samples: Samples) -> None:
        """Go on with more samples, float32, shape=(n,)."""
        pending = np.concatenate([self._pending, np.abs(samples)])
        while len(pending) >= self._stretch:
            count = min(len(pending) // self._stretch, len(self._peaks) - self._count)
            stretches = pending[: count * self._stretch].reshape(count, self._stretch)
            self._peaks[self._count : self._count + count] = stretches.max(axis=1)
            self._count += count
            pending = pending[count * self._stretch :]
            if self._count == len(self._peaks):
                self._halve()
        self._pending = pending

    def _halve(self) -> None:
        self._count //= 2
        self._peaks[: self._count] = self._peaks.reshape(-1, 2).max(axis=1)
        self._stretch *= 2

    def peaks(self) -> Samples:
        """Return what has been heard so far, a last short stretch included."""
        last = [self._pending.max()] if len(self._pending) else []
        return np.concatenate([self._peaks[: self._count], np.array(last, np.float32)])
