"""Analyses that measure the sound itself, by Essentia where it is installed, else by librosa."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from app.analyses.base import Place, Result, Sound, Wanted
from app.audio.methods import METHODS, Method, choose_method
from app.errors import MissingExtraError, MusicExploreError
from app.networks import Network
from app.registry import Requirement

_PACKAGES: Final[dict[Method, tuple[str, ...]]] = {
    "essentia": ("essentia-tensorflow", "essentia"),
    "librosa": ("librosa",),
}


@dataclass(frozen=True)
class MeasuredAnalysis(ABC):
    """See :class:`app.analyses.base.Analysis`.

    Attributes
    ----------
    revision : int
        Raised when the same package gives another result.
    """

    name: str
    title: str
    position: int
    revision: int
    requires: tuple[Requirement, ...] = ()

    def obstacle(self, place: Place, wanted: Wanted) -> MusicExploreError | None:  # noqa: ARG002
        if choose_method() is None:
            ways = " or ".join(needed.install for needed in METHODS.values())
            return MissingExtraError(
                f"Nothing is installed that measures {self.name}. Install it with: {ways}"
            )
        return None

    def networks(self, place: Place, wanted: Wanted) -> tuple[Network, ...]:  # noqa: ARG002
        return ()

    def version(self, place: Place, wanted: Wanted) -> str:  # noqa: ARG002
        method = choose_method()
        return f"{self.revision}:{method}" + (f"-{_version_of(method)}" if method else "")

    def run(self, sound: Sound, wanted: Wanted) -> Result:
        method = choose_method()
        if method is None:
            raise self.obstacle(sound.place, wanted) or AssertionError
        return self.measure(sound, method)

    @abstractmethod
    def measure(self, sound: Sound, method: Method) -> Result:
        """Measure it."""


def _version_of(method: Method) -> str:
    for package in _PACKAGES[method]:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    return "unknown"
