"""Analyses that tell what a layer of one or several networks holds."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from app.analyses.base import Place, Result, Sound, Wanted
from app.analyses.places import chosen_networks, obstacle_to_some, weights_version
from app.errors import MusicExploreError
from app.networks import Network
from app.registry import Requirement


@dataclass(frozen=True)
class LayerAnalysis(ABC):
    """See :class:`app.analyses.base.Analysis`.

    Attributes
    ----------
    layer : str
        What a network must have to take part.
    revision : int
        Raised when the same values give another result.
    """

    name: str
    title: str
    position: int
    layer: str
    revision: int = 1
    requires: tuple[Requirement, ...] = ()

    def obstacle(self, place: Place, wanted: Wanted) -> MusicExploreError | None:
        return obstacle_to_some(self.networks(place, wanted), place, self.layer)

    def networks(self, place: Place, wanted: Wanted) -> tuple[Network, ...]:
        return tuple(chosen_networks(place, wanted, self.layer))

    def version(self, place: Place, wanted: Wanted) -> str:
        weights = (
            f"{network.name}-{weights_version(network.file_in(place.models_dir))}"
            for network in self.networks(place, wanted)
        )
        return ":".join([str(self.revision), *self.options(wanted), *weights])

    def run(self, sound: Sound, wanted: Wanted) -> Result:
        networks = self.networks(sound.place, wanted)
        return {"networks": {network.name: self.tell(sound, network, wanted) for network in networks}}

    def options(self, wanted: Wanted) -> tuple[str, ...]:  # noqa: ARG002
        """Return what of the wish changes the result, besides the networks."""
        return ()

    @abstractmethod
    def tell(self, sound: Sound, network: Network, wanted: Wanted) -> Result:
        """Tell what one network says."""
