"""t-SNE by openTSNE, from the shared neighbour graph and a PCA start.

References
----------
.. [1] van der Maaten and Hinton, "Visualizing Data using t-SNE", JMLR 9 (2008).
.. [2] Kobak and Berens, "The art of using t-SNE for single-cell transcriptomics", Nature Communications 10
   (2019): start from PCA scaled to a standard deviation of 1e-4, learning rate n / 12.
"""

import importlib
from typing import Any

import numpy as np

from app.graph import Float32, KnnGraph
from app.reducers.base import ReducerOptions
from app.reducers.neighbour_map import FEWEST_NEIGHBOURS, NeighbourMap, starting_map
from app.registry import Requirement

PERPLEXITY = 30.0
START_DEVIATION = 1e-4
FEWEST_ROWS_FOR_THREADS = 5000  # below, waiting for each other costs more than sharing saves


def perplexity_for(graph: KnnGraph) -> float:
    """Return 30, or what the graph has neighbours for: three times the perplexity are needed."""
    return min(PERPLEXITY, graph.k / 3)


class Tsne:
    """Keeps near neighbours best; says nothing about far ones."""

    name = "tsne"
    title = "t-SNE"
    requires: tuple[Requirement, ...] = ()
    default = True
    uses_graph = True

    def fit(self, vectors: Float32, graph: KnnGraph | None, options: ReducerOptions) -> NeighbourMap:
        if graph is None:
            raise ValueError("t-SNE needs the neighbour graph.")
        start = starting_map(vectors, options.seed)
        if graph.k < FEWEST_NEIGHBOURS:
            return NeighbourMap(start.astype(np.float32), {"method": "PCA start"})
        affinity: Any = importlib.import_module("openTSNE.affinity")
        perplexity = perplexity_for(graph)
        threads = options.threads if len(vectors) >= FEWEST_ROWS_FOR_THREADS else 1
        similarities = affinity.joint_probabilities_nn(
            graph.indices, graph.distances, [perplexity], n_jobs=threads
        )
        method: Any = importlib.import_module("openTSNE").TSNE(n_jobs=threads, random_state=options.seed)
        embedding = method.fit(
            affinities=affinity.PrecomputedAffinities(similarities, normalize=False),
            initialization=START_DEVIATION * start,
        )
        return NeighbourMap(
            np.asarray(embedding, np.float32),
            {
                "method": "openTSNE",
                "perplexity": perplexity,
                "iterations": method.early_exaggeration_iter + method.n_iter,
                "kl_divergence": float(embedding.kl_divergence),
            },
        )


REGISTER = (Tsne(),)
