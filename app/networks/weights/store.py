"""The files of the networks: the ``.pb`` files, the ONNX graphs made of them, and what is known of both.

Beside ``name.pb`` there may lie

- ``name.pb.json``: where it came from and its SHA-256, as ``flask download-models`` wrote it;
- ``name.onnx`` and ``name.onnx.json``: the same network for ONNX Runtime and what it was made of. It is
  used if it is whole, and made of this very file by this very code; else the graph is made anew in memory.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from app.errors import NetworkError
from app.files import atomic_path, file_sha256, manifest_path, write_json
from app.networks.base import Network
from app.networks.weights.frozen_graph import DamagedGraphError, FrozenGraph, unreadable
from app.networks.weights.onnx_file import open_onnx_file

GRAPH_VERSION: Final = 3
"""To be raised when the code that makes ONNX graphs changes, so that older files are made anew."""


def network_sha256(path: Path) -> str:
    """Return the SHA-256 of the file of a network, which tells one set of weights from another.

    Raises
    ------
    MissingNetworkError
        If it is not there.
    DamagedNetworkError
        If it cannot be read.
    """
    try:
        return file_sha256(path)
    except OSError as error:
        raise unreadable(path, error) from error


def read_facts(path: Path) -> dict[str, Any]:
    """Return what is known of a file, from the manifest beside it; nothing if there is none."""
    try:
        facts = json.loads(manifest_path(path).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def load_frozen_graph(network: Network, path: Path, sha256: str) -> FrozenGraph:
    """Read the frozen graph of a network, whose SHA-256 is known.

    Raises
    ------
    DamagedNetworkError
        If it is no frozen graph, not that of the network, or not the one that was downloaded.
    """
    expected = read_facts(path).get("sha256", sha256)
    if expected != sha256:
        manifest = manifest_path(path).name
        raise DamagedGraphError(
            path, f"it is not what was downloaded (if you replaced it, delete {manifest})"
        )
    graph = FrozenGraph.read(path)
    graph.input_of(network)
    for layer in network.layers:
        graph.node_of(layer)
    return graph


def make_onnx(network: Network, graph: FrozenGraph, sha256: str) -> bytes:
    """Return the ONNX form of a network, from its frozen graph with the given SHA-256.

    Raises
    ------
    DamagedNetworkError
        If the frozen graph is not that of the network.
    """
    if network.build_onnx is None:
        raise NetworkError(f"The network {network.name} runs with the engine 'essentia' only.")
    return network.build_onnx(graph).serialise(network.name, {"weights_sha256": sha256})


def write_onnx(network: Network, path: Path) -> None:
    """Write the ONNX form of a network beside its ``.pb`` file, unless it is there."""
    sha256 = network_sha256(path)
    if network.build_onnx is None or find_onnx(network, path, sha256) is not None:
        return
    model = make_onnx(network, load_frozen_graph(network, path, sha256), sha256)
    target = path.with_suffix(".onnx")
    manifest_path(target).unlink(missing_ok=True)
    with atomic_path(target) as partial:
        partial.write_bytes(model)
    write_json(manifest_path(target), _onnx_facts(sha256) | {"sha256": hashlib.sha256(model).hexdigest()})


def find_onnx(network: Network, path: Path, sha256: str) -> Path | None:
    """Return the ONNX form beside the ``.pb`` file with the given SHA-256, if it is there and whole."""
    target = path.with_suffix(".onnx")
    facts = read_facts(target)
    if network.build_onnx is None or not facts.items() >= _onnx_facts(sha256).items():
        return None
    try:
        return target if file_sha256(target) == facts.get("sha256") else None
    except OSError:
        return None


def _onnx_facts(weights_sha256: str) -> dict[str, Any]:
    return {"weights_sha256": weights_sha256, "graph_version": GRAPH_VERSION}


def check_network(network: Network, path: Path) -> None:
    """Make sure that a file can be used.

    Raises
    ------
    MissingNetworkError, DamagedNetworkError
        If it is not there, or not what it should be.
    """
    sha256 = network_sha256(path)
    if ".onnx" in path.suffixes:
        open_onnx_file(network, path)
        return
    graph = load_frozen_graph(network, path, sha256)
    if network.build_onnx is not None:
        network.build_onnx(graph)
