"""``classifiers``: approachability, engagement, danceability and moods, by the heads that are installed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.analyses.base import Place, Result, Sound, Wanted, rounded
from app.analyses.heads import head_version, obstacle_to_head, usable_head
from app.errors import MissingNetworkError, MusicExploreError
from app.networks import NETWORKS, Network
from app.networks.heads import HEADS, Head
from app.registry import Requirement

NETWORKS_BY_PREFERENCE: Final = ("discogs-effnet", "msd-musicnn", "audioset-vggish")

_MOODS: Final = ("acoustic", "aggressive", "electronic", "happy", "party", "relaxed", "sad")
CLASSIFIERS: Final[dict[str, tuple[str, ...]]] = {
    "approachability": ("approachability_3c", "approachability_2c"),
    "engagement": ("engagement_3c", "engagement_2c"),
    "danceability": ("danceability",),
    **{f"mood_{mood}": (f"mood_{mood}",) for mood in _MOODS},
}
"""What is told, and the heads that can, the preferred one first."""

LEVELS: Final = {2: ("low", "high"), 3: ("low", "mid", "high")}
"""Class labels of approachability and engagement; published as not, moderately, fully."""


@dataclass(frozen=True)
class Classifiers:
    """Small classifiers on the embeddings of a network."""

    name: str = "classifiers"
    title: str = "Approachability, engagement, danceability, moods"
    position: int = 7
    revision: int = 1
    requires: tuple[Requirement, ...] = ()

    def obstacle(self, place: Place, wanted: Wanted) -> MusicExploreError | None:  # noqa: ARG002
        if _heads(place):
            return None
        installed = [head for head in HEADS.values() if _tells(head) and head.is_installed(place.models_dir)]
        if installed:
            return obstacle_to_head(installed[0], place)
        return MissingNetworkError("No classifier is installed: flask download-models --official")

    def networks(self, place: Place, wanted: Wanted) -> tuple[Network, ...]:  # noqa: ARG002
        names = dict.fromkeys(head.network_name for head in _heads(place).values())
        return tuple(NETWORKS.get(name) for name in names)

    def version(self, place: Place, wanted: Wanted) -> str:  # noqa: ARG002
        return ":".join([str(self.revision), *(head_version(head, place) for head in _heads(place).values())])

    def run(self, sound: Sound, wanted: Wanted) -> Result:  # noqa: ARG002
        return {name: _classify(sound, name, head) for name, head in _heads(sound.place).items()}


def _tells(head: Head) -> bool:
    return any(head.classifier in heads for heads in CLASSIFIERS.values())


def _heads(place: Place) -> dict[str, Head]:
    """Return the head that tells each thing here."""
    found = {name: usable_head(_candidates(classifiers), place) for name, classifiers in CLASSIFIERS.items()}
    return {name: head for name, head in found.items() if head is not None}


def _candidates(classifiers: Iterable[str]) -> list[Head]:
    names = [f"{classifier}-{network}" for network in NETWORKS_BY_PREFERENCE for classifier in classifiers]
    return [HEADS[name] for name in names if name in HEADS]


def _classify(sound: Sound, name: str, head: Head) -> Result:
    network, runner = NETWORKS.get(head.network_name), sound.head(head)
    means = runner(head.rows_of(network, sound.rows(network))).mean(axis=0).tolist()
    classes = _levels(runner.classes) if name in ("approachability", "engagement") else runner.classes
    probabilities = dict(zip(classes, map(rounded, means), strict=True))
    return {
        "class": max(probabilities, key=lambda one: probabilities[one]),
        "probabilities": probabilities,
        "network": network.name,
        "head": head.name,
    }


def _levels(classes: tuple[str, ...]) -> tuple[str, ...]:
    """Return low, mid and high for ``not engaging``, ``moderately engaging`` and ``engaging``."""
    levels = tuple(
        "low" if name.startswith("not") else "mid" if name.startswith("moderately") else "high"
        for name in classes
    )
    return levels if len(set(levels)) == len(classes) else LEVELS[len(classes)]


REGISTER = (Classifiers(),)
