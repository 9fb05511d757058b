import numpy as np
import pytest

from app.queries.similar.fusion import fuse_ranks


def test_rows_come_by_the_sum_of_their_reciprocal_ranks():
    rows, scores = fuse_ranks([np.array([5, 3, 9]), np.array([3, 7]), np.array([3, 5])])
    assert rows.tolist() == [3, 5, 7, 9]
    assert scores == pytest.approx([1 / 62 + 2 / 61, 1 / 61 + 1 / 62, 1 / 62, 1 / 63])


def test_ties_are_in_the_order_of_the_rows():
    assert fuse_ranks([np.array([8, 2]), np.array([2, 8])])[0].tolist() == [2, 8]


def test_nothing_is_fused_when_nothing_was_found():
    rows, scores = fuse_ranks([np.empty(0, np.int64), np.empty(0, np.int64)])
    assert (rows.tolist(), scores) == ([], [])
