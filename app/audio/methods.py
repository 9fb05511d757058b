"""What measuring tempo and key have in common: the two packages that can, and what each listens to."""

from typing import Final, Literal

import numpy as np

from app.audio.decode import Samples
from app.registry import Requirement

Method = Literal["essentia", "librosa"]

METHODS: Final[dict[Method, Requirement]] = {
    "essentia": Requirement("essentia", "pip install -r locks/requirements-essentia.txt"),
    "librosa": Requirement("librosa", "pip install -r locks/requirements.txt"),
}
"""What each needs, the preferred one first."""

SAMPLE_RATES: Final[dict[Method, int]] = {"essentia": 44_100, "librosa": 22_050}
"""Hz that each takes; those that its algorithms were made and tuned for."""

_FAINTEST: Final = 1e-4  # -80 dB: less than the noise of 16 bits with dither


def choose_method() -> Method | None:
    """Return the preferred method that is installed, without importing it; None if none is."""
    return next((method for method, needed in METHODS.items() if needed.is_met()), None)


def is_silent(samples: Samples) -> bool:
    """Tell whether there is nothing to hear in float32 samples, shape=(n,)."""
    return not len(samples) or float(np.abs(samples).max()) < _FAINTEST
