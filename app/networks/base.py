"""What a network is: the facts that decoding, extraction, the API and the page need of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from app.errors import NetworkError
from app.registry import Requirement

if TYPE_CHECKING:
    from app.networks.weights.frozen_graph import FrozenGraph
    from app.networks.weights.onnx_graph import OnnxGraph

MAX_NAME = 64

Float32 = npt.NDArray[np.float32]
Weights = Mapping[str, npt.NDArray[Any]]


def is_name(text: str) -> bool:
    """Tell whether a text can be the name of a network, or of a set that is kept like one."""
    return len(text) <= MAX_NAME and bool(re.fullmatch(r"[a-z0-9]+([._-][a-z0-9]+)*", text))


@dataclass(frozen=True)
class Layer:
    """An output of a network.

    Attributes
    ----------
    name : str
        ``taggrams`` (activation of each tag, 0 to 1), ``embeddings`` (penultimate layer), or another name.
    node : str
        Name of the node in the frozen graph, or of the output of the ONNX file.
    size : int
        Values per patch.
    other_nodes : tuple of str
        Nodes to take, in this order, from files that have no ``node``.
    """

    name: str
    node: str
    size: int
    other_nodes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checkpoint:
    """Freely licensed weights in the ``musicnn`` package, and how they become a frozen graph.

    Attributes
    ----------
    folder : str
        Folder of the TensorFlow checkpoint inside the package.
    build_graph : callable
        Weights by name in, the content of the ``.pb`` file out.
    sha256 : str
        SHA-256 of that content.
    """

    folder: str
    build_graph: Callable[[Weights], bytes]
    sha256: str


@dataclass(frozen=True)
class Network:
    """A trained neural net: training dataset × architecture.

    Attributes
    ----------
    dataset, architecture : str
        Make up the name, ``<dataset>-<architecture>``.
    front_end : str
        Name of the front end in :mod:`app.audio.front_ends`.
    patch_frames, patch_bands : int
        Shape of the patch that the network sees; of samples, their number and 1.
    patch_hop : int
        Frames from the start of one patch to the start of the next.
    layers : tuple of Layer
        Outputs, computed in one run.
    input_node : str
        Name of the input in the frozen graph or the ONNX file.
    official_path : str
        Path of the publisher's file below the root of the publisher's site; empty if it cannot be fetched.
    file_format : str
        ``pb`` for a frozen graph; ``onnx`` for an ONNX file that a user puts into the folder of the networks.
    tags : tuple of str
        Names of the values of the layer ``taggrams``, in order; empty without that layer.
    requires : tuple of Requirement
        Optional packages that it needs.
    build_onnx : callable or None
        Frozen graph in, ONNX graph out; None if only TensorFlow can run the network.
    onnx_batch : int
        Patches per run that the ONNX graph is fastest at.
    training_node : str or None
        Input of the frozen graph that tells training from use, where there is one.
    checkpoint : Checkpoint or None
        Source of freely licensed weights; None if there is only the publisher's file.
    official_onnx_path : str
        Path of the publisher's ONNX file of the same weights; it is then fetched instead of the frozen graph,
        and used where both are there.
    other_input_node : str
        Name of the input in files that have no ``input_node``.
    fixed_batch : int or None
        Patches that the frozen graph takes at once, no more and no fewer; None if any number.
    head_layer : Layer or None
        What the publisher's heads take, where that is none of the layers; see :mod:`app.networks.heads`.
    """

    dataset: str
    architecture: str
    front_end: str
    patch_frames: int
    patch_bands: int
    patch_hop: int
    layers: tuple[Layer, ...]
    input_node: str
    official_path: str = ""
    file_format: Literal["pb", "onnx"] = "pb"
    tags: tuple[str, ...] = ()
    requires: tuple[Requirement, ...] = field(default=())
    build_onnx: "Callable[[FrozenGraph], OnnxGraph] | None" = None
    onnx_batch: int = 1
    training_node: str | None = None
    checkpoint: Checkpoint | None = None
    official_onnx_path: str = ""
    other_input_node: str = ""
    fixed_batch: int | None = None
    head_layer: Layer | None = None

    def __post_init__(self) -> None:
        names = [layer.name for layer in self.layers]
        sizes = {layer.name: layer.size for layer in self.layers}
        if not is_name(self.name):
            raise self._wrong(f"small letters and digits make a name, at most {MAX_NAME}")
        if not names or len(set(names)) < len(names) or not all(re.fullmatch(r"\w+", name) for name in names):
            raise self._wrong(f"its layers are called {names}: each needs a name of its own, one word")
        if len(self.tags) != sizes.get("taggrams", 0) or len(set(self.tags)) < len(self.tags):
            raise self._wrong(
                f"it has {len(set(self.tags))} different tags for {sizes.get('taggrams', 0)} taggrams"
            )
        if not 1 <= self.patch_hop <= self.patch_frames:
            raise self._wrong(
                f"its patches have {self.patch_frames} frames, but begin every {self.patch_hop}"
            )

    def _wrong(self, reason: str) -> NetworkError:
        return NetworkError(f"The network {self.name!r} is not described right: {reason}.")

    @property
    def name(self) -> str:
        """``<dataset>-<architecture>``, also the stem of its file."""
        return f"{self.dataset}-{self.architecture}"

    def file_in(self, models_dir: Path) -> Path:
        """Return the path of its file in the folder of the networks.

        Where the publisher has both forms, that is the ONNX file if it is there, or if neither is.
        """
        usual = models_dir / f"{self.name}.{self.file_format}"
        if not self.official_onnx_path:
            return usual
        onnx = usual.with_suffix(".onnx")
        return usual if usual.is_file() and not onnx.is_file() else onnx

    def layer(self, name: str) -> Layer:
        """Return the layer of that name; KeyError if there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)
