"""Stand-ins for Essentia's EffNet and heads: their node names, shapes and facts, with seeded weights.

Nothing of the application writes function libraries, so their messages are put together here, byte by byte:
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/function.proto
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.networks import NETWORKS
from app.networks.heads import Head
from app.networks.weights.graph_writer import DType, GraphWriter
from app.networks.weights.onnx_graph import INPUT, OnnxGraph
from app.networks.weights.protobuf import GraphDef

Weights = dict[str, npt.NDArray[np.float32]]

HIDDEN = 32
EFFNET = NETWORKS.get("discogs-effnet")


def head_weights(size: int, n_classes: int, seed: int = 0, scale: float = 1.0) -> Weights:
    """Seeded weights of two dense layers that spread the classes of values of about 1 / ``scale``."""
    rng = np.random.default_rng(seed)
    return {
        "dense/kernel": (scale * rng.standard_normal((size, HIDDEN)) / np.sqrt(size)).astype(np.float32),
        "dense/bias": rng.standard_normal(HIDDEN).astype(np.float32),
        "dense_1/kernel": (rng.standard_normal((HIDDEN, n_classes)) / np.sqrt(HIDDEN)).astype(np.float32),
        "dense_1/bias": rng.standard_normal(n_classes).astype(np.float32),
    }


def run_weights(weights: Weights, rows: npt.NDArray[Any], activation: str = "Softmax") -> npt.NDArray[Any]:
    """What such a head gives, computed in plain NumPy."""
    hidden = np.maximum(rows @ weights["dense/kernel"] + weights["dense/bias"], 0)
    logits = (hidden @ weights["dense_1/kernel"] + weights["dense_1/bias"]).astype(np.float64)
    if activation == "Sigmoid":
        return 1 / (1 + np.exp(-logits))
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def dense_graph(weights: Weights, activation: str = "Softmax") -> bytes:
    """A head as most are: dense layers between ``model/Placeholder`` and ``model/Softmax``."""
    graph = GraphWriter(weights)
    x = graph.placeholder("model/Placeholder", -1, len(weights["dense/kernel"]))
    x = graph.op("model/dense/Relu", "Relu", [graph.dense(x, "dense")])
    graph.op(f"model/{activation}", activation, [graph.dense(x, "dense_1")])
    return graph.serialise()


def normalised_graph(weights: Weights) -> bytes:
    """A head with a batch normalisation between its dense layers, as TensorFlow 1 lays it out."""
    rng = np.random.default_rng(9)
    parts = {
        f"batch_normalization/{part}": rng.uniform(0.5, 2, HIDDEN).astype(np.float32)
        for part in ("gamma", "beta", "moving_mean", "moving_variance")
    }
    graph = GraphWriter(weights | parts)
    x = graph.placeholder("model/Placeholder", -1, len(weights["dense/kernel"]))
    x = graph.op("model/dense/Relu", "Relu", [graph.dense(x, "dense")])
    x = graph.flat_normalisation(x, 0)
    graph.op("model/Softmax", "Softmax", [graph.dense(x, "dense_1")])
    return graph.serialise()


def function_graph(weights: Weights) -> bytes:
    """A head as genre_discogs400 is: dense layers in a function that the one node calls."""
    body = GraphWriter(weights)
    for name, values in weights.items():
        body.constant(name, values, DType.FLOAT)
    options = {"transpose_a": False, "transpose_b": False}
    body.op("MatMul", "MatMul", ["x", "dense/kernel:output:0"], **options)
    body.op("Add", "BiasAdd", ["MatMul:product:0", "dense/bias:output:0"], data_format="NHWC")
    body.op("Relu", "Relu", ["Add:output:0"])
    body.op("MatMul_1", "MatMul", ["Relu:activations:0", "dense_1/kernel:output:0"], **options)
    body.op("Add_1", "BiasAdd", ["MatMul_1:product:0", "dense_1/bias:output:0"], data_format="NHWC")
    body.op("Sigmoid", "Sigmoid", ["Add_1:output:0"])
    graph = GraphWriter({})
    given = graph.placeholder("serving_default_model_Placeholder", -1, len(weights["dense/kernel"]))
    return _calling(graph, given, body, {"activations": "Sigmoid:y:0"})


def effnet_weights(seed: int = 0) -> Weights:
    """Seeded weights of a stand-in for EffNet: the mean over time, then two dense layers."""
    rng = np.random.default_rng(seed)
    size, n_styles = EFFNET.layer("embeddings").size, EFFNET.layer("taggrams").size
    return {
        "embedding": rng.standard_normal((EFFNET.patch_bands, size)).astype(np.float32) / 10,
        "style": rng.standard_normal((size, n_styles)).astype(np.float32) / 30,
    }


def effnet_graph(weights: Weights) -> bytes:
    """EffNet as its frozen graph is: a function of exactly 64 patches, with two outputs."""
    body = GraphWriter(weights)
    for name, values in weights.items():
        body.constant(name, values, DType.FLOAT)
    body.constant("axis", 1)
    options = {"transpose_a": False, "transpose_b": False}
    body.op("Mean", "Mean", ["x", "axis:output:0"], Tidx=DType.INT32, keep_dims=False)
    body.op("Embedding", "MatMul", ["Mean:output:0", "embedding:output:0"], **options)
    body.op("Style", "MatMul", ["Embedding:product:0", "style:output:0"], **options)
    body.op("Sigmoid", "Sigmoid", ["Style:product:0"])
    graph = GraphWriter({})
    given = graph.placeholder(
        EFFNET.input_node, EFFNET.fixed_batch or 0, EFFNET.patch_frames, EFFNET.patch_bands
    )
    return _calling(graph, given, body, {"activations": "Sigmoid:y:0", "embeddings": "Embedding:product:0"})


def effnet_onnx(weights: Weights) -> bytes:
    """EffNet as its ONNX file is."""
    graph = OnnxGraph(EFFNET.patch_frames, EFFNET.patch_bands)
    mean = graph.op("ReduceMean", INPUT, axes=[1], keepdims=0)
    embedding = graph.op("MatMul", mean, weights["embedding"])
    style = graph.op("Sigmoid", graph.op("MatMul", embedding, weights["style"]))
    graph.output(style, "activations", EFFNET.layer("taggrams").size)
    graph.output(embedding, "embeddings", EFFNET.layer("embeddings").size)
    return graph.serialise("effnet", {})


def head_facts(
    head: Head, classes: Sequence[str], size: int, *, output: str = "model/Softmax"
) -> dict[str, Any]:
    """What the publisher's JSON says of a head, as far as the application reads it."""
    is_function = output.startswith("PartitionedCall")
    given = "serving_default_model_Placeholder" if is_function else "model/Placeholder"
    return {
        "name": head.classifier,
        "type": "multi-class classifier",
        "version": "1",
        "classes": list(classes),
        "schema": {
            "inputs": [{"name": given, "type": "float", "shape": [size]}],
            "outputs": [
                {"name": "model/dense/BiasAdd", "type": "float", "shape": [HIDDEN], "output_purpose": ""},
                {"name": output, "type": "float", "shape": [len(classes)], "output_purpose": "predictions"},
            ],
        },
        "inference": {"sample_rate": 16000, "embedding_model": {"model_name": head.network_name}},
    }


