"""Approximate search in a navigable small-world graph, by faiss, memory-mapped.

The rows are stored in half precision: the file is 40 % smaller, building and searching are faster, and the
distances returned are right to 3e-4 of the greatest.

References
----------
.. [1] Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical
   Navigable Small World graphs", IEEE TPAMI 42 (2020).
"""

import time
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import DamagedFileError
from app.graph import Float32, KnnGraph
from app.neighbours.base import IndexOptions, Mask, Metric
from app.neighbours.duplicates import EqualRows, group_equal_rows
from app.neighbours.knn import Rows, Vectors, comparable, cosine_distances, faiss_threads, in_order, library
from app.neighbours.recall import RecallSample, raise_until_kept
from app.registry import Requirement

LINKS = 16
EFFORTS = (32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)
BLOCK_ROWS = 50_000
HALF_PRECISION = 2.0**-11


class FaissIndex:
    """An open index.

    Parameters
    ----------
    graph : faiss.IndexHNSW
        Of the groups of equal rows.
    effort : int
        Candidates kept during a search (``efSearch``): more find more and take longer.
    """

    def __init__(self, graph: Any, equal_rows: EqualRows, metric: Metric, effort: int) -> None:
        self._graph = graph
        self._rows = library().downcast_index(graph.storage)
        self._equal_rows = equal_rows
        self._metric = metric
        self._effort = effort

    def search(self, queries: Float32, k: int) -> KnnGraph:
        asked = min(k, self._graph.ntotal)
        parameters = library().SearchParametersHNSW(efSearch=max(self._effort, asked))
        # One thread: a server has other requests for the other cores, and waiting for them costs more.
        with faiss_threads(1):
            scores, groups = self._graph.search(comparable(queries, self._metric), asked, params=parameters)
        distances = cosine_distances(scores) if self._metric == "angular" else np.sqrt(scores)
        return self._equal_rows.neighbours(groups, distances, k)

    @property
    def error(self) -> float:
        """Rounding changes no value by more than 2**-11 of it, so no product of two unit rows by more."""
        return HALF_PRECISION if self._metric == "angular" else np.inf

    def scan(self, query: Float32, k: int, allowed: Mask) -> KnnGraph:
        faiss, equal = library(), self._equal_rows
        of_groups = allowed
        if self._graph.ntotal < len(allowed):
            of_groups = np.logical_or.reduceat(allowed[equal.members], equal.starts[:-1])
        selected = faiss.SearchParameters(
            sel=faiss.IDSelectorBitmap(np.packbits(of_groups, bitorder="little"))
        )
        asked = min(k, int(np.count_nonzero(of_groups)))
        with faiss_threads(1):
            scores, groups = self._rows.search(comparable(query, self._metric), asked, params=selected)
        distances = cosine_distances(scores[0]) if self._metric == "angular" else np.sqrt(scores[0])
        members = [equal.members[equal.starts[group] : equal.starts[group + 1]] for group in groups[0]]
        rows = np.concatenate(members) if members else np.empty(0, np.int64)
        near = np.repeat(distances, [len(part) for part in members])
        kept = allowed[rows]
        return in_order(rows[kept][None], near[kept][None], min(k, int(kept.sum())))


class FaissHnsw:
    """Fast at any size; searches as hard as it takes to find 99 of 100 neighbours."""

    name = "faiss-hnsw"
    title = "HNSW (faiss)"
    requires: tuple[Requirement, ...] = ()
    exact = False

    def build(self, vectors: Vectors, path: Path, options: IndexOptions) -> dict[str, Any]:
        start = time.perf_counter()
        equal_rows = group_equal_rows(vectors)
        with faiss_threads(options.threads):
            graph = _build_graph(vectors, equal_rows.firsts, options)
            effort, recall = raise_until_kept(
                EFFORTS,
                lambda effort: FaissIndex(graph, equal_rows, options.metric, effort),
                RecallSample(vectors, options),
            )
        library().write_index(graph, str(path))
        graph_bytes = path.stat().st_size
        with path.open("ab") as stream:
            for array in (equal_rows.members, equal_rows.starts):
                stream.write(array.astype("<i8").tobytes())
        return {
            "metric": options.metric,
            "rows": len(vectors),
            "distinct_rows": graph.ntotal,
            "graph_bytes": graph_bytes,
            "links": LINKS,
            "ef_construction": graph.hnsw.efConstruction,
            "ef_search": effort,
            "recall_at_10": recall,
            "seconds": time.perf_counter() - start,
            "bytes": path.stat().st_size,
        }

    def open(self, path: Path, facts: dict[str, Any]) -> FaissIndex:
        try:
            graph = library().read_index(str(path), library().IO_FLAG_MMAP_IFC)
            numbers = np.memmap(path, "<i8", "r", offset=facts["graph_bytes"])
        except (RuntimeError, OSError, ValueError) as error:
            raise DamagedFileError(f"Cannot read the index {path}: {error}.") from error
        rows, groups = facts["rows"], facts["distinct_rows"]
        if graph.ntotal != groups or len(numbers) != rows + groups + 1:
            raise DamagedFileError(f"The index {path} does not hold the {rows} rows that it should.")
        return FaissIndex(
            graph, EqualRows(numbers[:rows], numbers[rows:]), facts["metric"], facts["ef_search"]
        )


def _build_graph(vectors: Vectors, rows: Rows, options: IndexOptions) -> Any:
    faiss = library()
    kind = faiss.METRIC_INNER_PRODUCT if options.metric == "angular" else faiss.METRIC_L2
    graph = faiss.IndexHNSWSQ(vectors.shape[1], faiss.ScalarQuantizer.QT_fp16, LINKS, kind)
    graph.is_trained = True  # half precision has nothing to learn
    graph.hnsw.rng = faiss.RandomGenerator(options.seed)
    for first in range(0, len(rows), BLOCK_ROWS):
        graph.add(comparable(vectors[rows[first : first + BLOCK_ROWS]], options.metric))
    return graph


REGISTER = (FaissHnsw(),)
