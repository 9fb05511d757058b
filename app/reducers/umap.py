"""UMAP by umap-learn, from the shared neighbour graph and a PCA start.

The two steps of the method are called one by one, as that takes the graph as it is. They run in one thread:
with several, umap-learn's result depends on their timing.

References
----------
.. [1] McInnes, Healy and Melville, "UMAP: Uniform Manifold Approximation and Projection for Dimension
   Reduction", arXiv:1802.03426 (2018).
"""

import importlib
import warnings
from typing import Any

import numpy as np

from app.graph import Float32, KnnGraph
from app.reducers.base import ReducerOptions
from app.reducers.neighbour_map import FEWEST_NEIGHBOURS, NeighbourMap, starting_map
from app.registry import Requirement

NEIGHBOURS = 15  # each row itself among them
MIN_DISTANCE = 0.1
SPREAD = 1.0
MANY_ROWS = 10_000
EPOCHS, EPOCHS_OF_MANY = 500, 200


class Umap:
    """Shows clusters and how they lie to each other."""

    name = "umap"
    title = "UMAP"
    requires: tuple[Requirement, ...] = ()
    default = True
    uses_graph = True

    def fit(self, vectors: Float32, graph: KnnGraph | None, options: ReducerOptions) -> NeighbourMap:
        if graph is None:
            raise ValueError("UMAP needs the neighbour graph.")
        start = starting_map(vectors, options.seed).astype(np.float32)
        if graph.k < FEWEST_NEIGHBOURS:
            return NeighbourMap(start, {"method": "PCA start"})
        umap = _library()
        metric = "cosine" if options.metric == "angular" else "euclidean"
        random = np.random.RandomState(options.seed)
        indices, distances = _with_themselves(graph)
        fuzzy_graph, *_ = umap.fuzzy_simplicial_set(
            vectors, indices.shape[1], random, metric, knn_indices=indices, knn_dists=distances
        )
        a, b = umap.find_ab_params(SPREAD, MIN_DISTANCE)
        epochs = EPOCHS if len(vectors) <= MANY_ROWS else EPOCHS_OF_MANY
        coordinates, _ = umap.simplicial_set_embedding(
            vectors,
            fuzzy_graph,
            n_components=2,
            initial_alpha=1.0,
            a=a,
            b=b,
            gamma=1.0,
            negative_sample_rate=5,
            n_epochs=epochs,
            init=start,
            random_state=random,
            metric=metric,
            metric_kwds={},
            densmap=False,
            densmap_kwds={},
            output_dens=False,
        )
        return NeighbourMap(
            coordinates,
            {
                "method": "umap-learn",
                "neighbours": indices.shape[1],
                "min_distance": MIN_DISTANCE,
                "epochs": epochs,
            },
        )


def _library() -> Any:
    """Import umap-learn: a second or two, and half a minute the first time on a machine."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Tensorflow not installed", ImportWarning)
        return importlib.import_module("umap.umap_")


def _with_themselves(graph: KnnGraph) -> tuple[np.ndarray[Any, Any], Float32]:
    """Return indices and distances with each row as its own first neighbour, as UMAP counts."""
    others = min(NEIGHBOURS - 1, graph.k)
    rows = np.arange(len(graph.indices))
    indices = np.column_stack([rows, graph.indices[:, :others]])
    distances = np.column_stack([np.zeros(len(rows), np.float32), graph.distances[:, :others]])
    return indices, distances


REGISTER = (Umap(),)
