"""VGGish: Google's network for the sounds of AudioSet.

S. Hershey et al.: CNN architectures for large-scale audio classification (2017).
"""

from typing import Final

import numpy as np

from app.networks.base import Layer, Network
from app.networks.weights.convolutions import Image, convolve_3x3
from app.networks.weights.frozen_graph import FrozenGraph
from app.networks.weights.layers import dense
from app.networks.weights.onnx_graph import INPUT, OnnxGraph

FRAMES: Final = 96
BANDS: Final = 64
EMBEDDING: Final = 128

FIRST_FILTERS: Final = 64
# The layers after the first: name, channels in and out, pooling.
LAYERS: Final = (
    ("conv2", FIRST_FILTERS, 128, 2),
    ("conv3/conv3_1", 128, 256, 1),
    ("conv3/conv3_2", 256, 256, 2),
    ("conv4/conv4_1", 256, 512, 1),
    ("conv4/conv4_2", 512, 512, 2),
)
FLAT: Final = (FRAMES // 16) * (BANDS // 16) * 512
HIDDEN: Final = 4096

EMBEDDINGS: Final = Layer(
    "embeddings", "model/vggish/fc2/BiasAdd", EMBEDDING, other_nodes=("model/vggish/embeddings",)
)
"""The last dense layer before its ReLU, which would set half of the values to zero. ``embeddings`` copies it
with or without that ReLU, as the version of the file has it."""


HEAD_LAYER: Final = Layer(
    "head_input", "model/vggish/embeddings", EMBEDDING, other_nodes=("model/vggish/fc2/BiasAdd",)
)
"""What Essentia's heads take: that copy, as the file has it."""


def build_onnx(weights: FrozenGraph) -> OnnxGraph:
    """Build the network; values are kept as (pixel, patch, channel), pixels row by row."""
    graph = OnnxGraph(FRAMES, BANDS)
    image = _first_layer(graph, weights)
    for name, n_channels, n_filters, pool in LAYERS:
        kernel = weights.weight(f"vggish/{name}/weights", 3, 3, n_channels, n_filters).astype(np.float64)
        image = convolve_3x3(graph, image, kernel, rows=image.rows, columns=image.columns, pool=pool)
        image = Image(_activate(graph, weights, image.name, name, n_filters), image.rows, image.columns)
    x = graph.reshape(graph.transpose(image.name, 1, 0, 2), -1, FLAT)
    for name, n_inputs in (("fc1/fc1_1", FLAT), ("fc1/fc1_2", HIDDEN)):
        x = graph.op("Relu", _dense(graph, weights, x, name, n_inputs, HIDDEN))
    x = _dense(graph, weights, x, "fc2", HIDDEN, EMBEDDING)
    for layer in (EMBEDDINGS, HEAD_LAYER):
        is_rectified = weights.operation(weights.node_of(layer)) == "Relu"
        graph.output(graph.op("Relu", x) if is_rectified else x, layer.name, EMBEDDING)
    return graph


def _first_layer(graph: OnnxGraph, weights: FrozenGraph) -> Image:
    """One channel in, then the highest of 2 × 2 pixels: of four products, one per pixel."""
    pixels = graph.op("Pad", INPUT, [0, 1, 1, 0, 1, 1])
    pixels = graph.reshape(pixels, -1, (FRAMES + 2) * (BANDS + 2))
    kernel = weights.weight("vggish/conv1/weights", 3, 3, 1, FIRST_FILTERS).reshape(9, FIRST_FILTERS)
    rows, columns = FRAMES // 2, BANDS // 2
    products = []
    for down, across in ((0, 0), (0, 1), (1, 0), (1, 1)):
        row = (2 * np.arange(rows) + down)[:, None, None, None] + np.arange(3)[:, None]
        column = (2 * np.arange(columns) + across)[:, None, None] + np.arange(3)
        seen = (row * (BANDS + 2) + column).reshape(-1, 9)
        windows = graph.transpose(graph.op("Gather", pixels, seen, axis=1), 1, 0, 2)
        products.append(graph.op("MatMul", windows, kernel))
    highest = graph.op("Max", *products)
    return Image(_activate(graph, weights, highest, "conv1", FIRST_FILTERS), rows, columns)


def _activate(graph: OnnxGraph, weights: FrozenGraph, x: str, name: str, n_filters: int) -> str:
    return graph.op("Relu", graph.op("Add", x, weights.weight(f"vggish/{name}/biases", n_filters)))


def _dense(graph: OnnxGraph, weights: FrozenGraph, x: str, name: str, n_inputs: int, n_outputs: int) -> str:
    kernel = weights.weight(f"vggish/{name}/weights", n_inputs, n_outputs)
    return dense(graph, x, kernel, weights.weight(f"vggish/{name}/biases", n_outputs))


REGISTER = (
    Network(
        dataset="audioset",
        architecture="vggish",
        front_end="vggish",
        patch_frames=FRAMES,
        patch_bands=BANDS,
        patch_hop=FRAMES,
        layers=(EMBEDDINGS,),
        input_node="model/Placeholder",
        official_path="feature-extractors/vggish/audioset-vggish-3.pb",
        build_onnx=build_onnx,
        head_layer=HEAD_LAYER,
        # The dense layers are 70 million weights, read from memory once per run.
        onnx_batch=8,
    ),
)
