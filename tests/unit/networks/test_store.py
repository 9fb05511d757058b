"""The ONNX form beside a network's file is used only if it is whole and made of that very file."""

import hashlib
import shutil
from pathlib import Path

import onnx
import pytest

from app.errors import DamagedNetworkError, NetworkError
from app.files import manifest_path, write_json
from app.networks import NETWORKS, Network
from app.networks.weights import store
from app.networks.weights.store import find_onnx, load_frozen_graph, make_onnx, network_sha256, write_onnx

NETWORK = NETWORKS.get("mtt-vgg")


@pytest.fixture
def path(tmp_path: Path, models_dir: Path) -> Path:
    """A copy of a network, with its ONNX form."""
    for source in models_dir.glob(f"{NETWORK.name}.*"):
        shutil.copy(source, tmp_path)
    path = NETWORK.file_in(tmp_path)
    manifest_path(path).unlink(missing_ok=True)
    return path


def found(path: Path, network: Network = NETWORK) -> Path | None:
    return find_onnx(network, path, network_sha256(path))


def test_onnx_form_is_found_when_it_is_whole(path: Path) -> None:
    assert found(path) == path.with_suffix(".onnx")


def test_onnx_form_is_passed_over_when_other_weights_are_there(path: Path) -> None:
    shutil.copy(path.with_name("mtt-vgg.pb"), path.with_name("other.pb"))
    path.write_bytes(path.read_bytes() + b"\x00")
    assert found(path) is None


def test_onnx_form_is_passed_over_when_it_is_damaged(path: Path) -> None:
    onnx = path.with_suffix(".onnx")
    content = bytearray(onnx.read_bytes())
    content[len(content) // 2] ^= 1
    onnx.write_bytes(content)
    assert found(path) is None
    write_onnx(NETWORK, path)
    assert found(path) == onnx


def test_onnx_form_is_passed_over_when_older_code_made_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "GRAPH_VERSION", store.GRAPH_VERSION + 1)
    assert found(path) is None


@pytest.mark.parametrize("facts", ["", "[]", "{", '{"sha256": 7}'])
def test_onnx_form_is_passed_over_when_its_manifest_is_odd(path: Path, facts: str) -> None:
    manifest_path(path.with_suffix(".onnx")).write_text(facts)
    assert found(path) is None


def test_file_is_refused_when_it_is_not_what_was_downloaded(path: Path) -> None:
    write_json(manifest_path(path), {"sha256": "0" * 64})
    with pytest.raises(DamagedNetworkError, match=r"not what was downloaded.*delete mtt-vgg\.pb\.json"):
        load_frozen_graph(NETWORK, path, network_sha256(path))


def test_reason_is_told_when_a_network_has_no_onnx_form(path: Path) -> None:
    network = Network("a", "b", "musicnn", 187, 96, 187, NETWORK.layers[1:], "model/Placeholder", "a/b.pb")
    with pytest.raises(NetworkError, match="a-b runs with the engine 'essentia' only"):
        make_onnx(network, load_frozen_graph(NETWORK, path, network_sha256(path)), "")


VERSION = (3, "d88ed58701ba2910adfcf84cec72c9b1c1d6143236aa5271be6df6acd04bd3b9")
"""The version of the graphs, and the SHA-256 of their operations and the shapes of their constants."""


def test_version_is_raised_when_the_graphs_change(models_dir: Path) -> None:
    lines = []
    for network in (network for network in NETWORKS if network.checkpoint):
        path = network.file_in(models_dir)
        graph = load_frozen_graph(network, path, network_sha256(path))
        model = onnx.load_from_string(make_onnx(network, graph, "")).graph
        shapes = {tensor.name: list(tensor.dims) for tensor in model.initializer}
        lines += [f"{node.op_type} {[shapes.get(x, x) for x in node.input]}" for node in model.node]
    found = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert (store.GRAPH_VERSION, found) == VERSION, (
        "The graphs are made in another way: raise GRAPH_VERSION, so that nobody runs files of the old way."
    )
