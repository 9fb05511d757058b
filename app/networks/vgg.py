"""VGG for music: five layers of small kernels on the spectrogram as an image.

After K. Choi, G. Fazekas and M. Sandler: Automatic tagging using deep convolutional neural networks (2016),
as trained by J. Pons for the ``musicnn`` package.
"""

from typing import Final

import numpy as np

from app.networks import tags
from app.networks.base import Checkpoint, Layer, Network, Weights
from app.networks.weights.convolutions import Image, convolve_3x3
from app.networks.weights.frozen_graph import FrozenGraph
from app.networks.weights.graph_writer import DType, GraphWriter
from app.networks.weights.layers import activate, dense, read_normalisation
from app.networks.weights.onnx_graph import INPUT, OnnxGraph

FRAMES: Final = 187
BANDS: Final = 96
FILTERS: Final = 128
LAYERS: Final = 5
EMBEDDING: Final = 2 * FILTERS
TAGS: Final = 50

# Rows and columns of the image that each layer sees, the first included, and of the last one's result.
SIZES: Final = ((187, 96), (92, 48), (46, 24), (23, 12), (11, 6), (2, 1))
LAST_POOL: Final = 4


def build_onnx(weights: FrozenGraph) -> OnnxGraph:
    """Build the network; values are kept as (pixel, patch, channel), pixels row by row.

    The last pooling leaves out what does not fill a window of 4 × 4, so a part of each layer's result is
    never looked at. Only the part that counts is computed: the first 161 of the 187 frames matter.
    """
    graph = OnnxGraph(FRAMES, BANDS)
    needed = _needed()
    image = _first_layer(graph, weights, *needed[1])
    for number in range(2, LAYERS + 1):
        last = number == LAYERS
        pool = LAST_POOL if last else 2
        rows, columns = (size * pool for size in needed[number])
        normalisation = read_normalisation(weights, number, FILTERS)
        kernel = weights.weight(f"{number}CNN/kernel", 3, 3, FILTERS, FILTERS) * normalisation.scale
        pooled = convolve_3x3(graph, image, kernel, rows=rows, columns=columns, pool=pool)
        bias = weights.weight(f"{number}CNN/bias", FILTERS)
        image = Image(activate(graph, pooled.name, bias, normalisation), pooled.rows, pooled.columns)
    embeddings = graph.reshape(graph.transpose(image.name, 1, 0, 2), -1, EMBEDDING)
    kernel, bias = weights.weight("dense/kernel", EMBEDDING, TAGS), weights.weight("dense/bias", TAGS)
    graph.output(embeddings, "embeddings", EMBEDDING)
    graph.output(graph.op("Sigmoid", dense(graph, embeddings, kernel, bias)), "taggrams", TAGS)
    return graph


def _needed() -> list[tuple[int, int]]:
    """Return rows and columns of the pooled result of each layer that the next one looks at."""
    needed = [SIZES[LAYERS]]
    for number in range(LAYERS - 1, 0, -1):
        pool = LAST_POOL if number == LAYERS - 1 else 2
        rows, columns = (
            min(pool * size + 1, whole) for size, whole in zip(needed[0], SIZES[number], strict=True)
        )
        needed.insert(0, (rows, columns))
    return [SIZES[0], *needed]


def _first_layer(graph: OnnxGraph, weights: FrozenGraph, rows: int, columns: int) -> Image:
    """One channel in; the pooling takes the highest of 4 frames in steps of 2, and every second band.

    So every second band is all that is computed, and frames in two halves: each result is the highest of
    two neighbours, then of two neighbouring results.
    """
    normalisation = read_normalisation(weights, 0, 1)
    patches = graph.op("Mul", INPUT, normalisation.scale)
    patches = graph.op("Add", patches, normalisation.shift)
    pixels = graph.reshape(graph.op("Pad", patches, [0, 1, 1, 0, 1, 1]), -1, (FRAMES + 2) * (BANDS + 2))

    normalisation = read_normalisation(weights, 1, FILTERS)
    kernel = weights.weight("1CNN/kernel", 3, 3, 1, FILTERS)[:, :, 0] * normalisation.scale
    halves = []
    for first in (0, 1):
        row = (2 * np.arange(rows + 1) + first)[:, None, None, None] + np.arange(3)[:, None]
        column = (2 * np.arange(columns))[:, None, None] + np.arange(3)
        seen = (row * (BANDS + 2) + column).reshape(-1, 9)
        windows = graph.transpose(graph.op("Gather", pixels, seen, axis=1), 1, 0, 2)
        halves.append(graph.op("MatMul", windows, kernel.reshape(9, FILTERS)))
    pairs = graph.op("Max", *halves)
    earlier = graph.slice_start(pairs, 0, rows * columns)
    later = graph.slice_start(pairs, columns, (rows + 1) * columns)
    highest = graph.op("Max", earlier, later)
    return Image(activate(graph, highest, weights.weight("1CNN/bias", FILTERS), normalisation), rows, columns)


def build_frozen_graph(weights: Weights) -> bytes:
    """Build the ``.pb`` file from the variables of a checkpoint, with the node names of Essentia's files."""
    graph = GraphWriter(weights)
    patches = graph.placeholder("model/Placeholder", -1, FRAMES, BANDS)
    graph.placeholder("model/Placeholder_1", dtype=DType.BOOL)
    x = graph.normalisation(graph.expand(patches, 0), 0)
    pools = (([4, 1], [2, 2]), *[([2, 2], [2, 2])] * 3, ([LAST_POOL] * 2, [LAST_POOL] * 2))
    for number, (size, strides) in enumerate(pools, 1):
        x = graph.normalisation(graph.convolution(x, f"{number}CNN", "SAME"), number)
        x = graph.max_pool(x, number - 1, size, strides)
    graph.op("model/Sigmoid", "Sigmoid", [graph.dense(graph.flatten(x, EMBEDDING), "dense")])
    return graph.serialise()


def _network(dataset: str, vocabulary: tuple[str, ...], sha256: str) -> Network:
    return Network(
        dataset=dataset,
        architecture="vgg",
        front_end="musicnn",
        patch_frames=FRAMES,
        patch_bands=BANDS,
        patch_hop=FRAMES,
        layers=(
            Layer("taggrams", "model/Sigmoid", TAGS),
            Layer("embeddings", "model/flatten/Reshape", EMBEDDING),
        ),
        input_node="model/Placeholder",
        training_node="model/Placeholder_1",
        official_path=f"autotagging/{dataset}/{dataset}-vgg-1.pb",
        tags=vocabulary,
        build_onnx=build_onnx,
        checkpoint=Checkpoint(f"musicnn/{dataset.upper()}_vgg", build_frozen_graph, sha256),
    )


REGISTER = (
    _network("msd", tags.MSD, "ab2dcbd3f890546f794bef4bffb851a2b1d4055eb982f705b63bb887785bd0ad"),
    _network("mtt", tags.MTT, "8c29bc278b48a0677480ca254375d57c89d7aa24fd87d48aad3c68d27ea13c2a"),
)
