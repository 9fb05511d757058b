"""Further rows find their place among their neighbours."""

import numpy as np
import pytest

from app.graph import KnnGraph
from app.reducers.neighbour_map import place, starting_map


@pytest.fixture
def coordinates():
    """Two clusters, around (0, 0) and (100, 0)."""
    rng = np.random.default_rng(5)
    clusters = rng.standard_normal((2, 50, 2))
    clusters[1, :, 0] += 100
    return clusters.reshape(100, 2).astype(np.float32)


def neighbours(indices, distances):
    return KnnGraph(np.array(indices), np.array(distances, np.float32))


def test_row_goes_to_the_cluster_of_most_neighbours_when_they_lie_in_two(coordinates):
    graph = neighbours([[0, 60, 1, 61, 2, 3, 4, 62]], [[0.2, 0.2, 0.21, 0.21, 0.22, 0.23, 0.23, 0.24]])
    assert np.abs(place(graph, coordinates)).max() < 5


def test_row_goes_to_the_cluster_of_the_nearest_when_they_lie_in_two(coordinates):
    graph = neighbours([[60, 61, 1, 2, 3, 4]], [[0.01, 0.02, 0.5, 0.5, 0.5, 0.5]])
    assert place(graph, coordinates)[0, 0] > 95


def test_row_lies_with_its_only_neighbour_when_there_is_one(coordinates):
    graph = neighbours([[7]], [[0.3]])
    np.testing.assert_allclose(place(graph, coordinates), coordinates[[7]])


def test_missing_neighbours_count_nothing(coordinates):
    full = neighbours([[3, 4, 5]], [[0.1, 0.2, 0.3]])
    padded = neighbours([[3, 4, 5, -1, -1]], [[0.1, 0.2, 0.3, np.inf, np.inf]])
    np.testing.assert_allclose(place(padded, coordinates), place(full, coordinates))


def test_row_has_a_place_when_all_its_neighbours_are_equal_to_it(coordinates):
    graph = neighbours([[3, 4, 5]], [[0, 0, 0]])
    assert np.isfinite(place(graph, coordinates)).all()


def test_places_are_the_same_bits_when_rows_come_in_other_blocks(coordinates):
    rng = np.random.default_rng(6)
    graph = KnnGraph(
        rng.integers(0, 100, (5000, 15)), np.sort(rng.random((5000, 15), dtype=np.float32), axis=1)
    )
    whole = place(graph, coordinates)
    for first in range(0, 5000, 700):
        block = slice(first, first + 700)
        part = place(KnnGraph(graph.indices[block], graph.distances[block]), coordinates)
        assert (part == whole[block]).all()


def test_start_is_the_same_when_the_seed_is():
    vectors = np.random.default_rng(0).standard_normal((50, 9)).astype(np.float32)
    assert (starting_map(vectors, 1) == starting_map(vectors, 1)).all()
    assert (starting_map(vectors, 1) != starting_map(vectors, 2)).any()


def test_equal_rows_start_apart():
    start = starting_map(np.ones((30, 5), np.float32), 0)
    assert len(np.unique(start, axis=0)) == 30
