"""What a network is: the facts that decoding, extraction, the API and the page need of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from app.registry import Requirement

if TYPE_CHECKING:
    from app.networks.weights.frozen_graph import FrozenGraph
    from app.networks.weights.onnx_graph import OnnxGraph

Float32 = npt.NDArray[np.float32]
Weights = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Layer:
    """An output of a network.

    Attributes
    ----------
    name : str
        ``taggrams`` (activation of each tag, 0 to 1) or ``embeddings`` (penultimate layer).
    node : str
        Name of the node in the frozen graph.
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
        Name of the mel front end in :mod:`app.audio.mel`.
    patch_frames, patch_bands : int
        Shape of the patch that the network sees.
    patch_hop : int
        Frames from the start of one patch to the start of the next.
    layers : tuple of Layer
        Outputs, computed in one run.
    input_node : str
        Name of the input in the frozen graph.
    official_path : str
        Path of the publisher's file below the root of the publisher's site.
    official_sha256 : str or None
        Its SHA-256 where known.
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
    """

    dataset: str
    architecture: str
    front_end: str
    patch_frames: int
    patch_bands: int
    patch_hop: int
    layers: tuple[Layer, ...]
    input_node: str
    official_path: str
    official_sha256: str | None = None
    tags: tuple[str, ...] = ()
    requires: tuple[Requirement, ...] = field(default=())
    build_onnx: "Callable[[FrozenGraph], OnnxGraph] | None" = None
    onnx_batch: int = 1
    training_node: str | None = None
    checkpoint: Checkpoint | None = None

    @property
    def name(self) -> str:
        """``<dataset>-<architecture>``, also the stem of its file."""
        return f"{self.dataset}-{self.architecture}"

    def file_in(self, models_dir: Path) -> Path:
        """Return the path of the frozen graph in the folder of the networks."""
        return models_dir / f"{self.name}.pb"

    def layer(self, name: str) -> Layer:
        """Return the layer of that name; KeyError if there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)
