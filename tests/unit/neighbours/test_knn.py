"""The neighbour graph is the true one, in one order, however it is computed."""

from pathlib import Path

import numpy as np
import pytest

from app.neighbours import knn
from app.neighbours.knn import comparable, knn_graph, nearest_among, true_distances

METRICS = ("angular", "euclidean")


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def distances_between(queries, rows, metric):
    """All distances in double precision, shape=(n_queries, n_rows)."""
    queries, rows = queries.astype(np.float64), rows.astype(np.float64)
    if metric == "euclidean":
        return np.linalg.norm(queries[:, None] - rows[None], axis=2)
    lengths = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(rows, axis=1)
    return 1 - (queries @ rows.T) / lengths


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_graph_is_true_when_compared_in_double_precision(rng, metric, dtype):
    rows = rng.standard_normal((300, 20)).astype(dtype)
    graph = knn_graph(rows, 12, metric=metric)
    distances = distances_between(rows, rows, metric)
    np.fill_diagonal(distances, np.inf)
    expected = np.argsort(distances, axis=1)[:, :12]
    assert (graph.indices == expected).all()
    np.testing.assert_allclose(graph.distances, np.take_along_axis(distances, expected, axis=1), atol=1e-5)
    assert graph.indices.dtype == np.int64
    assert graph.distances.dtype == np.float32


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("n_queries", [3, 60])
def test_queries_find_themselves_when_they_are_rows(rng, metric, n_queries):
    rows = rng.standard_normal((200, 20)).astype(np.float32)
    graph = knn_graph(rows, 5, metric=metric, queries=rows[:n_queries])
    assert (graph.indices[:, 0] == np.arange(n_queries)).all()
    assert (graph.distances[:, 0] == 0).all()


@pytest.mark.parametrize("metric", METRICS)
def test_row_is_left_out_when_it_has_copies(rng, metric):
    rows = rng.standard_normal((400, 16)).astype(np.float32)
    copies = rng.choice(400, 150, replace=False)
    rows[copies] = rows[copies[0]]
    graph = knn_graph(rows, 20, metric=metric)
    assert (graph.indices != np.arange(400)[:, None]).all()
    ordered = np.sort(copies)
    for row in copies:
        assert (graph.indices[row] == ordered[ordered != row][:20]).all()
        assert (graph.distances[row] == 0).all()


@pytest.mark.parametrize("metric", METRICS)
def test_rows_are_in_order_when_equally_far(metric):
    corners = np.eye(12, dtype=np.float32)
    graph = knn_graph(corners, 5, metric=metric)
    expected = [[other for other in range(12) if other != row][:5] for row in range(12)]
    assert graph.indices.tolist() == expected


@pytest.mark.parametrize("metric", METRICS)
def test_graph_is_the_same_bits_when_threads_and_blocks_differ(rng, metric):
    rows = rng.standard_normal((5000, 50)).astype(np.float32)
    queries = rng.standard_normal((130, 50)).astype(np.float32)
    whole = knn_graph(rows, 15, metric=metric, queries=queries, threads=1)
    for threads, size in ((2, 130), (1, 1), (2, 47)):
        for first in range(0, 130, size):
            part = knn_graph(rows, 15, metric=metric, queries=queries[first : first + size], threads=threads)
            assert (part.indices == whole.indices[first : first + size]).all()
            assert (part.distances == whole.distances[first : first + size]).all()


def test_k_is_reduced_when_there_are_fewer_rows(rng):
    rows = rng.standard_normal((4, 8)).astype(np.float32)
    assert knn_graph(rows, 10).indices.shape == (4, 3)
    assert knn_graph(rows, 10, queries=rows[:2]).indices.shape == (2, 4)
    assert knn_graph(rows[:1], 10).indices.shape == (1, 0)


def test_zeros_are_at_distance_one_when_the_metric_is_angular(rng):
    rows = rng.standard_normal((30, 8)).astype(np.float32)
    rows[[3, 9]] = 0
    graph = knn_graph(rows, 29)
    assert np.isfinite(graph.distances).all()
    assert (graph.distances[3] == 1).all()


def test_tiny_and_huge_vectors_have_directions_when_the_metric_is_angular(rng):
    rows = rng.standard_normal((40, 8)).astype(np.float32)
    scaled = rows * np.logspace(-30, 30, 40, dtype=np.float32)[:, None]
    assert (knn_graph(scaled, 5).indices == knn_graph(rows, 5).indices).all()


def test_progress_counts_every_query_when_asked_for(rng):
    done = []
    knn_graph(rng.standard_normal((5000, 4)).astype(np.float32), 2, advance=done.append)
    assert sum(done) == 5000


def test_memory_mapped_rows_are_left_as_they_are_when_compared(rng, tmp_path: Path):
    rows = rng.standard_normal((100, 8)).astype(np.float16)
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    assert (knn_graph(mapped, 5).indices == knn_graph(rows, 5).indices).all()


@pytest.mark.parametrize("metric", METRICS)
def test_one_query_finds_the_same_when_it_goes_block_by_block(rng, monkeypatch, metric):
    rows = rng.standard_normal((500, 8)).astype(np.float16)
    rows[100:140] = rows[7]  # many equal ones
    query = comparable(rows[7:8], metric)
    allowed = rng.random(500) < 0.5
    whole = [nearest_among(rows, query, 60, metric, mask) for mask in (None, allowed)]
    monkeypatch.setattr(knn, "SCANNED_ROWS", 37)
    for mask, expected in zip((None, allowed), whole, strict=True):
        pieces = nearest_among(rows, query, 60, metric, mask)
        assert pieces.indices.tolist() == expected.indices.tolist()
        assert pieces.distances.tolist() == expected.distances.tolist()
    assert whole[0].indices[0, :41].tolist() == [7, *range(100, 140)]
    assert allowed[whole[1].indices].all()
    assert nearest_among(rows, query, 60, metric, np.zeros(500, bool)).k == 0
    assert nearest_among(rows, query, 600, metric).k == 500


@pytest.mark.parametrize("metric", METRICS)
def test_distances_of_some_rows_are_true(rng, metric):
    rows = rng.standard_normal((50, 8)).astype(np.float16)
    chosen = np.array([3, 3, 0, 49])
    found = true_distances(rows, comparable(rows[5:6], metric), chosen, metric)
    assert found == pytest.approx(distances_between(rows[5:6], rows[chosen], metric)[0], abs=1e-5)
    assert len(true_distances(rows, comparable(rows[5:6], metric), chosen[:0], metric)) == 0
