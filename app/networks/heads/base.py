"""What a head is, which there are, and what the facts beside its file say."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from app.errors import DamagedNetworkError, MissingNetworkError
from app.networks.base import Float32, Network


@dataclass(frozen=True)
class Head:
    """A classifier on the embeddings of a network.

    Attributes
    ----------
    classifier : str
        What it tells (``approachability_3c``).
    network_name : str
        The network whose values it takes.
    """

    classifier: str
    network_name: str

    @property
    def name(self) -> str:
        """``<classifier>-<network>``, also the stem of its two files."""
        return f"{self.classifier}-{self.network_name}"

    @property
    def official_path(self) -> str:
        """Path of the publisher's graph below the root of their site; its facts lie beside it."""
        folder = re.sub(r"_[23]c$", "", self.classifier)
        return f"classification-heads/{folder}/{self.name}-1.pb"

    def file_in(self, models_dir: Path) -> Path:
        """Return the path of its graph in the folder of the networks."""
        return models_dir / f"{self.name}.pb"

    def facts_in(self, models_dir: Path) -> Path:
        """Return the path of its facts in the folder of the networks."""
        return models_dir / f"{self.name}.json"

    def is_installed(self, models_dir: Path) -> bool:
        """Tell whether both files are there, whole or not."""
        return self.file_in(models_dir).is_file() and self.facts_in(models_dir).is_file()

    def rows_of(self, network: Network, layers: Mapping[str, Float32]) -> Float32:
        """Return what it takes of the values of its network, float32, shape=(n, size)."""
        layer = network.head_layer
        return layers["embeddings" if layer is None else layer.name]


_ON_ALL: Final = (
    "danceability",
    "mood_acoustic",
    "mood_aggressive",
    "mood_electronic",
    "mood_happy",
    "mood_party",
    "mood_relaxed",
    "mood_sad",
)
_ON_EFFNET: Final = (
    "genre_discogs400",
    "approachability_2c",
    "approachability_3c",
    "engagement_2c",
    "engagement_3c",
)
_ALL: Final = (
    *(Head(classifier, "discogs-effnet") for classifier in (*_ON_EFFNET, *_ON_ALL)),
    *(Head(classifier, name) for name in ("msd-musicnn", "audioset-vggish") for classifier in _ON_ALL),
)
HEADS: Final[dict[str, Head]] = {head.name: head for head in _ALL}
"""All heads, by name, those on the preferred network first."""


class DamagedHeadError(DamagedNetworkError):
    """A file of a head that is not what it should be.

    Attributes
    ----------
    reason : str
        What is wrong with it.
    """

    def __init__(self, path: Path, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The head's file {path} is damaged: {reason}. Delete it, then get it again with: "
            f"flask download-models --official --only {path.stem}"
        )


@dataclass(frozen=True)
class HeadFacts:
    """What the publisher says of a head.

    Attributes
    ----------
    classes : tuple of str
        In the order of the outputs.
    input_node, output_node : str
        Nodes of the graph; outputs of a node are numbered after a colon.
    size : int
        Values that it takes per segment.
    """

    classes: tuple[str, ...]
    input_node: str
    output_node: str
    size: int


def read_head_facts(path: Path) -> HeadFacts:
    """Read the facts beside a head's graph.

    Raises
    ------
    MissingNetworkError, DamagedNetworkError
        If they are not there, or not what they should be.
    """
    try:
        facts = json.loads(path.read_text("utf-8"))
        outputs = [one for one in facts["schema"]["outputs"] if one["output_purpose"] == "predictions"]
        (given,) = facts["schema"]["inputs"]
        classes = tuple(map(str, facts["classes"]))
        found = HeadFacts(classes, str(given["name"]), str(outputs[0]["name"]), int(given["shape"][-1]))
    except FileNotFoundError as error:
        raise MissingNetworkError(
            f"The facts of the head {path.stem} are not there: no file {path}. Get them with: "
            f"flask download-models --official --only {path.stem}"
        ) from error
    except OSError as error:
        raise DamagedNetworkError(f"Cannot read {path}: {error.strerror}.") from error
    except (ValueError, LookupError, TypeError) as error:
        raise DamagedHeadError(
            path, "it does not say which classes, inputs and outputs the head has"
        ) from error
    if not classes or len(set(classes)) < len(classes):
        raise DamagedHeadError(path, "it does not name each class once")
    return found


def check_fit(facts: HeadFacts, network: Network, path: Path) -> None:
    """Make sure that a head takes what its network gives.

    Raises
    ------
    DamagedNetworkError
        If it takes another number of values.
    """
    layer: Any = network.head_layer or network.layer("embeddings")
    if facts.size != layer.size:
        raise DamagedHeadError(path, f"it takes {facts.size} values, but {network.name} gives {layer.size}")
