"""Checks of what goes into a network and what comes out, the same for all engines."""

import numpy as np

from app.errors import NetworkError
from app.networks.base import Float32, Network


def check_patches(network: Network, patches: Float32) -> Float32:
    """Return the patches as the engines need them: float32 in one piece of memory."""
    expected = (network.patch_frames, network.patch_bands)
    if patches.ndim != 3 or patches.shape[1:] != expected:
        raise ValueError(f"{network.name} takes patches of {expected} values, not {patches.shape[1:]}")
    return np.ascontiguousarray(patches, np.float32)


def check_values(network: Network, values: dict[str, Float32]) -> dict[str, Float32]:
    """Refuse values that are not finite."""
    for layer, array in values.items():
        if not np.isfinite(array).all():
            raise NetworkError(
                f"The network {network.name} gave {layer} that are not finite numbers. "
                f"Its file or the audio is damaged."
            )
    return values
