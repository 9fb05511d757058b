"""The measures of a map are those of the literature."""

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

from app.reducers import quality as module
from app.reducers.quality import quality

METRICS = {"angular": "cosine", "euclidean": "euclidean"}


@pytest.fixture
def vectors():
    return np.random.default_rng(8).standard_normal((400, 12)).astype(np.float32)


@pytest.fixture
def coordinates(vectors):
    return vectors[:, :2].copy()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("k", [10, 50])
def test_trustworthiness_is_that_of_scikit_learn_when_all_rows_are_judged(vectors, coordinates, metric, k):
    measures = quality(vectors, coordinates, metric=metric)
    assert measures["sample_rows"] == 400
    expected = trustworthiness(vectors, coordinates, n_neighbors=k, metric=METRICS[metric])
    assert measures[f"trustworthiness_{k}"] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("k", [10, 50])
def test_preservation_is_the_share_of_common_neighbours(vectors, coordinates, metric, k):
    true = NearestNeighbors(n_neighbors=k, metric=METRICS[metric]).fit(vectors).kneighbors(None)[1]
    seen = NearestNeighbors(n_neighbors=k).fit(coordinates).kneighbors(None)[1]
    shares = [len(np.intersect1d(*rows)) / k for rows in zip(true, seen, strict=True)]
    preservation = quality(vectors, coordinates, metric=metric)[f"preservation_{k}"]
    assert preservation == pytest.approx(np.mean(shares), abs=1e-3)


def test_measures_are_perfect_when_the_map_is_the_data(coordinates):
    measures = quality(coordinates, coordinates, metric="euclidean")
    for name in ("trustworthiness_10", "trustworthiness_50", "preservation_10", "preservation_50"):
        assert measures[name] == 1


def test_trustworthiness_is_near_a_half_when_the_map_is_chance(vectors):
    chance = np.random.default_rng(1).random((400, 2), dtype=np.float32)
    assert quality(vectors, chance)["trustworthiness_10"] == pytest.approx(0.5, abs=0.05)


def test_estimate_is_close_when_a_sample_is_judged(vectors, coordinates, monkeypatch):
    whole = quality(vectors, coordinates)
    monkeypatch.setattr(module, "MAX_SAMPLE", 150)
    sampled = quality(vectors, coordinates, seed=1)
    assert sampled["sample_rows"] == 150
    assert sampled == quality(vectors, coordinates, seed=1)
    for name, value in whole.items():
        if name != "sample_rows":
            assert sampled[name] == pytest.approx(value, abs=0.03)


def test_sample_shrinks_when_there_are_many_rows(vectors, coordinates, monkeypatch):
    monkeypatch.setattr(module, "MAX_COMPARISONS", 400 * 300)
    assert quality(vectors, coordinates)["sample_rows"] == 300


def test_a_map_is_not_blamed_when_rows_are_copies(vectors, coordinates):
    vectors[:] = vectors[0]
    measures = quality(vectors, coordinates)
    assert measures["trustworthiness_10"] == measures["preservation_50"] == 1


@pytest.mark.parametrize("n_rows", [1, 2])
def test_measures_are_none_when_there_are_too_few_rows(vectors, coordinates, n_rows):
    measures = quality(vectors[:n_rows], coordinates[:n_rows])
    assert measures.pop("sample_rows") == n_rows
    assert set(measures.values()) == {None}


@pytest.mark.parametrize("n_rows", [3, 5, 40])
def test_measures_are_within_bounds_when_there_are_few_rows(vectors, coordinates, n_rows):
    for name, value in quality(vectors[:n_rows], coordinates[:n_rows]).items():
        assert name == "sample_rows" or 0 <= value <= 1


def test_rows_of_half_precision_are_judged_alike(vectors, coordinates):
    halves, whole = quality(vectors.astype(np.float16), coordinates), quality(vectors, coordinates)
    assert halves["trustworthiness_10"] == pytest.approx(whole["trustworthiness_10"], abs=1e-3)


def test_first_two_columns_are_judged_when_there_are_more(vectors, coordinates):
    more = np.column_stack([coordinates, vectors[:, 2:6]])
    assert quality(vectors, more) == quality(vectors, coordinates)
