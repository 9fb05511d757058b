"""Frozen graphs for tests: a stand-in for VGGish, and reporters that remember."""

import contextlib
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from app.networks import vggish
from app.networks.weights.graph_writer import DType, GraphWriter
from app.services.report import Reporter


class Listener(Reporter):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.stages: list[tuple[str, int, list[int]]] = []

    @contextlib.contextmanager
    def stage(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        steps: list[int] = []
        self.stages.append((label, total, steps))
        yield steps.append

    def say(self, message: str) -> None:
        self.messages.append(message)


def vggish_weights(seed: int = 0) -> dict[str, npt.NDArray[np.float32]]:
    """Seeded weights of VGGish's shapes, which keep the size of the values from layer to layer."""
    rng = np.random.default_rng(seed)
    weights = {}

    def add(name: str, *shape: int) -> None:
        spread = np.float32(np.sqrt(6 / np.prod(shape[:-1])))
        weights[f"vggish/{name}/weights"] = (rng.random(shape, np.float32) - np.float32(0.5)) * 2 * spread
        weights[f"vggish/{name}/biases"] = (rng.random(shape[-1], np.float32) - np.float32(0.5)) / 10

    add("conv1", 3, 3, 1, vggish.FIRST_FILTERS)
    for name, n_channels, n_filters, _ in vggish.LAYERS:
        add(name, 3, 3, n_channels, n_filters)
    add("fc1/fc1_1", vggish.FLAT, vggish.HIDDEN)
    add("fc1/fc1_2", vggish.HIDDEN, vggish.HIDDEN)
    add("fc2", vggish.HIDDEN, vggish.EMBEDDING)
    return weights


def vggish_graph(weights: dict[str, npt.NDArray[np.float32]], *, bias_node: str = "BiasAdd") -> bytes:
    """Write a frozen graph with the node names of Essentia's VGGish.

    Parameters
    ----------
    bias_node : str
        Another name hides the node that holds the embeddings before the last ReLU.
    """
    graph = GraphWriter(weights)
    patches = graph.placeholder("model/Placeholder", -1, vggish.FRAMES, vggish.BANDS)
    x = _reshape(graph, patches, "model/vggish/Reshape", [-1, vggish.FRAMES, vggish.BANDS, 1])
    x = _pool(graph, _convolve(graph, x, "conv1"), 1)
    n_pools = 1
    for name, _, _, pool in vggish.LAYERS:
        x = _convolve(graph, x, name)
        if pool == 2:
            n_pools += 1
            x = _pool(graph, x, n_pools)
    x = _reshape(graph, x, "model/vggish/Flatten/flatten/Reshape", [-1, vggish.FLAT])
    for name in ("fc1/fc1_1", "fc1/fc1_2"):
        x = _relu(graph, _dense(graph, x, name), name)
    x = _relu(graph, _dense(graph, x, "fc2", bias_node), "fc2")
    graph.op("model/vggish/embeddings", "Identity", [x])
    return graph.serialise()


def _reshape(graph: GraphWriter, x: str, name: str, shape: list[int]) -> str:
    return graph.op(name, "Reshape", [x, graph.constant(f"{name}/shape", shape)], Tshape=DType.INT32)


def _convolve(graph: GraphWriter, x: str, name: str) -> str:
    scope = f"model/vggish/{name}"
    kernel, bias = (graph.variable(f"vggish/{name}/{part}") for part in ("weights", "biases"))
    y = graph.op(
        f"{scope}/Conv2D", "Conv2D", [x, kernel], strides=[1, 1, 1, 1], padding="SAME", data_format="NHWC"
    )
    return _relu(graph, graph.op(f"{scope}/BiasAdd", "BiasAdd", [y, bias], data_format="NHWC"), name)


def _pool(graph: GraphWriter, x: str, number: int) -> str:
    name = f"model/vggish/pool{number}/MaxPool"
    window = [1, 2, 2, 1]
    return graph.op(name, "MaxPool", [x], ksize=window, strides=window, padding="SAME", data_format="NHWC")


def _dense(graph: GraphWriter, x: str, name: str, bias_node: str = "BiasAdd") -> str:
    scope = f"model/vggish/{name}"
    kernel, bias = (graph.variable(f"vggish/{name}/{part}") for part in ("weights", "biases"))
    y = graph.op(f"{scope}/MatMul", "MatMul", [x, kernel], transpose_a=False, transpose_b=False)
    return graph.op(f"{scope}/{bias_node}", "BiasAdd", [y, bias], data_format="NHWC")


def _relu(graph: GraphWriter, x: str, name: str) -> str:
    return graph.op(f"model/vggish/{name}/Relu", "Relu", [x])
