"""MusiCNN: kernels shaped after music, tall and wide, then three layers over time and pooling.

J. Pons and X. Serra: musicnn: pre-trained convolutional neural networks for music audio tagging (2019).
"""

from typing import Final

import numpy as np

from app.networks import tags
from app.networks.base import Checkpoint, Layer, Network, Weights
from app.networks.weights.convolutions import (
    convolve_frames,
    highest_by_band,
    highest_by_frame,
    windows_of_spectra,
)
from app.networks.weights.frozen_graph import FrozenGraph
from app.networks.weights.graph_writer import DType, GraphWriter
from app.networks.weights.layers import activate, dense, read_normalisation
from app.networks.weights.onnx_graph import INPUT, OnnxGraph

FRAMES: Final = 187
BANDS: Final = 96
TAPS: Final = 7
"""Frames of the kernels that are wide in frequency, and of those of the later layers."""

# Kernel (frames, bands) and number of filters of the layers side by side at the front.
TIMBRAL: Final = ((TAPS, 38, 204), (TAPS, 67, 204))
TEMPORAL: Final = ((128, 1, 51), (64, 1, 51), (32, 1, 51))
FRONT_CHANNELS: Final = 561
LATER_FILTERS: Final = 64
POOLED: Final = FRONT_CHANNELS + 3 * LATER_FILTERS
EMBEDDING: Final = 200
TAGS: Final = 50


HEAD_LAYER: Final = Layer("head_input", "model/dense/BiasAdd", EMBEDDING)
"""What Essentia's heads were trained on: the penultimate layer before its ReLU and batch normalisation."""


def build_onnx(weights: FrozenGraph) -> OnnxGraph:
    """Build the network; values are kept as (frame, patch, channel)."""
    graph = OnnxGraph(FRAMES, BANDS)
    front = _front(graph, weights)
    middle = _middle(graph, weights, front)
    before, embeddings, activations = _back(graph, weights, graph.concatenate([front, *middle], 2))
    graph.output(embeddings, "embeddings", EMBEDDING)
    graph.output(activations, "taggrams", TAGS)
    graph.output(before, HEAD_LAYER.name, EMBEDDING)
    return graph


def _front(graph: OnnxGraph, weights: FrozenGraph) -> str:
    """Five layers side by side, each with the highest value over the bands; shape=(frames, n, 561)."""
    normalisation = read_normalisation(weights, 0, 1)
    frames = graph.op("Mul", graph.transpose(INPUT, 1, 0, 2), normalisation.scale)
    frames = graph.op("Add", frames, normalisation.shift)
    windows = windows_of_spectra(graph, frames, FRAMES, BANDS, TAPS)
    features = []
    for number, shape in enumerate((*TIMBRAL, *TEMPORAL)):
        n_frames, n_bands, n_filters = shape
        scope = _numbered("conv2d", number)
        normalisation = read_normalisation(weights, number + 1, n_filters)
        kernel = weights.weight(f"{scope}/kernel", n_frames, n_bands, 1, n_filters) * normalisation.scale
        if shape in TIMBRAL:
            highest = highest_by_band(graph, windows, kernel[:, :, 0], n_frames=FRAMES, n_bands=BANDS)
        else:
            highest = highest_by_frame(graph, frames, kernel[:, 0, 0], n_frames=FRAMES, n_bands=BANDS)
        features.append(activate(graph, highest, weights.weight(f"{scope}/bias", n_filters), normalisation))
    return graph.concatenate(features, 2)


def _middle(graph: OnnxGraph, weights: FrozenGraph, x: str) -> list[str]:
    """Three layers over time, the second and third added to what came before; shape=(frames, n, 64) each."""
    layers: list[str] = []
    n_channels = FRONT_CHANNELS
    for number in range(5, 8):
        scope = _numbered("conv2d", number)
        normalisation = read_normalisation(weights, number + 1, LATER_FILTERS)
        kernel = weights.weight(f"{scope}/kernel", TAPS, n_channels, 1, LATER_FILTERS)[:, :, 0]
        y = convolve_frames(graph, x, kernel * normalisation.scale, n_frames=FRAMES)
        y = activate(graph, y, weights.weight(f"{scope}/bias", LATER_FILTERS), normalisation)
        x = graph.op("Add", y, x) if layers else y
        layers.append(x)
        n_channels = LATER_FILTERS
    return layers


