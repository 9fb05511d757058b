"""What every index backend promises, whoever wrote it."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from app.errors import DamagedFileError
from app.neighbours import BACKENDS, IndexOptions, Scanner
from app.neighbours.knn import knn_graph

METRICS = ("angular", "euclidean")


@pytest.fixture(params=BACKENDS.names())
def backend(request):
    entry = next(entry for entry in BACKENDS if entry.name == request.param)
    for need in entry.requires:
        if not need.is_met():
            pytest.skip(f"THE INDEX {entry.name!r} IS NOT TESTED: {need.module} is missing, {need.install}")
    return entry


@pytest.fixture
def rows():
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((20, 24))
    return (centres[rng.integers(0, 20, 1500)] + 0.3 * rng.standard_normal((1500, 24))).astype(np.float16)


@pytest.fixture
def index_of(backend, tmp_path):
    def build_and_open(rows, metric="angular", **options):
        path = tmp_path / "index"
        facts = backend.build(rows, path, IndexOptions(metric=metric, **options))
        return backend.open(path, json.loads(json.dumps(facts)))

    return build_and_open


def as_queries(rows):
    return np.asarray(rows, np.float32)


@pytest.mark.parametrize("metric", METRICS)
def test_true_neighbours_are_found_when_asked_for(index_of, rows, metric):
    queries = as_queries(rows[::15])
    found = index_of(rows, metric).search(queries, 10)
    truth = knn_graph(rows, 10, metric=metric, queries=queries)
    hits = [len(np.intersect1d(*pair)) for pair in zip(found.indices, truth.indices, strict=True)]
    assert np.mean(hits) >= 9.7


@pytest.mark.parametrize("metric", METRICS)
def test_distances_are_those_of_the_metric_when_neighbours_are_found(index_of, rows, metric):
    queries = as_queries(rows[:40])
    found = index_of(rows, metric).search(queries, 5)
    everything = knn_graph(rows, len(rows), metric=metric, queries=queries)
    at = np.argsort(everything.indices, axis=1)
    true = np.take_along_axis(everything.distances, np.take_along_axis(at, found.indices, axis=1), axis=1)
    # Half precision keeps 11 bits, and of two close vectors the difference is small.
    np.testing.assert_allclose(found.distances[:, 1:], true[:, 1:], rtol=0.01, atol=2e-3)
    assert (np.diff(found.distances, axis=1) >= 0).all()
    assert found.distances.dtype == np.float32
    assert found.indices.dtype == np.int64


def test_facts_state_what_was_built_when_the_index_is_done(backend, rows, tmp_path: Path):
    path = tmp_path / "index"
    facts = backend.build(rows, path, IndexOptions())
    assert json.loads(json.dumps(facts)) == facts
    assert facts["metric"] == "angular"
    assert facts["rows"] == len(rows)
    assert facts["bytes"] == path.stat().st_size
    assert facts["seconds"] >= 0
    assert 0.98 <= facts["recall_at_10"] <= 1
    assert not backend.exact or facts["recall_at_10"] == 1


@pytest.mark.parametrize("n_rows", [1, 2, 3, 7])
def test_result_is_filled_up_when_there_are_fewer_rows_than_asked_for(index_of, rows, n_rows):
    found = index_of(rows[:n_rows]).search(as_queries(rows[:n_rows]), 9)
    assert found.indices.shape == found.distances.shape == (n_rows, 9)
    assert np.sort(found.indices[:, :n_rows], axis=1).tolist() == [list(range(n_rows))] * n_rows
    assert (found.indices[:, n_rows:] == -1).all()
    assert np.isinf(found.distances[:, n_rows:]).all()


@pytest.mark.parametrize("metric", METRICS)
def test_distances_are_numbers_when_rows_or_queries_are_zero(index_of, rows, metric):
    rows[::7] = 0
    queries = as_queries(rows[:50])
    distances = index_of(rows, metric).search(queries, 10).distances
    assert np.isfinite(distances).all()


@pytest.mark.parametrize("metric", METRICS)
def test_neighbours_are_found_when_a_third_of_the_rows_are_equal(index_of, rows, metric):
    copies = np.arange(0, len(rows), 3)
    rows[copies] = rows[0]
    index = index_of(rows, metric)
    of_copies = index.search(as_queries(rows[:1]), 30)
    assert np.isin(of_copies.indices, copies).all()
    assert len(np.unique(of_copies.indices)) == 30
    others = as_queries(rows[1::30])
    found = index.search(others, 10)
    truth = knn_graph(rows, 10, metric=metric, queries=others)
    assert (found.distances[:, -1] <= truth.distances[:, -1] * 1.05 + 2e-3).mean() > 0.95


def test_answers_are_the_same_when_several_threads_ask(index_of, rows):
    index = index_of(rows)
    queries = [as_queries(rows[first : first + 1]) for first in range(60)]
    alone = [index.search(query, 8).indices.tolist() for query in queries]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda query: index.search(query, 8).indices.tolist(), queries))
    assert together == alone


def test_answers_are_the_same_when_the_index_is_built_again(backend, rows, tmp_path: Path):
    answers = []
    for name in ("first", "second"):
        facts = backend.build(rows, tmp_path / name, IndexOptions(seed=5))
        found = backend.open(tmp_path / name, facts).search(as_queries(rows[:100]), 10)
        answers.append((found.indices.tolist(), found.distances.tolist()))
    assert answers[0] == answers[1]


def test_file_is_refused_when_it_is_cut_short(backend, rows, tmp_path: Path):
    path = tmp_path / "index"
    facts = backend.build(rows, path, IndexOptions())
    path.write_bytes(path.read_bytes()[:-1001])
    with pytest.raises(DamagedFileError, match="index"):
        backend.open(path, facts)


def test_file_is_refused_when_it_is_missing(backend, rows, tmp_path: Path):
    path = tmp_path / "index"
    facts = backend.build(rows, path, IndexOptions())
    path.unlink()
    with pytest.raises(DamagedFileError, match="index"):
        backend.open(path, facts)


def test_entry_describes_itself_when_listed(backend):
    assert backend.name == backend.name.lower()
    assert backend.title
    assert isinstance(backend.exact, bool)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("share", [0.01, 0.5, 1])
def test_the_nearest_of_the_allowed_rows_are_found_when_an_index_compares_all(index_of, rows, metric, share):
    index = index_of(rows, metric)
    if not isinstance(index, Scanner):
        pytest.skip("this index cannot compare all of its rows")
    allowed = np.random.default_rng(5).random(len(rows)) < share
    for query in as_queries(rows[::100]):
        found = index.scan(query[None], 10, allowed)
        assert allowed[found.indices].all()
        truth = knn_graph(rows[allowed], 10, metric=metric, queries=query[None])
        error = index.error if np.isfinite(index.error) else 1e-2
        assert found.distances == pytest.approx(truth.distances, abs=error + 1e-6)


def test_every_allowed_row_of_equal_ones_is_found_when_an_index_compares_all(index_of, rows):
    rows[200:900] = rows[3]
    index = index_of(rows)
    if not isinstance(index, Scanner):
        pytest.skip("this index cannot compare all of its rows")
    allowed = np.zeros(len(rows), bool)
    allowed[700:950] = True
    found = index.scan(as_queries(rows[3:4]), 220, allowed)
    assert found.indices[0, :200].tolist() == list(range(700, 900))
    assert found.distances[0, :200] == pytest.approx(0, abs=1e-3)
    assert index.scan(as_queries(rows[3:4]), 1000, allowed).k == 250
