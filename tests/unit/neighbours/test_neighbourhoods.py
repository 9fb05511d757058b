import numpy as np
import pytest
from scipy.stats import skew

from app.neighbours import neighbourhoods
from app.neighbours.neighbourhoods import k_occurrence, shared_neighbours, skewness


@pytest.mark.parametrize("block_rows", [7, 32_768])
def test_shares_are_those_of_sets_when_compared(monkeypatch, block_rows):
    monkeypatch.setattr(neighbourhoods, "BLOCK_ROWS", block_rows)
    rng = np.random.default_rng(3)
    first, second = (np.stack([rng.permutation(30)[:10] for _ in range(50)]) for _ in range(2))
    truth = [len(set(one) & set(other)) / 10 for one, other in zip(first, second, strict=True)]
    np.testing.assert_allclose(shared_neighbours(first, second), truth, rtol=1e-6)
    assert (shared_neighbours(first, first) == 1).all()


def test_as_many_neighbours_count_as_both_have_when_one_has_fewer():
    shares = shared_neighbours(
        np.array([[1, 2, 3, 4]] * 3), np.array([[1, 9, -1, -1], [4, 3, 2, 1], [-1] * 4])
    )
    assert shares[:2].tolist() == [0.5, 1.0]
    assert np.isnan(shares[2])


def test_occurrences_are_counted_and_their_skewness_is_the_standardised_moment():
    neighbours = np.array([[1, 2], [2, 0], [1, -1], [2, 1]])
    counts = k_occurrence(neighbours, 4)
    assert counts.tolist() == [1, 3, 3, 0]
    sample = np.random.default_rng(0).poisson(3, 1000)
    assert skewness(sample) == pytest.approx(skew(sample))
    assert skewness(np.array([5, 5, 5])) is None
