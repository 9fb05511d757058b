"""Networks: their facts, their weights and the engines that run them. Arrays in, arrays out."""

from pathlib import Path

from app.networks.base import Layer, Network
from app.networks.weights.store import network_sha256
from app.registry import Registry

NETWORKS: Registry[Network] = Registry("network", "app.networks")


def installed(models_dir: Path) -> list[Network]:
    """Return the networks whose files are in the folder, whole or not."""
    return [network for network in NETWORKS if network.file_in(models_dir).is_file()]


__all__ = ["NETWORKS", "Layer", "Network", "installed", "network_sha256"]
