"""Indexes keep the promise of their facts on rows that were not used to measure it."""

import numpy as np
import pytest

from app.neighbours import BACKENDS, IndexOptions
from app.neighbours.knn import knn_graph
from app.neighbours.recall import PROMISE


@pytest.fixture(scope="module")
def rows():
    """20,000 rows with an inner dimension of 20 and much noise: not easy."""
    rng = np.random.default_rng(12)
    inner = rng.standard_normal((40, 20))[rng.integers(0, 40, 20_000)] + rng.standard_normal((20_000, 20))
    noise = 0.4 * rng.standard_normal((20_000, 100))
    return (np.tanh(inner @ rng.standard_normal((20, 100)) / 4) + noise).astype(np.float16)


@pytest.mark.parametrize("metric", ["angular", "euclidean"])
@pytest.mark.parametrize("name", BACKENDS.names())
def test_recall_is_as_promised_when_other_rows_ask(name, metric, rows, tmp_path):
    entry = next(entry for entry in BACKENDS if entry.name == name)
    if entry not in BACKENDS.available():
        pytest.skip(f"THE INDEX {name!r} IS NOT TESTED: it is not installed")
    facts = entry.build(rows, tmp_path / "index", IndexOptions(metric=metric))
    rng = np.random.default_rng(0)
    queries = rows[rng.choice(20_000, 300, replace=False)] + 0.1 * rng.standard_normal((300, 100))
    queries = queries.astype(np.float32)
    found = entry.open(tmp_path / "index", facts).search(queries, 10).indices
    truth = knn_graph(rows, 10, metric=metric, queries=queries).indices
    recall = np.mean([len(np.intersect1d(*pair)) / 10 for pair in zip(found, truth, strict=True)])
    assert facts["recall_at_10"] >= PROMISE
    assert recall == pytest.approx(facts["recall_at_10"], abs=0.015)
