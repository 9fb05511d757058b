"""EffNet in both forms that the publisher has: 64 patches at once in TensorFlow, or an ONNX file."""

from pathlib import Path

import numpy as np
import pytest

from app.errors import DamagedNetworkError, MissingExtraError
from app.networks import NETWORKS, installed
from app.networks.engines import ENGINES, available_engines, load
from app.networks.weights.frozen_graph import FrozenGraph
from app.registry import Requirement
from tests.head_files import effnet_graph, effnet_onnx, effnet_weights

NETWORK = NETWORKS.get("discogs-effnet")
PATCHES = np.random.default_rng(0).random((70, 128, 96)).astype(np.float32)


def test_both_forms_give_the_same_values(tmp_path: Path) -> None:
    if "essentia" not in available_engines():
        pytest.skip("ESSENTIA IS NOT INSTALLED, so nothing holds the two forms together here")
    weights = effnet_weights()
    (tmp_path / "discogs-effnet.pb").write_bytes(effnet_graph(weights))
    assert NETWORK.file_in(tmp_path).suffix == ".pb"
    expected = load(NETWORK, NETWORK.file_in(tmp_path), engine="onnx")(PATCHES)
    (tmp_path / "discogs-effnet.onnx").write_bytes(effnet_onnx(weights))
    assert NETWORK.file_in(tmp_path).suffix == ".onnx"
    values = load(NETWORK, NETWORK.file_in(tmp_path), engine="essentia")(PATCHES)
    embeddings = PATCHES.mean(axis=1) @ weights["embedding"]
    np.testing.assert_allclose(expected["embeddings"], embeddings, atol=1e-5)
    for layer in ("taggrams", "embeddings"):
        np.testing.assert_allclose(values[layer], expected[layer], atol=1e-5)


def test_values_do_not_depend_on_what_fills_the_batch(tmp_path: Path) -> None:
    path = tmp_path / "discogs-effnet.onnx"
    path.write_bytes(effnet_onnx(effnet_weights()))
    run = load(NETWORK, path)
    np.testing.assert_allclose(run(PATCHES)["taggrams"][:3], run(PATCHES[:3])["taggrams"], atol=1e-6)


def test_way_is_told_when_only_essentia_could_run_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENGINES, "essentia", Requirement("no_such_package", "pip install essentia"))
    path = tmp_path / "discogs-effnet.pb"
    path.write_bytes(effnet_graph(effnet_weights()))
    assert installed(tmp_path) == [NETWORK]
    with pytest.raises(MissingExtraError, match="pip install essentia"):
        load(NETWORK, path)


def test_file_is_refused_when_it_is_another_network(tmp_path: Path, models_dir: Path) -> None:
    path = tmp_path / "discogs-effnet.onnx"
    path.write_bytes((models_dir / "mtt-vgg.onnx").read_bytes())
    with pytest.raises(DamagedNetworkError, match="input 'melspectrogram' takes"):
        load(NETWORK, path)


def test_outputs_of_a_node_are_found_when_they_are_numbered() -> None:
    graph = FrozenGraph(Path("discogs-effnet.pb"), effnet_graph(effnet_weights()))
    assert graph.node_of(NETWORK.layer("embeddings")) == "PartitionedCall:1"
    assert graph.kind("PartitionedCall:0") == "PartitionedCall"
    with pytest.raises(DamagedNetworkError, match="no node 'Partitioned:1'"):
        graph.require("Partitioned:1")
