"""Approximate search in a forest of random projections, by annoy (optional)."""

import importlib
import time
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import DamagedFileError, StorageError
from app.graph import Float32, KnnGraph
from app.neighbours.base import IndexOptions, Metric
from app.neighbours.knn import Vectors, comparable, in_order
from app.neighbours.recall import RecallSample, raise_until_kept
from app.registry import Requirement


def _library() -> Any:
    return importlib.import_module("annoy")


class AnnoyForest:
    """An open index.

    Parameters
    ----------
    forest : annoy.AnnoyIndex
    effort : int
        Tree nodes looked at in a search (``search_k``): more find more and take longer.
    """

    def __init__(self, forest: Any, metric: Metric, effort: int) -> None:
        self._forest = forest
        self._metric = metric
        self._effort = effort

    def search(self, queries: Float32, k: int) -> KnnGraph:
        indices = np.full((len(queries), k), -1, np.int64)
        distances = np.full((len(queries), k), np.inf, np.float32)
        for at, query in enumerate(comparable(queries, self._metric)):
            rows, lengths = self._forest.get_nns_by_vector(
                query, k, max(self._effort, k), include_distances=True
            )
            indices[at, : len(rows)] = rows
            distances[at, : len(rows)] = lengths
        if self._metric == "angular":
            distances *= distances / 2  # annoy's angular distance is the chord, sqrt(2 - 2 cos)
        return in_order(indices, distances, k)


class Annoy:
    """The index of older installations: large files, no more rows once built."""

    name = "annoy"
    title = "Annoy"
    requires = (Requirement("annoy", "pip install -r locks/requirements-annoy.txt"),)
    exact = False

    def build(self, vectors: Vectors, path: Path, options: IndexOptions) -> dict[str, Any]:
        start = time.perf_counter()
        forest = _library().AnnoyIndex(vectors.shape[1], options.metric)
        forest.set_seed(options.seed)
        for row, vector in enumerate(vectors):
            forest.add_item(row, comparable(vector[None], options.metric)[0])
        forest.build(options.trees, options.threads)
        try:
            forest.save(str(path))
        except OSError as error:
            raise StorageError(f"Cannot write {path}: {error}.") from error
        doubling = (10 * options.trees * 2**step for step in range(32))
        sensible = takewhile(lambda effort: effort < 4 * len(vectors) + 20 * options.trees, doubling)
        effort, recall = raise_until_kept(
            sensible,
            lambda effort: AnnoyForest(forest, options.metric, effort),
            RecallSample(vectors, options),
        )
        return {
            "metric": options.metric,
            "rows": len(vectors),
            "dims": vectors.shape[1],
            "trees": options.trees,
            "search_k": effort,
            "recall_at_10": recall,
            "seconds": time.perf_counter() - start,
            "bytes": path.stat().st_size,
        }

    def open(self, path: Path, facts: dict[str, Any]) -> AnnoyForest:
        forest = _library().AnnoyIndex(facts["dims"], facts["metric"])
        try:
            forest.load(str(path))
        except OSError as error:
            raise DamagedFileError(f"Cannot read the index {path}: {error}.") from error
        if forest.get_n_items() != facts["rows"]:
            raise DamagedFileError(
                f"The index {path} holds {forest.get_n_items()} rows, not {facts['rows']}."
            )
        return AnnoyForest(forest, facts["metric"], facts["search_k"])


REGISTER = (Annoy(),)
