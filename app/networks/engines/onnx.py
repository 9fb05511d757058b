"""ONNX Runtime: fast on every platform, from the weights of a ``.pb`` file or an ONNX file of a user's."""

from pathlib import Path

import numpy as np

from app.errors import NetworkError
from app.networks.base import Float32, Network
from app.networks.engines.checks import check_patches, check_values
from app.networks.weights.onnx_file import Provider, open_onnx_file, start_session
from app.networks.weights.onnx_graph import INPUT
from app.networks.weights.store import find_onnx, load_frozen_graph, make_onnx, network_sha256


class OnnxRunner:
    """Runs a network; see :class:`app.networks.engines.Runner`."""

    def __init__(self, network: Network, path: Path, *, threads: int, provider: Provider) -> None:
        self._network = network
        self.weights_sha256 = network_sha256(path)
        model: Path | bytes | None = find_onnx(network, path, self.weights_sha256)
        if model is None:
            graph = load_frozen_graph(network, path, self.weights_sha256)
            model = make_onnx(network, graph, self.weights_sha256)
        self._session = start_session(model, threads, provider)

    def __call__(self, patches: Float32) -> dict[str, Float32]:
        patches = check_patches(self._network, patches)
        names = [layer.name for layer in self._network.layers]
        values = _room_for(self._network, patches)
        step = self._network.onnx_batch
        for start in range(0, len(patches), step):
            results = self._session.run(names, {INPUT: patches[start : start + step]})
            for name, result in zip(names, results, strict=True):
                values[name][start : start + step] = result
        return check_values(self._network, values)


class OnnxFileRunner:
    """Runs a network from an ONNX file of its own; see :class:`app.networks.engines.Runner`.

    A file that takes a fixed number of patches is given zeros after the last ones.
    """

    def __init__(self, network: Network, path: Path, *, threads: int, provider: Provider) -> None:
        self._network = network
        self.weights_sha256 = network_sha256(path)
        self._file = open_onnx_file(network, path, threads=threads, provider=provider)

    def __call__(self, patches: Float32) -> dict[str, Float32]:
        patches = check_patches(self._network, patches)
        values = _room_for(self._network, patches)
        step = self._file.batch or self._network.onnx_batch
        for start in range(0, len(patches), step):
            block = patches[start : start + step].reshape(-1, *self._file.patch_shape)
            for name, result in self._run(block).items():
                values[name][start : start + step] = result
        return check_values(self._network, values)

    def _run(self, block: Float32) -> dict[str, Float32]:
        """Run some patches, at most as many as the file takes at once."""
        n_patches = len(block)
        if self._file.batch is not None:
            block = np.pad(block, [(0, self._file.batch - n_patches)] + [(0, 0)] * (block.ndim - 1))
        nodes = [self._file.nodes[layer.name] for layer in self._network.layers]
        results = self._file.session.run(nodes, {self._file.input_node: block})
        values = {}
        for layer, result in zip(self._network.layers, results, strict=True):
            if result.size != len(block) * layer.size:
                raise NetworkError(
                    f"The network {self._network.name} gave {layer.name} of the shape {result.shape} for "
                    f"{len(block)} patches, not {layer.size} values for each."
                )
            values[layer.name] = result.reshape(len(block), layer.size)[:n_patches]
        return values


def _room_for(network: Network, patches: Float32) -> dict[str, Float32]:
    return {layer.name: np.empty((len(patches), layer.size), np.float32) for layer in network.layers}
