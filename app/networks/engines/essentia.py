"""Essentia's TensorFlow: runs the ``.pb`` file as it is."""

from pathlib import Path

import numpy as np

from app.essentia_library import import_essentia
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
        self._input = graph.input_of(network)
        self._nodes = {layer.name: graph.node_of(layer) for layer in network.layers}
        training_node = network.training_node
        essentia, self._new_pool = import_essentia(threads)
        try:
            self._predict = essentia.TensorflowPredict(
                graphFilename=str(path),
                inputs=[self._input],
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
        step = self._network.fixed_batch or 1
        for start in range(0, len(patches), step):
            block = patches[start : start + step]
            for name, results in self._run(np.pad(block, [(0, step - len(block)), (0, 0), (0, 0)])).items():
                values[name][start : start + step] = results[: len(block)]
        return check_values(self._network, values)

    def _run(self, block: Float32) -> dict[str, Float32]:
        """Run as many patches as the graph takes at once."""
        pool = self._new_pool()
        pool.set(self._input, block[:, None])
        results = self._predict(pool)
        return {name: np.asarray(results[node]).reshape(len(block), -1) for name, node in self._nodes.items()}
