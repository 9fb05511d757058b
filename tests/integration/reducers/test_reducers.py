"""What every projection promises, whoever wrote it."""

import json

import numpy as np
import pytest

from app.neighbours.knn import knn_graph
from app.reducers import REDUCERS, ReducerOptions, tsne
from app.reducers.quality import quality

METRICS = ("angular", "euclidean")


@pytest.fixture(params=REDUCERS.names())
def reducer(request):
    entry = next(entry for entry in REDUCERS if entry.name == request.param)
    for need in entry.requires:
        if not need.is_met():
            pytest.skip(
                f"THE PROJECTION {entry.name!r} IS NOT TESTED: {need.module} is missing, {need.install}"
            )
    return entry


@pytest.fixture
def vectors():
    """Eight clusters on a curved surface of few dimensions."""
    rng = np.random.default_rng(9)
    inner = 2 * rng.standard_normal((8, 4))[rng.integers(0, 8, 160)] + 0.5 * rng.standard_normal((160, 4))
    curved = np.tanh(inner @ rng.standard_normal((4, 40)) / 2)
    return (curved + 0.05 * rng.standard_normal((160, 40))).astype(np.float32)


def fit(reducer, vectors, metric="angular", **options):
    graph = knn_graph(vectors, 90, metric=metric)
    return reducer.fit(vectors, graph, ReducerOptions(metric=metric, **options))


def place(fitted, vectors, further, metric="angular"):
    return fitted.transform(further, knn_graph(vectors, 30, metric=metric, queries=further))


@pytest.mark.parametrize("metric", METRICS)
def test_map_keeps_neighbours_when_there_are_clusters(reducer, vectors, metric):
    fitted = fit(reducer, vectors, metric)
    assert fitted.coordinates.shape[0] == 160
    assert fitted.coordinates.shape[1] >= 2
    assert fitted.coordinates.dtype == np.float32
    assert quality(vectors, fitted.coordinates, metric=metric)["trustworthiness_10"] > 0.85


def test_map_is_the_same_bits_when_computed_again_with_more_threads(reducer, vectors, monkeypatch):
    monkeypatch.setattr(tsne, "FEWEST_ROWS_FOR_THREADS", 0)
    first = fit(reducer, vectors, seed=3)
    again = fit(reducer, vectors, seed=3, threads=2)
    assert (first.coordinates == again.coordinates).all()


def test_facts_are_plain_when_fitted(reducer, vectors):
    facts = fit(reducer, vectors).facts
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


@pytest.mark.parametrize("n_rows", [1, 2, 3, 4, 5, 9])
def test_map_is_laid_out_when_there_are_few_rows(reducer, vectors, n_rows):
    few = vectors[:n_rows]
    fitted = fit(reducer, few)
    assert fitted.coordinates.shape[0] == n_rows
    assert np.isfinite(fitted.coordinates).all()
    assert len(np.unique(fitted.coordinates, axis=0)) == n_rows
    assert np.isfinite(place(fitted, few, vectors[50:60])).all()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("value", [0.0, 0.7])
def test_map_is_finite_when_all_rows_are_equal(reducer, metric, value):
    vectors = np.full((40, 10), value, np.float32)
    fitted = fit(reducer, vectors, metric)
    assert np.isfinite(fitted.coordinates).all()
    assert np.isfinite(place(fitted, vectors, vectors[:3], metric)).all()


@pytest.mark.parametrize("metric", METRICS)
def test_map_is_finite_when_columns_are_constant_and_rows_are_copies(reducer, vectors, metric):
    vectors[:, 3], vectors[:, 4] = 7, 0
    vectors[20:80] = vectors[20]
    assert np.isfinite(fit(reducer, vectors, metric).coordinates).all()


@pytest.mark.parametrize("metric", METRICS)
def test_further_rows_lie_among_their_kind_when_placed(reducer, vectors, metric):
    fitted = fit(reducer, vectors[:120], metric)
    placed = place(fitted, vectors[:120], vectors[120:], metric)
    assert placed.dtype == np.float32
    together = np.vstack([fitted.coordinates, placed])
    whole = fit(reducer, vectors, metric).coordinates
    seen, possible = (
        quality(vectors, maps, metric=metric)["trustworthiness_10"] for maps in (together, whole)
    )
    assert seen > possible - 0.05


def test_places_do_not_depend_on_the_block_when_rows_are_placed(reducer, vectors):
    fitted = fit(reducer, vectors[:120])
    whole = place(fitted, vectors[:120], vectors[120:])
    parts = [place(fitted, vectors[:120], vectors[first : first + 7]) for first in range(120, 160, 7)]
    # PCA multiplies matrices, whose last bits depend on their shapes.
    np.testing.assert_allclose(np.vstack(parts), whole, rtol=1e-6, atol=1e-6)


def test_input_is_left_as_it_was_when_fitted(reducer, vectors):
    graph = knn_graph(vectors, 90)
    before = [array.copy() for array in (vectors, graph.indices, graph.distances)]
    for array in (vectors, graph.indices, graph.distances):
        array.setflags(write=False)
    reducer.fit(vectors, graph, ReducerOptions())
    for array, copy in zip((vectors, graph.indices, graph.distances), before, strict=True):
        assert (array == copy).all()


def test_neighbours_are_demanded_when_the_graph_is_used(reducer, vectors):
    if not reducer.uses_graph:
        reducer.fit(vectors, None, ReducerOptions()).transform(vectors, None)
        return
    with pytest.raises(ValueError, match="neighbour"):
        reducer.fit(vectors, None, ReducerOptions())
    with pytest.raises(ValueError, match="neighbours"):
        fit(reducer, vectors).transform(vectors, None)


def test_defaults_are_the_four_known_projections():
    assert [entry.name for entry in REDUCERS if entry.default] == ["pca", "std-pca", "tsne", "umap"]


def test_entry_describes_itself_when_listed(reducer):
    assert reducer.name == reducer.name.lower()
    assert reducer.title
    assert isinstance(reducer.default, bool)
    assert isinstance(reducer.uses_graph, bool)
