"""The k-nearest-neighbour graph, the value that passes between neighbours, reducers and services."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class KnnGraph:
    """Nearest neighbours of some query rows among some reference rows.

    Attributes
    ----------
    indices : int64, shape=(n_queries, k)
        Reference rows, nearest first; -1 where there are fewer than k.
    distances : float32, shape=(n_queries, k)
        Cosine distance (1 - cosine similarity, 0 to 2) or Euclidean distance; inf beside -1.
    """

    indices: npt.NDArray[np.int64]
    distances: Float32

    @property
    def k(self) -> int:
        """Number of neighbours of each row."""
        return int(self.indices.shape[1])


def unit_rows(vectors: npt.NDArray[np.floating]) -> Float32:
    """Scale rows to length 1, so that their products are cosine similarities.

    A row of zeros has no direction; it stays zero, which puts it at cosine distance 1 from every row.

    Parameters
    ----------
    vectors : float16 or float32, shape=(n_rows, n_dims)

    Returns
    -------
    float32, shape=(n_rows, n_dims)
        C-contiguous.
    """
    rows = np.array(vectors, dtype=np.float32, order="C")
    # The largest value goes first: squares of very small or very large values leave float32's range.
    peaks = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    rows /= np.where(peaks > 0, peaks, 1)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    rows /= np.where(lengths > 0, lengths, 1)
    return rows
