"""Essentia's TensorFlow: runs the ``.pb`` file as it is."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from app.networks.base import Float32, Network
from app.networks.engines.checks import check_patches, check_values
from app.networks.weights.store import load_frozen_graph, network_sha256


class EssentiaRunner:
    """Runs a network; see :class:`app.networks.engines.Runner`.

    TensorFlow takes its number of threads from the first network that a process loads.
    """

    def __init__(self, network: Network, path: Path, *, threads: int) -> None:
        self._network = network
        self.weights_sha256 = network_sha256(path)
        graph = load_frozen_graph(network, path, self.weights_sha256)
        self._nodes = {layer.name: graph.node_of(layer) for layer in network.layers}
        training_node = network.training_node
        essentia, self._new_pool = _import(threads)
        try:
            self._predict = essentia.TensorflowPredict(
                graphFilename=str(path),
                inputs=[network.input_node],
                outputs=list(self._nodes.values()),
                isTrainingName=training_node if training_node and training_node in graph else "",
                squeeze=True,
            )
        except RuntimeError as error:
            raise graph.damage(f"TensorFlow cannot load it: {error}") from error

    def __call__(self, patches: Float32) -> dict[str, Float32]:
        patches = check_patches(self._network, patches)
        values = {
            layer.name: np.empty((len(patches), layer.size), np.float32) for layer in self._network.layers
        }
        for index, patch in enumerate(patches):
            pool = self._new_pool()
            pool.set(self._network.input_node, patch[None, None])
            results = self._predict(pool)
            for name, node in self._nodes.items():
                values[name][index] = np.asarray(results[node]).reshape(-1)
        return check_values(self._network, values)


def _import(threads: int) -> tuple[Any, Any]:
    """Import Essentia with its chatter and TensorFlow's off; only failures are told."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(threads))
    os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")
    import essentia  # noqa: PLC0415 - after the environment is set

    essentia.log.infoActive = False
    essentia.log.warningActive = False
    import essentia.standard  # noqa: PLC0415

    return essentia.standard, essentia.Pool
