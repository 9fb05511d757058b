"""Equal rows form one group, and come back one by one."""

import numpy as np

from app.neighbours.duplicates import EqualRows, group_equal_rows


def test_rows_are_grouped_by_first_row_when_some_are_equal():
    rows = np.array([[1, 2], [3, 4], [1, 2], [0, 0], [3, 4], [1, 2]], np.float16)
    groups = group_equal_rows(rows)
    assert groups.firsts.tolist() == [0, 1, 3]
    assert groups.members.tolist() == [0, 2, 5, 1, 4, 3]
    assert groups.starts.tolist() == [0, 3, 5, 6]


def test_every_row_is_a_group_when_all_differ():
    rows = np.random.default_rng(0).standard_normal((5000, 3)).astype(np.float32)
    groups = group_equal_rows(rows)
    assert (groups.firsts == np.arange(5000)).all()
    assert (groups.members == np.arange(5000)).all()


def test_members_take_the_place_of_groups_when_expanded():
    groups = EqualRows(np.array([4, 7, 9, 0, 1, 2]), np.array([0, 3, 4, 6]))
    found = np.array([[2, 0, 1], [1, -1, -1]])
    distances = np.array([[0.1, 0.2, 0.3], [0.5, np.inf, np.inf]], np.float32)
    graph = groups.neighbours(found, distances, 4)
    assert graph.indices.tolist() == [[1, 2, 4, 7], [0, -1, -1, -1]]
    np.testing.assert_allclose(graph.distances[0], [0.1, 0.1, 0.2, 0.2])
    assert graph.distances[1].tolist() == [0.5, np.inf, np.inf, np.inf]


def test_rows_are_in_order_when_groups_are_equally_far():
    groups = EqualRows(np.array([5, 8, 2, 6]), np.array([0, 2, 4]))
    graph = groups.neighbours(np.array([[0, 1]]), np.zeros((1, 2), np.float32), 3)
    assert graph.indices.tolist() == [[2, 5, 6]]
