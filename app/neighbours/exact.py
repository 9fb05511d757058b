"""Exact search: every row is compared. The file is a plain array, rows ready for comparing."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import DamagedFileError
from app.graph import Float32, KnnGraph
from app.neighbours.base import IndexOptions, Mask, Metric
from app.neighbours.knn import BLOCK_ROWS, Vectors, comparable, in_order, nearest, nearest_among
from app.registry import Requirement


class ExactIndex:
    """A memory-mapped array of rows.

    Parameters
    ----------
    rows : float32, shape=(n_rows, n_dims)
        As :func:`app.neighbours.knn.comparable` returns them.
    """

    error = 0.0

    def __init__(self, rows: Float32, metric: Metric) -> None:
        self._rows = rows
        self._metric = metric

    def search(self, queries: Float32, k: int) -> KnnGraph:
        asked = comparable(queries, self._metric)
        found = nearest(self._rows, asked, min(k, len(self._rows)), self._metric)
        return in_order(found.indices, found.distances, k)

    def scan(self, query: Float32, k: int, allowed: Mask) -> KnnGraph:
        asked = comparable(query, self._metric)
        return nearest_among(self._rows, asked, k, self._metric, allowed, are_comparable=True)


class Exact:
    """Brute force: always right, a few milliseconds up to some 300,000 rows."""

    name = "exact"
    title = "Exact"
    requires: tuple[Requirement, ...] = ()
    exact = True

    def build(self, vectors: Vectors, path: Path, options: IndexOptions) -> dict[str, Any]:
        start = time.perf_counter()
        rows = np.lib.format.open_memmap(path, mode="w+", dtype="<f4", shape=vectors.shape)
        for first in range(0, len(vectors), BLOCK_ROWS):
            block = slice(first, first + BLOCK_ROWS)
            rows[block] = comparable(vectors[block], options.metric)
        rows.flush()
        return {
            "metric": options.metric,
            "rows": len(vectors),
            "recall_at_10": 1.0,
            "seconds": time.perf_counter() - start,
            "bytes": path.stat().st_size,
        }

    def open(self, path: Path, facts: dict[str, Any]) -> ExactIndex:
        try:
            rows = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DamagedFileError(f"Cannot read the index {path}: {error}.") from error
        if rows.ndim != 2 or len(rows) != facts["rows"]:
            raise DamagedFileError(f"The index {path} holds an array of shape {rows.shape}.")
        return ExactIndex(rows, facts["metric"])


REGISTER = (Exact(),)
