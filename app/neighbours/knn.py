"""True nearest neighbours, by comparing every query with every row: the graph and the measure of the rest.

Candidates come from blocked matrix products, whose last bits depend on the shape of the block and the
number of threads. So a few more than asked for are taken, and their distances are computed again pair by
pair: the result is the same for any block and any number of threads, and equal rows are equally far.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from app.graph import Float32, KnnGraph, unit_rows
from app.neighbours.base import Advance, Mask, Metric
from app.threads import in_batches

BLOCK_ROWS = 2048
SCANNED_ROWS = 32_768
SPARE_CANDIDATES = 8
FLOAT32_NOISE = 5e-7  # of a cosine similarity; nearer rows cannot be told from equal ones

Vectors = npt.NDArray[np.floating]
Rows = npt.NDArray[np.int64]


def library() -> Any:
    """Return faiss, loaded when first needed: those who only list the backends do without."""
    return importlib.import_module("faiss")


def knn_graph(
    vectors: Vectors,
    k: int,
    *,
    metric: Metric = "angular",
    queries: Vectors | None = None,
    threads: int = 1,
    advance: Advance | None = None,
) -> KnnGraph:
    """Find the true k nearest rows of every row, or of every query.

    Parameters
    ----------
    vectors : float16 or float32, shape=(n_rows, n_dims)
    k : int
        Neighbours per row; as many as there are if there are fewer.
    queries : float16 or float32, shape=(n_queries, n_dims), optional
        Whose neighbours to find; the rows of ``vectors`` themselves by default, each left out of its own.
    advance : callable, optional
        Called with the number of queries done since the last call.

    Returns
    -------
    KnnGraph
        Equal distances are in the order of the rows.
    """
    rows = comparable(vectors, metric)
    among_themselves = queries is None
    asked: Vectors = rows if queries is None else queries
    k = min(k, len(rows) - among_themselves)
    indices = np.empty((len(asked), k), np.int64)
    distances = np.empty((len(asked), k), np.float32)

    def search(first: int) -> int:
        last = min(first + BLOCK_ROWS, len(asked))
        if among_themselves:
            found = nearest(rows, rows[first:last], k + 1, metric)
            found = without(found, np.arange(first, last))
        else:
            found = nearest(rows, comparable(asked[first:last], metric), k, metric)
        indices[first:last], distances[first:last] = found.indices, found.distances
        return last - first

    for done in in_batches(search, range(0, len(asked), BLOCK_ROWS), threads=threads, batch=4 * threads):
        if advance is not None:
            advance(sum(done))
    return KnnGraph(indices, distances)


def comparable(vectors: Vectors, metric: Metric) -> Float32:
    """Return the rows as they are compared: float32, contiguous, of length 1 for the angular metric."""
    return unit_rows(vectors) if metric == "angular" else np.ascontiguousarray(vectors, np.float32)


def nearest(rows: Float32, queries: Float32, k: int, metric: Metric, threads: int = 1) -> KnnGraph:
    """Find the k nearest rows of each query; rows and queries are :func:`comparable`, k <= n_rows.

    One thread is the rule: whoever has several cores shares out the queries, or has other requests waiting.
    """
    faiss = library()
    n_candidates = min(k + SPARE_CANDIDATES, len(rows))
    kind = faiss.METRIC_INNER_PRODUCT if metric == "angular" else faiss.METRIC_L2
    with faiss_threads(threads):
        candidates = faiss.knn(queries, rows, n_candidates, metric=kind)[1]
        distances = pair_distances(rows, queries, candidates, metric)
    return in_order(candidates, distances, k)


def nearest_among(
    vectors: Vectors,
    query: Float32,
    k: int,
    metric: Metric,
    allowed: Mask | None = None,
    *,
    are_comparable: bool = False,
) -> KnnGraph:
    """Find the k nearest of the allowed rows of one query, block by block.

    Parameters
    ----------
    vectors : float16 or float32, shape=(n_rows, n_dims)
        May be memory-mapped; as they come, unless ``are_comparable`` says that they are what
        :func:`comparable` returns.
    query : float32, shape=(1, n_dims)
        As :func:`comparable` returns it.
    allowed : bool, shape=(n_rows,), optional
        All rows by default.

    Returns
    -------
    KnnGraph
        With as many neighbours as there are, if there are fewer than k.
    """
    best = KnnGraph(np.empty((1, 0), np.int64), np.empty((1, 0), np.float32))
    for first in range(0, len(vectors), SCANNED_ROWS):
        block = vectors[first : first + SCANNED_ROWS]
        rows = np.arange(first, first + len(block))
        if allowed is not None:
            rows = rows[allowed[rows]]
            if not len(rows):
                continue
            block = block[rows - first]
        block = block if are_comparable else comparable(block, metric)
        near = nearest(np.ascontiguousarray(block, np.float32), query, min(k, len(rows)), metric)
        indices = np.concatenate([best.indices, rows[near.indices]], axis=1)
        distances = np.concatenate([best.distances, near.distances], axis=1)
        best = in_order(indices, distances, min(k, indices.shape[1]))
    return best


def true_distances(vectors: Vectors, query: Float32, rows: Rows, metric: Metric) -> Float32:
    """Compute the distances (float32, shape=(n,)) of one query to some rows (int64, shape=(n,)).

    ``vectors`` and ``query`` are those of :func:`nearest_among`.
    """
    if not len(rows):
        return np.empty(0, np.float32)
    candidates = np.arange(len(rows))[None]
    with faiss_threads(1):
        distances: Float32 = pair_distances(comparable(vectors[rows], metric), query, candidates, metric)[0]
    return distances


def pair_distances(rows: Float32, queries: Float32, candidates: Rows, metric: Metric) -> Float32:
    """Compute the distances of each query to its own candidates, pair by pair.

    Parameters
    ----------
    rows, queries : float32, shape=(n_rows, n_dims), shape=(n_queries, n_dims)
        As :func:`comparable` returns them.
    candidates : int64, shape=(n_queries, n_candidates)
        Rows, -1 for none.

    Returns
    -------
    float32, shape=(n_queries, n_candidates)
        Infinite for none.
    """
    faiss = library()
    compute = faiss.fvec_inner_products_by_idx if metric == "angular" else faiss.fvec_L2sqr_by_idx
    candidates = np.ascontiguousarray(candidates, np.int64)
    results = np.empty(candidates.shape, np.float32)
    pointers = [faiss.swig_ptr(array) for array in (results, queries, rows, candidates)]
    compute(*pointers, queries.shape[1], *candidates.shape)
    distances = cosine_distances(results) if metric == "angular" else np.sqrt(results)
    distances[candidates < 0] = np.inf
    return distances


def cosine_distances(similarities: Float32) -> Float32:
    """Turn cosine similarities into distances from 0 to 2, equal rows at exactly 0."""
    distances = np.clip(1 - similarities, 0, 2)
    distances[distances < FLOAT32_NOISE] = 0
    return distances


def in_order(indices: Rows, distances: Float32, k: int) -> KnnGraph:
    """Sort neighbours by distance, then row; keep k of them, or fill up with -1 at infinity."""
    order = np.lexsort((indices, distances), axis=1)[:, :k]
    missing = ((0, 0), (0, max(0, k - order.shape[1])))
    return KnnGraph(
        np.pad(np.take_along_axis(indices, order, axis=1), missing, constant_values=-1),
        np.pad(np.take_along_axis(distances, order, axis=1), missing, constant_values=np.inf),
    )


def without(graph: KnnGraph, rows: Rows) -> KnnGraph:
    """Leave one row out of each query's neighbours, or the last one where that row is not among them."""
    keep = graph.indices != rows[:, None]
    keep[:, -1] &= ~keep.all(axis=1)
    shape = (len(rows), graph.k - 1)
    return KnnGraph(graph.indices[keep].reshape(shape), graph.distances[keep].reshape(shape))


@contextmanager
def faiss_threads(threads: int) -> Iterator[None]:
    """Let faiss use so many threads within the block."""
    faiss = library()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(threads)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
