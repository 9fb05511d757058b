"""ONNX Runtime: fast on every platform, from the weights of the same ``.pb`` file."""

from pathlib import Path

import numpy as np
import onnxruntime

from app.networks.base import Float32, Network
from app.networks.engines.checks import check_patches, check_values
from app.networks.weights.onnx_graph import INPUT
from app.networks.weights.store import find_onnx, load_frozen_graph, make_onnx, network_sha256

_ERRORS_ONLY = 3


class OnnxRunner:
    """Runs a network; see :class:`app.networks.engines.Runner`."""

    def __init__(self, network: Network, path: Path, *, threads: int) -> None:
        self._network = network
        self.weights_sha256 = network_sha256(path)
        model: Path | bytes | None = find_onnx(network, path, self.weights_sha256)
        if model is None:
            graph = load_frozen_graph(network, path, self.weights_sha256)
            model = make_onnx(network, graph, self.weights_sha256)
        self._session = _start(model, threads)

    def __call__(self, patches: Float32) -> dict[str, Float32]:
        patches = check_patches(self._network, patches)
        names = [layer.name for layer in self._network.layers]
        values = {
            layer.name: np.empty((len(patches), layer.size), np.float32) for layer in self._network.layers
        }
        step = self._network.onnx_batch
        for start in range(0, len(patches), step):
            results = self._session.run(names, {INPUT: patches[start : start + step]})
            for name, result in zip(names, results, strict=True):
                values[name][start : start + step] = result
        return check_values(self._network, values)


def _start(model: Path | bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    return onnxruntime.InferenceSession(
        model if isinstance(model, bytes) else str(model), options, providers=["CPUExecutionProvider"]
    )
