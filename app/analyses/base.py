"""What an analysis is: something that can be told of the sound of one file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from app.audio.decode import Samples
from app.errors import MusicExploreError
from app.networks import Network
from app.networks.base import Float32
from app.networks.heads import Head, HeadRunner
from app.registry import Requirement

Result = dict[str, Any]
"""What JSON can hold."""

SCORE_DIGITS = 4


@dataclass(frozen=True)
class Wanted:
    """What is to be told of a file.

    Attributes
    ----------
    names : tuple of str
        Analyses; :func:`app.analyses.check_wanted` refuses names that there are not.
    networks : tuple of str
        Networks for ``tags`` and ``embeddings``; all installed ones that have what they need if empty.
    embeddings : str
        ``mean`` over time, or those of all ``segments``.
    """

    names: tuple[str, ...]
    networks: tuple[str, ...] = ()
    embeddings: Literal["mean", "segments"] = "mean"


@dataclass(frozen=True)
class Place:
    """Where analyses run.

    Attributes
    ----------
    models_dir : Path
        Folder of the networks.
    engine : str
        As the setting ``ENGINE``.
    """

    models_dir: Path
    engine: str


class Sound(Protocol):
    """A file, decoded and heard as far as it is asked for; each only once."""

    @property
    def place(self) -> Place: ...

    def samples(self, sample_rate: int) -> Samples:
        """Return mono samples, float32, shape=(n,), of at most the first ten minutes."""
        ...

    def rows(self, network: Network) -> dict[str, Float32]:
        """Return the values of a network, by layer, float32, shape=(n_segments, size)."""
        ...

    def head(self, head: Head) -> HeadRunner:
        """Return a head, loaded."""
        ...


class Analysis(Protocol):
    """An entry of the registry.

    Attributes
    ----------
    name : str
        As asked for.
    title : str
        For people.
    position : int
        Where it stands in lists.
    requires : tuple of Requirement
        Optional packages that it cannot do without.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def position(self) -> int: ...
    @property
    def requires(self) -> tuple[Requirement, ...]: ...

    def obstacle(self, place: Place, wanted: Wanted) -> MusicExploreError | None:
        """Return why it cannot run, as the error to raise; None if it can."""
        ...

    def networks(self, place: Place, wanted: Wanted) -> tuple[Network, ...]:
        """Return the networks that it asks the sound for."""
        ...

    def version(self, place: Place, wanted: Wanted) -> str:
        """Return a text that is another one when the result may be."""
        ...

    def run(self, sound: Sound, wanted: Wanted) -> Result:
        """Tell it."""
        ...


def rounded(value: float) -> float:
    """Round a score, which is not known more exactly."""
    return round(float(value), SCORE_DIGITS)
