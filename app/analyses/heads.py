"""Which heads can run here, and why others cannot."""

from collections.abc import Iterable

from app.analyses.base import Place
from app.analyses.places import obstacle_to, weights_version
from app.errors import MissingExtraError, MissingNetworkError, MusicExploreError
from app.networks import NETWORKS
from app.networks.engines import ENGINES
from app.networks.heads import Head, needs_essentia


def obstacle_to_head(head: Head, place: Place) -> MusicExploreError | None:
    """Return why a head cannot run here, as the error to raise; None if it can."""
    if not head.is_installed(place.models_dir):
        return MissingNetworkError(
            f"The head {head.name} is not installed: flask download-models --official --only {head.name}"
        )
    essentia = ENGINES["essentia"]
    if not essentia.is_met() and needs_essentia(head, place.models_dir):
        return MissingExtraError(
            f"The head {head.name} has operations that only Essentia's TensorFlow runs. "
            f"Install it with: {essentia.install}"
        )
    return obstacle_to(NETWORKS.get(head.network_name), place)


def usable_head(heads: Iterable[Head], place: Place) -> Head | None:
    """Return the first of some heads that can run here; None if none can."""
    return next((head for head in heads if obstacle_to_head(head, place) is None), None)


def head_version(head: Head, place: Place) -> str:
    """Return what tells a head, its facts and the network before it from others."""
    network = NETWORKS.get(head.network_name)
    files = (
        head.file_in(place.models_dir),
        head.facts_in(place.models_dir),
        network.file_in(place.models_dir),
    )
    return "-".join([head.name, *(weights_version(path) for path in files)])
