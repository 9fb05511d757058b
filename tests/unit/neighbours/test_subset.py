import numpy as np
import pytest

from app.neighbours.knn import knn_graph
from app.neighbours.subset import RowSubset


def test_the_nearest_of_the_chosen_rows_are_found():
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((2000, 24)).astype(np.float16)
    chosen = np.flatnonzero(rng.random(2000) < 0.3)
    subset = RowSubset(rows, chosen)
    for query in np.asarray(rows[::200], np.float32):
        found = subset.search(query[None], 10)
        truth = knn_graph(rows[chosen], 10, queries=query[None])
        assert np.isin(found.indices, chosen).all()
        assert found.distances == pytest.approx(truth.distances, abs=subset.error)
        assert len(np.intersect1d(found.indices, chosen[truth.indices])) >= 9


def test_all_chosen_rows_are_found_when_more_are_asked_for():
    rows = np.random.default_rng(1).standard_normal((50, 8)).astype(np.float32)
    found = RowSubset(rows, np.array([3, 30, 40])).search(rows[:1], 10)
    assert sorted(found.indices[0].tolist()) == [3, 30, 40]