def _back(graph: OnnxGraph, weights: FrozenGraph, features: str) -> tuple[str, str, str]:
    """Highest and mean over time, then dense layers: what heads take, embeddings, activations of tags."""
    highest = graph.op("ReduceMax", features, axes=[0], keepdims=0)
    mean = graph.op("ReduceMean", features, axes=[0], keepdims=0)
    pooled = graph.concatenate([highest, mean], 1)

    # The network holds highest and mean side by side for each channel; here all the highest come first.
    before = read_normalisation(weights, 9, 2 * POOLED)
    kernel = weights.weight("dense/kernel", 2 * POOLED, EMBEDDING).astype(np.float64)
    bias = weights.weight("dense/bias", EMBEDDING) + before.shift @ kernel
    kernel *= before.scale[:, None]
    kernel = kernel.reshape(POOLED, 2, EMBEDDING).transpose(1, 0, 2).reshape(2 * POOLED, EMBEDDING)

    # Heads take it before ReLU and normalisation, which lose something, so it is a product of its own.
    unchanged = dense(graph, pooled, kernel, bias)

    after = read_normalisation(weights, 10, EMBEDDING)
    hidden = dense(graph, pooled, kernel * after.scale, np.zeros(EMBEDDING))
    embeddings = activate(graph, hidden, bias, after)
    logits = dense(
        graph,
        embeddings,
        weights.weight("dense_1/kernel", EMBEDDING, TAGS),
        weights.weight("dense_1/bias", TAGS),
    )
    return unchanged, embeddings, graph.op("Sigmoid", logits)


def build_frozen_graph(weights: Weights) -> bytes:
    """Build the ``.pb`` file from the variables of a checkpoint, with the node names of Essentia's files."""
    graph = GraphWriter(weights)
    patches = graph.placeholder("model/Placeholder", -1, FRAMES, BANDS)
    graph.placeholder("model/Placeholder_1", dtype=DType.BOOL)
    normal = graph.normalisation(graph.expand(patches, 0), 0)
    padded = graph.pad_rows(normal, 0, TAPS // 2)
    features = []
    for number, (n_frames, n_bands, _) in enumerate((*TIMBRAL, *TEMPORAL)):
        scope = _numbered("conv2d", number)
        if n_frames == TAPS:
            y, width = graph.convolution(padded, scope, "VALID"), BANDS - n_bands + 1
        else:
            y, width = graph.convolution(normal, scope, "SAME"), BANDS
        y = graph.max_pool(graph.normalisation(y, number + 1), number, [1, width], [1, width])
        features.append(graph.squeeze(y, _numbered("model/Squeeze", number), 2))
    front = x = graph.expand(graph.concatenate(features, 0), 1)
    layers = [front]
    for number in range(3):
        y = graph.convolution(graph.pad_rows(x, number + 1, TAPS // 2), f"conv2d_{number + 5}", "VALID")
        y = graph.swap_last_axes(graph.normalisation(y, number + 6), number)
        x = graph.op(_numbered("model/Add", number - 1), "Add", [y, x]) if number else y
        layers.append(x)
    everything = graph.concatenate(layers, 1)
    highest = graph.reduce(everything, "model/Max", "Max", 1)
    mean = graph.reduce(everything, "model/moments/mean", "Mean", 1)
    flat = graph.flatten(graph.concatenate([highest, mean], 2), 2 * POOLED)
    hidden = graph.dense(graph.flat_normalisation(flat, 9), "dense")
    embeddings = graph.flat_normalisation(graph.op("model/dense/Relu", "Relu", [hidden]), 10)
    graph.op("model/Sigmoid", "Sigmoid", [graph.dense(embeddings, "dense_1")])
    return graph.serialise()


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}" if number else name


def _network(dataset: str, vocabulary: tuple[str, ...], sha256: str) -> Network:
    return Network(
        dataset=dataset,
        architecture="musicnn",
        front_end="musicnn",
        patch_frames=FRAMES,
        patch_bands=BANDS,
        patch_hop=FRAMES,
        layers=(
            Layer("taggrams", "model/Sigmoid", TAGS),
            Layer("embeddings", "model/batch_normalization_10/batchnorm/add_1", EMBEDDING),
        ),
        input_node="model/Placeholder",
        training_node="model/Placeholder_1",
        official_path=f"autotagging/{dataset}/{dataset}-musicnn-1.pb",
        tags=vocabulary,
        build_onnx=build_onnx,
        head_layer=HEAD_LAYER,
        checkpoint=Checkpoint(f"musicnn/{dataset.upper()}_musicnn", build_frozen_graph, sha256),
    )


REGISTER = (
    _network("msd", tags.MSD, "4e6fbef1fc49913956e88797bdfd150fd56b11652edc8f363154223181c7063e"),
    _network("mtt", tags.MTT, "6e1bfbb4ca2b61a6f8dadad2baa681b1eff932995e2af9dd4430940572647df8"),
)
