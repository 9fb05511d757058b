"""What networks are fed with: a mel spectrogram, or the samples themselves."""

from typing import Protocol

import numpy as np

from app.audio.decode import Samples
from app.audio.mel import FRONT_ENDS, Mel

SAMPLES = "samples"
"""Name of the front end that hands on the samples: frames of one sample, of one band."""


class Stream(Protocol):
    """Frames in the making, from samples that come in pieces."""

    def push(self, samples: Samples) -> Mel: ...
    def finish(self) -> Mel: ...


class SampleStream:
    """The samples as they are, shape=(n, 1)."""

    def push(self, samples: Samples) -> Mel:
        """Take float32 samples, shape=(n,)."""
        return np.asarray(samples, np.float32)[:, None]

    def finish(self) -> Mel:
        """Nothing is held back."""
        return np.empty((0, 1), np.float32)


def front_end_names() -> list[str]:
    """Names of all front ends."""
    return [*FRONT_ENDS, SAMPLES]


def open_front_end(name: str) -> Stream:
    """Begin the frames of a front end."""
    return SampleStream() if name == SAMPLES else FRONT_ENDS[name].stream()


def frame_hop(name: str) -> int:
    """Return the number of samples from one frame to the next."""
    return 1 if name == SAMPLES else FRONT_ENDS[name].hop


def frame_bands(name: str) -> int:
    """Return the number of values of a frame."""
    return 1 if name == SAMPLES else FRONT_ENDS[name].bands
