"""Recall is measured against the truth, and search effort is raised until it suffices."""

import numpy as np
import pytest

from app.graph import KnnGraph
from app.neighbours import IndexOptions
from app.neighbours.knn import knn_graph
from app.neighbours.recall import RecallSample, raise_until_kept


class ForgetfulIndex:
    """Finds the true neighbours, but for every row of a number that it does not know."""

    def __init__(self, rows, forgotten):
        self.rows = rows
        self.known = np.setdiff1d(np.arange(len(rows)), forgotten)

    def search(self, queries, k):
        graph = knn_graph(self.rows[self.known], k, queries=queries)
        return KnnGraph(self.known[graph.indices], graph.distances)


@pytest.fixture
def rows():
    return np.random.default_rng(1).standard_normal((400, 10)).astype(np.float32)


def test_recall_is_one_when_everything_is_found(rows):
    assert RecallSample(rows, IndexOptions()).recall(ForgetfulIndex(rows, [])) == 1


def test_recall_is_the_share_found_when_rows_are_forgotten(rows):
    forgotten = np.arange(0, 400, 4)
    truth = knn_graph(rows, 10).indices
    share = 1 - np.isin(truth, forgotten).mean()
    assert RecallSample(rows, IndexOptions()).recall(ForgetfulIndex(rows, forgotten)) == pytest.approx(share)


def test_recall_is_one_when_another_copy_is_found(rows):
    rows[:50] = rows[0]
    assert RecallSample(rows, IndexOptions()).recall(ForgetfulIndex(rows, np.arange(20, 40))) == 1


def test_recall_is_one_when_there_is_a_single_row(rows):
    assert RecallSample(rows[:1], IndexOptions()).recall(ForgetfulIndex(rows[:1], [])) == 1


def test_effort_is_the_least_that_suffices_when_raised(rows):
    sample = RecallSample(rows, IndexOptions())
    tried = []

    def opened_with(forgotten):
        tried.append(forgotten)
        return ForgetfulIndex(rows, np.arange(forgotten))

    assert raise_until_kept([200, 50, 0, 0], opened_with, sample) == (0, 1.0)
    assert tried == [200, 50, 0]


def test_effort_is_the_greatest_when_none_suffices(rows):
    sample = RecallSample(rows, IndexOptions())
    effort, recall = raise_until_kept([300, 200], lambda n: ForgetfulIndex(rows, np.arange(n)), sample)
    assert effort == 200
    assert recall < 0.9