def write_head(
    models_dir: Path,
    head: Head,
    classes: Sequence[str],
    size: int,
    *,
    seed: int = 0,
    scale: float = 1.0,
    is_function: bool = False,
) -> Weights:
    """Write the two files of a head; return its weights."""
    weights = head_weights(size, len(classes), seed, scale)
    content = function_graph(weights) if is_function else dense_graph(weights)
    output = "PartitionedCall:0" if is_function else "model/Softmax"
    head.file_in(models_dir).write_bytes(content)
    facts = head_facts(head, classes, size, output=output)
    head.facts_in(models_dir).write_text(json.dumps(facts), "utf-8")
    return weights


def _calling(graph: GraphWriter, given: str, body: GraphWriter, results: Mapping[str, str]) -> bytes:
    """Add a node that calls a function of one float tensor."""
    nodes = GraphDef.FromString(body.serialise()).node
    argument = _field(1, b"x") + _number(3, DType.FLOAT)
    outputs = [_field(1, name.encode()) + _number(3, DType.FLOAT) for name in results]
    signature = _field(1, b"inference") + _field(2, argument) + b"".join(_field(3, one) for one in outputs)
    returned = [_field(1, name.encode()) + _field(2, source.encode()) for name, source in results.items()]
    function = (
        _field(1, signature)
        + b"".join(_field(3, node.SerializeToString()) for node in nodes)
        + b"".join(_field(4, one) for one in returned)
    )
    call = (
        _field(1, b"PartitionedCall")
        + _field(2, b"PartitionedCall")
        + _field(3, given.encode())
        + _attribute("Tin", _types(1))
        + _attribute("Tout", _types(len(results)))
        + _attribute("f", _field(10, _field(1, b"inference")))
    )
    return graph.serialise() + _field(1, call) + _field(2, _field(1, function))


def _attribute(name: str, value: bytes) -> bytes:
    return _field(5, _field(1, name.encode()) + _field(2, value))


def _types(count: int) -> bytes:
    """An attribute that lists so many floats."""
    return _field(1, b"".join(_number(6, DType.FLOAT) for _ in range(count)))


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])
