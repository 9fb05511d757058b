"""The facts of the registered networks, and the small architectures that they are built of."""

import pickle
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from app.audio.front_ends import frame_bands
from app.networks import NETWORKS, Network, installed, tags, vggish
from app.networks.weights.frozen_graph import FrozenGraph
from app.networks.weights.layers import Normalisation, activate
from app.networks.weights.onnx_graph import INPUT, OnnxGraph
from tests.network_files import vggish_graph, vggish_weights


def test_all_networks_are_found_when_the_folder_is_looked_through() -> None:
    shipped = {"audioset-vggish", "discogs-effnet", "msd-musicnn", "msd-vgg", "mtt-musicnn", "mtt-vgg"}
    assert shipped <= set(NETWORKS.names())  # there may be some of a user's own


@pytest.mark.parametrize("network", list(NETWORKS), ids=lambda network: network.name)
def test_facts_fit_together_when_a_network_is_registered(network: Network) -> None:
    assert frame_bands(network.front_end) == network.patch_bands
    layers = [layer.name for layer in network.layers]
    assert "embeddings" in layers
    assert ("taggrams" in layers) == bool(network.tags)
    if network.tags:
        assert len(set(network.tags)) == network.layer("taggrams").size
    with pytest.raises(KeyError):
        network.layer("no such layer")


@pytest.mark.parametrize("network", list(NETWORKS), ids=lambda network: network.name)
def test_network_stays_the_same_when_sent_to_a_worker(network: Network) -> None:
    assert pickle.loads(pickle.dumps(network)) == network


def test_vocabularies_begin_and_end_as_published() -> None:
    assert (tags.MTT[0], tags.MTT[21], tags.MTT[-1]) == ("guitar", "no vocals", "choral")
    assert (tags.MSD[0], tags.MSD[12], tags.MSD[-1]) == ("rock", "chillout", "happy")


def test_only_networks_with_files_are_listed_when_asked_what_is_installed(tmp_path: Path) -> None:
    assert installed(tmp_path) == []
    (tmp_path / "msd-vgg.pb").touch()
    (tmp_path / "unknown.pb").touch()
    (tmp_path / "mtt-vgg.onnx").touch()  # only the form of a .pb that is not there
    assert [network.name for network in installed(tmp_path)] == ["msd-vgg"]


def test_normalisation_follows_the_highest_value_when_its_scale_is_negative() -> None:
    rng = np.random.default_rng(0)
    convolved = rng.standard_normal((10, 7, 4)).astype(np.float32)
    bias = rng.standard_normal(4)
    normalisation = Normalisation(np.array([2, -0.5, 0, -3]), rng.standard_normal(4))
    expected = normalisation.scale * np.maximum(convolved + bias, 0) + normalisation.shift

    graph = OnnxGraph(7, 4)
    highest = graph.op("ReduceMax", graph.op("Mul", INPUT, normalisation.scale), axes=[1], keepdims=0)
    graph.output(activate(graph, highest, bias, normalisation), "result", 4)
    session = onnxruntime.InferenceSession(graph.serialise("test", {}), providers=["CPUExecutionProvider"])
    (values,) = session.run(None, {INPUT: convolved})
    np.testing.assert_allclose(values, expected.max(1), atol=1e-5)


@pytest.mark.parametrize(("bias_node", "is_rectified"), [("BiasAdd", False), ("Add", True)])
def test_vggish_gives_what_its_file_has_when_a_node_is_missing(
    monkeypatch: pytest.MonkeyPatch, bias_node: str, is_rectified: bool
) -> None:
    monkeypatch.setattr(vggish, "FIRST_FILTERS", 4)
    monkeypatch.setattr(
        vggish,
        "LAYERS",
        (
            ("conv2", 4, 4, 2),
            ("conv3/conv3_1", 4, 8, 1),
            ("conv3/conv3_2", 8, 8, 2),
            ("conv4/conv4_1", 8, 8, 1),
            ("conv4/conv4_2", 8, 8, 2),
        ),
    )
    monkeypatch.setattr(vggish, "FLAT", 24 * 8)
    monkeypatch.setattr(vggish, "HIDDEN", 16)
    content = vggish_graph(vggish_weights(), bias_node=bias_node)
    model = vggish.build_onnx(FrozenGraph(Path("audioset-vggish.pb"), content)).serialise("test", {})
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    patches = np.random.default_rng(0).standard_normal((2, 96, 64)).astype(np.float32)
    (values,) = session.run(["embeddings"], {INPUT: patches})
    assert values.shape == (2, 128)
    assert (values.min() >= 0) == is_rectified
