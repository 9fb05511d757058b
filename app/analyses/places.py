"""Which networks can run here, and why others cannot."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from app.analyses.base import Place, Wanted
from app.errors import InputError, MissingExtraError, MissingNetworkError, MusicExploreError
from app.networks import NETWORKS, Network, installed
from app.networks.engines import choose_engine, engine_of
from app.networks.weights.store import network_sha256

SHORT = 16
"""Characters of a SHA-256 that tell one file from another."""


def obstacle_to(network: Network, place: Place) -> MusicExploreError | None:
    """Return why a network cannot run here, as the error to raise; None if it can."""
    path = network.file_in(place.models_dir)
    if not path.is_file():
        return MissingNetworkError(f"The network {network.name} is not installed: {way_to_get(network)}")
    try:
        engine_of(network, path, choose_engine(place.engine))
    except MissingExtraError as error:
        return MissingExtraError(f"The network {network.name} cannot run here: {error}")
    return None


def way_to_get(network: Network) -> str:
    """Return what to type for the file of a network."""
    if network.file_format == "onnx":
        return f"put {network.name}.onnx into the folder of the networks"
    official = "" if network.checkpoint else " --official"
    return f"flask download-models{official} --only {network.name}"


def usable_networks(place: Place, layer: str) -> list[Network]:
    """Return the networks with a layer of that name that can run here."""
    return [
        network
        for network in installed(place.models_dir)
        if _has_layer(network, layer) and obstacle_to(network, place) is None
    ]


def chosen_networks(place: Place, wanted: Wanted, layer: str) -> list[Network]:
    """Return the networks that are asked for by name, or else all that can give the layer here.

    Raises
    ------
    NotFoundError
        If there is no network of a name.
    InputError
        If it has no such layer.
    """
    if not wanted.networks:
        return usable_networks(place, layer)
    networks = [NETWORKS.get(name) for name in dict.fromkeys(wanted.networks)]
    for network in networks:
        if not _has_layer(network, layer):
            raise InputError(f"The network {network.name} gives no {layer}.")
    return networks


def obstacle_to_some(networks: Sequence[Network], place: Place, layer: str) -> MusicExploreError | None:
    """Return why not all of some networks can run here; also if there are none."""
    for network in networks:
        obstacle = obstacle_to(network, place)
        if obstacle is not None:
            return obstacle
    if not networks:
        return MissingNetworkError(f"No network that gives {layer} is installed: flask download-models")
    return None


def weights_sha256(path: Path) -> str:
    """Return the SHA-256 of the file of a network; it is read again only when it looks changed."""
    status = path.stat()
    return _sha256(path, status.st_size, status.st_mtime_ns)


def weights_version(path: Path) -> str:
    """Return what tells the weights in a file from others."""
    return weights_sha256(path)[:SHORT]


@lru_cache(maxsize=256)
def _sha256(path: Path, _size: int, _changed: int) -> str:
    """Hash a file; once for as long as it looks the same."""
    return network_sha256(path)


def _has_layer(network: Network, layer: str) -> bool:
    return any(one.name == layer for one in network.layers)
