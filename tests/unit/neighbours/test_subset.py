import numpy as np
import pytest

from app.graph import unit_rows
from app.neighbours.subset import STEP, RowSubset

ALL = np.arange(2000)


def flat_rows(rng, n_dims=200, spread=0.03):
    """Rows that mostly lie in 8 of their dimensions, turned so that no coordinate shows it."""
    rows = rng.standard_normal((2000, n_dims)) * np.where(np.arange(n_dims) < 8, 1, spread)
    return (rows @ np.linalg.qr(rng.standard_normal((n_dims, n_dims)))[0]).astype(np.float16)


def round_rows(rng, n_dims=200):
    """Rows of which every dimension says as much."""
    return rng.standard_normal((2000, n_dims)).astype(np.float16)


def true_distances(rows, query):
    return 1 - unit_rows(rows) @ unit_rows(query[None])[0]


@pytest.mark.parametrize("make", [flat_rows, round_rows])
def test_no_row_is_nearer_than_it_can_be_by_what_is_kept(make):
    rng = np.random.default_rng(1)
    rows = make(rng)
    chosen = np.flatnonzero(rng.random(2000) < 0.3)
    subset = RowSubset(rows, chosen)
    for query in np.asarray(rows[::200], np.float32):
        found = subset.search(query[None], 40)
        least, true = found.distances[0], true_distances(rows, query)
        assert np.isin(found.indices, chosen).all()
        assert (np.diff(least) >= 0).all()
        assert (true[found.indices[0]] >= least - subset.error).all()
        left_out = np.setdiff1d(chosen, found.indices)
        assert (true[left_out] >= least[-1] - subset.error).all()


def test_few_coordinates_are_kept_when_they_say_most():
    subset = RowSubset(flat_rows(np.random.default_rng(1)), ALL)
    assert subset.n_kept == STEP
    assert RowSubset(round_rows(np.random.default_rng(1)), ALL).n_kept > 5 * STEP


def test_the_nearest_ones_are_found_among_few_when_coordinates_say_most():
    rows = flat_rows(np.random.default_rng(1))
    subset = RowSubset(rows, ALL)
    for query in np.asarray(rows[::100], np.float32):
        nearest = np.argsort(true_distances(rows, query))[:10]
        assert np.isin(nearest, subset.search(query[None], 74).indices).all()


@pytest.mark.parametrize("n_dims", [1, 8, STEP - 1, STEP])
def test_all_chosen_rows_are_found_when_more_are_asked_for(n_dims):
    rows = np.random.default_rng(1).standard_normal((50, n_dims)).astype(np.float32)
    found = RowSubset(rows, np.array([3, 30, 40])).search(rows[:1], 10)
    assert sorted(found.indices[0].tolist()) == [3, 30, 40]


def test_rows_without_direction_are_at_distance_one():
    found = RowSubset(np.zeros((5, 40), np.float16), np.arange(5)).search(np.ones((1, 40), np.float32), 5)
    assert found.distances[0] == pytest.approx(np.ones(5))
