"""Some rows of a large array, small and close together in memory, for looking through them again and again.

The rows are turned so that their first coordinates say most, which leaves the products of rows as they are.
Of each row the first coordinates are kept, and the length of the rest. By the inequality of Cauchy and
Schwarz no product of two rests is more than the product of their lengths, so what is kept gives the least
that a distance can be. With the vectors of MusiCNN 31 coordinates and a length stand for 200: a search reads
a sixth of the memory, and memory is what it waits for.
"""

from typing import Any

import numpy as np

from app.graph import Float32, KnnGraph
from app.neighbours.knn import Rows, Vectors, comparable, cosine_distances, faiss_threads, library

BLOCK_ROWS = 16_384
SAMPLED_ROWS = 20_000
STEP = 32  # coordinates that processors take at once
SAID = 0.96  # of the squares of all values, by the coordinates that are kept


class RowSubset:
    """The least distances to chosen rows, by cosine.

    Parameters
    ----------
    vectors : float16 or float32, shape=(n_rows, n_dims)
        May be memory-mapped; what is kept of the chosen rows is copied, 2 bytes a coordinate.
    rows : int64, shape=(n,)
        The chosen rows, ascending.

    Attributes
    ----------
    n_kept : int
        Coordinates that are kept of each row, the length of the rest among them.
    error : float
        By how much a distance may be less than what :meth:`search` says. Half precision changes no value by
        more than 2**-11 of it, so no product of two rows of length 1 by more; turning adds rounding.
    """

    error = 2.0**-11 + 1e-5

    def __init__(self, vectors: Vectors, rows: Rows) -> None:
        faiss = library()
        self._rows = rows
        sample = rows[:: max(1, len(rows) // SAMPLED_ROWS)]
        self._turn = _directions(comparable(vectors[sample], "angular"))
        self.n_kept = self._turn.shape[1] + 1
        self._compact: Any = faiss.IndexScalarQuantizer(
            self.n_kept, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        self._compact.is_trained = True  # half precision has nothing to learn
        with faiss_threads(1):
            for first in range(0, len(rows), BLOCK_ROWS):
                self._compact.add(self._shorten(vectors[rows[first : first + BLOCK_ROWS]]))

    def search(self, query: Float32, k: int) -> KnnGraph:
        """Return the k chosen rows that may be nearest to one query, shape=(1, n_dims), or all of fewer.

        The distances are the least possible ones, in order: every row that is left out is at least as far as
        the last one's, but for ``error``.
        """
        asked = min(k, len(self._rows))
        with faiss_threads(1):
            scores, places = self._compact.search(self._shorten(query), asked)
        rows: Rows = self._rows[places]
        return KnnGraph(rows, cosine_distances(scores))

    def _shorten(self, vectors: Vectors) -> Float32:
        """float32, shape=(n, n_kept): coordinates of rows of length 1, and the lengths of their rests."""
        whole = comparable(vectors, "angular")
        kept = whole @ self._turn
        # Not from the squares of whole and kept: of their difference rounding would leave too little.
        rests = np.linalg.norm(whole - kept @ self._turn.T, axis=1, keepdims=True)
        return np.ascontiguousarray(np.concatenate([kept, rests], axis=1), np.float32)


def _directions(rows: Float32) -> Float32:
    """float32, shape=(n_dims, n): orthogonal directions of length 1 that say most about rows."""
    n_dims = rows.shape[1]
    energies, directions = np.linalg.eigh((rows.T @ rows).astype(np.float64))
    said = np.cumsum(energies[::-1]) / max(energies.sum(), np.finfo(np.float64).tiny)
    wanted = int(np.searchsorted(said, SAID)) + 1
    n = min(-(-(wanted + 1) // STEP) * STEP - 1, n_dims)
    return np.ascontiguousarray(directions[:, ::-1][:, :n], np.float32)
