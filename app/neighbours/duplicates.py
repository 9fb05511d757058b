"""Equal rows, which approximate indexes cannot digest: a graph of near rows falls apart where many are equal.

Every stretch of digital silence gives the same vector, so large libraries have thousands of equal rows.
"""

from dataclasses import dataclass

import numpy as np

from app.graph import Float32, KnnGraph
from app.neighbours.knn import BLOCK_ROWS, Rows, Vectors


@dataclass(frozen=True)
class EqualRows:
    """The rows of an array, those that are equal in one group.

    Attributes
    ----------
    members : int64, shape=(n_rows,)
        Rows, group by group, ascending within each.
    starts : int64, shape=(n_groups + 1,)
        Where the members of each group start; the last value is the number of rows.
    """

    members: Rows
    starts: Rows

    @property
    def firsts(self) -> Rows:
        """int64, shape=(n_groups,): the first row of each group."""
        return self.members[self.starts[:-1]]

    def neighbours(self, groups: Rows, distances: Float32, k: int) -> KnnGraph:
        """Put the members in the place of the groups.

        Parameters
        ----------
        groups : int64, shape=(n_queries, n_found)
            Nearest groups of each query, -1 for none.
        distances : float32, shape=(n_queries, n_found)
        """
        query, place = np.nonzero(groups >= 0)
        found = groups[query, place]
        sizes = np.minimum(self.starts[found + 1] - self.starts[found], k)
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        rows = self.members[np.repeat(self.starts[found], sizes) + within]
        near = np.repeat(distances[query, place], sizes)
        query = np.repeat(query, sizes)
        order = np.lexsort((rows, near, query))
        rank = np.arange(len(order)) - np.searchsorted(query, query)
        order, query, rank = order[rank < k], query[rank < k], rank[rank < k]
        graph = KnnGraph(
            np.full((len(groups), k), -1, np.int64), np.full((len(groups), k), np.inf, np.float32)
        )
        graph.indices[query, rank] = rows[order]
        graph.distances[query, rank] = near[order]
        return graph


def group_equal_rows(vectors: Vectors) -> EqualRows:
    """Find the rows that are equal bit by bit; groups are in the order of their first rows.

    Rows are distinguished by 64-bit keys. Among a million rows, the chance that any two different ones share
    a key is below one in ten million.
    """
    keys = np.concatenate(
        [_keys(vectors[first : first + BLOCK_ROWS]) for first in range(0, len(vectors), BLOCK_ROWS)]
    )
    _, firsts, inverse = np.unique(keys, return_index=True, return_inverse=True)
    group = np.empty(len(firsts), np.int64)
    group[np.argsort(firsts)] = np.arange(len(firsts))
    members = np.argsort(group[inverse], kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(group[inverse]))])
    return EqualRows(members, starts)


def _keys(vectors: Vectors) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    words = np.ascontiguousarray(vectors).view(np.uint16)
    rng = np.random.default_rng(0)
    factors = rng.integers(2**64, size=words.shape[1], dtype=np.uint64)
    keys: np.ndarray[tuple[int], np.dtype[np.uint64]] = words.astype(np.uint64) @ factors
    return keys
