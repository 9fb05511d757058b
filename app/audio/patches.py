"""Patches: what a network sees at once, cut from a spectrogram as it comes."""

import numpy as np
import numpy.typing as npt

from app.audio.mel import Mel

Patches = npt.NDArray[np.float32]


class PatchStream:
    """Cuts a spectrogram that comes in pieces into patches.

    The last patch is left out unless it is whole; audio shorter than one patch makes one all the same,
    by repeating its frames.

    Parameters
    ----------
    frames, bands : int
        Shape of a patch.
    hop : int
        Frames from the start of one patch to the start of the next, at most ``frames``.
    """

    def __init__(self, frames: int, bands: int, hop: int) -> None:
        if not 1 <= hop <= frames:
            raise ValueError(f"hop must be 1 to {frames} frames, not {hop}")
        self.frames = frames
        self.bands = bands
        self.hop = hop
        self._pending: Mel = np.empty((0, bands), np.float32)
        self._is_first = True

    def push(self, mel: Mel) -> Patches:
        """Take frames, shape=(m, bands); return the patches that are whole, shape=(n, frames, bands)."""
        pending = np.concatenate([self._pending, mel])
        count = max((len(pending) - self.frames) // self.hop + 1, 0)
        patches = np.empty((count, self.frames, self.bands), np.float32)
        for index in range(count):
            patches[index] = pending[index * self.hop :][: self.frames]
        self._pending = pending[count * self.hop :].copy()
        self._is_first = self._is_first and count == 0
        return patches

    def finish(self) -> Patches:
        """Return what is left: one patch if there was none, else nothing; shape=(0 or 1, frames, bands)."""
        if self._is_first and len(self._pending):
            return np.resize(self._pending, (1, self.frames, self.bands))
        return np.empty((0, self.frames, self.bands), np.float32)
