"""Frozen graphs are written as TensorFlow does, read back, and refused when they are damaged."""

from pathlib import Path

import numpy as np
import pytest

from app.errors import DamagedNetworkError, MissingNetworkError
from app.networks.base import Layer
from app.networks.weights.frozen_graph import FrozenGraph
from app.networks.weights.graph_writer import GraphWriter
from app.networks.weights.protobuf import GraphDef

PATH = Path("models/some-network.pb")
KERNEL = np.arange(6, dtype=np.float32).reshape(2, 3)
WEIGHTS = {"dense/kernel": KERNEL, "dense/bias": np.zeros(3, np.float32)}


def graph_bytes() -> bytes:
    graph = GraphWriter(WEIGHTS)
    hidden = graph.dense(graph.placeholder("model/Placeholder", -1, 2), "dense")
    active = graph.op("model/dense/Relu", "Relu", [hidden])
    graph.op("model/copy", "Identity", [graph.op("model/embeddings", "Identity", [active])])
    return graph.serialise()


@pytest.fixture
def graph() -> FrozenGraph:
    return FrozenGraph(PATH, graph_bytes())


def test_weights_come_back_when_a_graph_is_read(graph: FrozenGraph) -> None:
    np.testing.assert_array_equal(graph.weight("dense/kernel", 2, 3), KERNEL)
    assert graph.weight("dense/kernel", 2, 3).dtype == np.float32


def test_bytes_are_the_same_when_a_graph_is_written_twice() -> None:
    assert graph_bytes() == graph_bytes()


def test_operation_is_found_when_nodes_only_copy(graph: FrozenGraph) -> None:
    assert graph.operation("model/copy") == "Relu"
    assert graph.operation("model/dense/BiasAdd") == "BiasAdd"


def test_other_node_is_taken_when_the_first_is_not_there(graph: FrozenGraph) -> None:
    assert (
        graph.node_of(Layer("embeddings", "model/gone", 3, ("model/dense/BiasAdd",))) == "model/dense/BiasAdd"
    )
    with pytest.raises(DamagedNetworkError, match="model/gone"):
        graph.node_of(Layer("embeddings", "model/gone", 3))


def test_last_value_is_repeated_when_a_constant_is_written_short() -> None:
    message = GraphDef.FromString(graph_bytes())
    tensor = next(attr for attr in message.node[1].attr if attr.key == "value").value.tensor
    tensor.tensor_content = b""
    tensor.float_val.extend([1, 2, 5])
    graph = FrozenGraph(PATH, message.SerializeToString())
    np.testing.assert_array_equal(graph.weight("dense/kernel", 2, 3), [[1, 2, 5], [5, 5, 5]])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds no graph"),
        (b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>\n", "not a frozen"),
        (bytes(range(256)) * 40, "not a frozen"),
        (graph_bytes()[:200], "not a frozen"),
    ],
    ids=["empty", "html", "garbage", "cut short"],
)
def test_file_is_refused_by_name_when_it_is_no_graph(content: bytes, reason: str) -> None:
    with pytest.raises(DamagedNetworkError, match=reason) as caught:
        FrozenGraph(PATH, content)
    assert str(PATH) in str(caught.value)
    assert "flask download-models --only some-network" in str(caught.value)


def test_file_is_refused_when_a_weight_has_another_shape(graph: FrozenGraph) -> None:
    with pytest.raises(DamagedNetworkError, match=r"'dense/kernel' has the shape \(2, 3\), not \(3, 2\)"):
        graph.weight("dense/kernel", 3, 2)


def test_file_is_refused_when_a_weight_is_missing_or_none(graph: FrozenGraph) -> None:
    with pytest.raises(DamagedNetworkError, match="no node 'dense_1/kernel'"):
        graph.weight("dense_1/kernel", 2, 3)
    with pytest.raises(DamagedNetworkError, match="'model/dense/Relu' holds no weights"):
        graph.weight("model/dense/Relu", 3)


def test_file_is_refused_when_a_weight_has_too_few_values() -> None:
    message = GraphDef.FromString(graph_bytes())
    tensor = next(attr for attr in message.node[1].attr if attr.key == "value").value.tensor
    tensor.tensor_content = tensor.tensor_content[:-4]
    graph = FrozenGraph(PATH, message.SerializeToString())
    with pytest.raises(DamagedNetworkError, match="5 of 6 values"):
        graph.weight("dense/kernel", 2, 3)


def test_search_ends_when_copies_go_in_circles() -> None:
    message = GraphDef()
    for name, source in (("a", "b"), ("b", "a")):
        message.node.add(name=name, op="Identity", input=[source])
    assert FrozenGraph(PATH, message.SerializeToString()).operation("a") == "Identity"


def test_message_says_how_to_get_it_when_a_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingNetworkError, match="flask download-models --only mtt-vgg"):
        FrozenGraph.read(tmp_path / "mtt-vgg.pb")


def test_reason_is_told_when_a_file_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "mtt-vgg.pb"
    path.mkdir()
    with pytest.raises(DamagedNetworkError, match="Is a directory"):
        FrozenGraph.read(path)
