"""How many of the true neighbours an index finds, measured on some of its own rows."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np

from app.neighbours.base import Index, IndexOptions
from app.neighbours.knn import Vectors, comparable, knn_graph, pair_distances, without

SAMPLE_ROWS = 1000
NEIGHBOURS = 10
PROMISE = 0.99
BLOCK_ROWS = 100_000

T = TypeVar("T")


class RecallSample:
    """Some rows of an index, evenly spread, with the distance of their tenth true neighbour.

    A neighbour found counts as true if it is no farther away than that: among equal rows, any will do.

    Parameters
    ----------
    vectors : float16 or float32, shape=(n_rows, n_dims)
        All rows of the index; may be memory-mapped.
    """

    def __init__(self, vectors: Vectors, options: IndexOptions) -> None:
        self._vectors = vectors
        self._metric = options.metric
        self._k = min(NEIGHBOURS, len(vectors) - 1)
        self._rows = np.unique(np.linspace(0, len(vectors) - 1, SAMPLE_ROWS).astype(np.int64))
        self._queries = comparable(vectors[self._rows], self._metric)
        nearest_of_blocks = [
            knn_graph(
                vectors[first : first + BLOCK_ROWS],
                self._k + 1,
                metric=self._metric,
                queries=self._queries,
                threads=options.threads,
            ).distances
            for first in range(0, len(vectors), BLOCK_ROWS)
        ]
        # The row itself is the nearest of all, so the last neighbour asked for is at position k.
        self._reach = np.sort(np.concatenate(nearest_of_blocks, axis=1))[:, self._k]

    def recall(self, index: Index) -> float:
        """Return the share of the ten nearest neighbours that the index finds, 0 to 1."""
        if self._k == 0:
            return 1.0
        found = without(index.search(self._queries, self._k + 1), self._rows).indices
        unique, positions = np.unique(found, return_inverse=True)
        rows = comparable(self._vectors[np.maximum(unique, 0)], self._metric)
        candidates = np.where(found < 0, -1, positions.reshape(found.shape))
        distances = pair_distances(rows, self._queries, candidates, self._metric)
        tolerance = 1e-5 * np.maximum(self._reach, 0.1)
        return float(np.mean(distances <= (self._reach + tolerance)[:, None]))


def raise_until_kept(
    efforts: Iterable[T], opened_with: Callable[[T], Index], sample: RecallSample
) -> tuple[T, float]:
    """Return the first effort whose recall keeps the promise, else the last one, and its recall."""
    for effort in efforts:
        recall = sample.recall(opened_with(effort))
        if recall >= PROMISE:
            break
    return effort, recall
