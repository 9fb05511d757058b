"""t-SNE by scikit-learn, from the shared neighbour graph and a PCA start; slower than openTSNE."""

import importlib
from typing import Any

import numpy as np

from app.graph import Float32, KnnGraph
from app.reducers.base import ReducerOptions
from app.reducers.neighbour_map import FEWEST_NEIGHBOURS, NeighbourMap, starting_map
from app.reducers.tsne import START_DEVIATION, perplexity_for
from app.registry import Requirement


class TsneSklearn:
    """The Barnes-Hut t-SNE that most people know, to compare with."""

    name = "tsne-sklearn"
    title = "t-SNE (scikit-learn)"
    requires: tuple[Requirement, ...] = ()
    default = False
    uses_graph = True

    def fit(self, vectors: Float32, graph: KnnGraph | None, options: ReducerOptions) -> NeighbourMap:
        if graph is None:
            raise ValueError("t-SNE needs the neighbour graph.")
        start = starting_map(vectors, options.seed).astype(np.float32)
        if graph.k < FEWEST_NEIGHBOURS:
            return NeighbourMap(start, {"method": "PCA start"})
        perplexity = perplexity_for(graph) - 1 / 3  # it wants one neighbour more than the others
        method: Any = importlib.import_module("sklearn.manifold").TSNE(
            perplexity=perplexity,
            metric="precomputed",
            init=START_DEVIATION * start,
            random_state=options.seed,
        )
        # Sums over threads depend on who is done first, and their last bits change the map.
        with importlib.import_module("threadpoolctl").threadpool_limits(1, "openmp"):
            embedding = method.fit_transform(_distance_matrix(graph))
        return NeighbourMap(
            embedding,
            {
                "method": "scikit-learn",
                "perplexity": perplexity,
                "iterations": int(method.n_iter_),
                "kl_divergence": float(method.kl_divergence_),
            },
        )


def _distance_matrix(graph: KnnGraph) -> Any:
    """Return a sparse square matrix of the distances, each row itself first, as scikit-learn takes it."""
    n_rows = len(graph.indices)
    columns = np.column_stack([np.arange(n_rows), graph.indices])
    distances = np.column_stack([np.zeros(n_rows, np.float32), graph.distances])
    starts = np.arange(0, columns.size + 1, columns.shape[1])
    sparse: Any = importlib.import_module("scipy.sparse")
    return sparse.csr_matrix((distances.ravel(), columns.ravel(), starts), shape=(n_rows, n_rows))


REGISTER = (TsneSklearn(),)
