"""Some rows of a large array, close together in memory, for comparing all of them again and again."""

from typing import Any

from app.graph import Float32, KnnGraph
from app.neighbours.knn import Rows, Vectors, comparable, cosine_distances, faiss_threads, library

BLOCK_ROWS = 16_384


class RowSubset:
    """Chosen rows in half precision, for cosine distances: 2 bytes a value.

    Parameters
    ----------
    vectors : float16 or float32, shape=(n_rows, n_dims)
        May be memory-mapped; what is chosen is copied.
    rows : int64, shape=(n,)
        The chosen rows, ascending.

    Attributes
    ----------
    error : float
        How far a distance may be from the true one: rounding changes no value by more than 2**-11 of it, so
        no product of two rows of length 1 by more.
    """

    error = 2.0**-11

    def __init__(self, vectors: Vectors, rows: Rows) -> None:
        faiss = library()
        self._rows = rows
        self._compact: Any = faiss.IndexScalarQuantizer(
            vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        )
        self._compact.is_trained = True  # half precision has nothing to learn
        with faiss_threads(1):
            for first in range(0, len(rows), BLOCK_ROWS):
                self._compact.add(comparable(vectors[rows[first : first + BLOCK_ROWS]], "angular"))

    def search(self, query: Float32, k: int) -> KnnGraph:
        """Return the k nearest of the chosen rows of one query, shape=(1, n_dims); all if there are fewer."""
        asked = min(k, len(self._rows))
        with faiss_threads(1):
            scores, places = self._compact.search(comparable(query, "angular"), asked)
        rows: Rows = self._rows[places]
        return KnnGraph(rows, cosine_distances(scores))
