"""PCA and STD-PCA are what scikit-learn computes, and bear degenerate input."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from app.reducers import REDUCERS, ReducerOptions
from app.reducers.pca import principal_axes

BOTH = pytest.mark.parametrize("name", ["pca", "std-pca"])


@pytest.fixture
def vectors():
    rng = np.random.default_rng(2)
    mixed = rng.standard_normal((500, 6)) * [9, 6, 4, 2, 1, 0.5] @ rng.standard_normal((6, 30))
    return (mixed * np.linspace(0.1, 20, 30) + 100).astype(np.float32)


def fit(name, vectors, pca_dims=5):
    return REDUCERS.get(name).fit(vectors, None, ReducerOptions(pca_dims=pca_dims))


@pytest.mark.parametrize("standardise", [False, True])
def test_coordinates_are_those_of_scikit_learn_but_for_signs(vectors, standardise):
    doubles = vectors.astype(np.float64)
    if standardise:
        doubles = StandardScaler().fit_transform(doubles) * np.sqrt(499 / 500)
    reference = PCA(5, svd_solver="covariance_eigh").fit(doubles)
    axes = principal_axes(vectors, 5, standardise=standardise)
    np.testing.assert_allclose(axes.explained, reference.explained_variance_ratio_, rtol=1e-6)
    np.testing.assert_allclose(
        np.abs(axes.project(vectors)), np.abs(reference.transform(doubles)), rtol=1e-3, atol=1e-3
    )


@BOTH
def test_axes_point_the_same_way_when_rows_are_shuffled(name, vectors):
    order = np.random.default_rng(0).permutation(len(vectors))
    np.testing.assert_allclose(
        fit(name, vectors[order]).coordinates, fit(name, vectors).coordinates[order], atol=1e-3
    )


@BOTH
def test_fitted_rows_are_placed_where_they_lie_when_transformed(name, vectors):
    fitted = fit(name, vectors)
    np.testing.assert_allclose(
        fitted.transform(vectors[100:140], None), fitted.coordinates[100:140], atol=1e-4
    )


@BOTH
def test_explained_variance_falls_and_stays_below_one_when_components_are_few(name, vectors):
    shares = fit(name, vectors).facts["explained_variance"]
    assert shares == sorted(shares, reverse=True)
    assert 0.5 < sum(shares) <= 1 + 1e-9


@BOTH
def test_components_are_as_many_as_rows_or_dimensions_allow(name, vectors):
    assert fit(name, vectors, pca_dims=99).coordinates.shape == (500, 30)
    assert fit(name, vectors[:4], pca_dims=99).coordinates.shape == (4, 4)
    assert fit(name, vectors[:1], pca_dims=99).coordinates.shape == (1, 2)


def test_constant_dimensions_count_nothing_when_standardised(vectors):
    with_constants = np.column_stack([vectors, np.full(500, 0.1), np.zeros(500)]).astype(np.float32)
    np.testing.assert_allclose(
        np.abs(fit("std-pca", with_constants).coordinates),
        np.abs(fit("std-pca", vectors).coordinates),
        atol=1e-4,
    )


@BOTH
def test_everything_lies_at_the_origin_when_all_rows_are_equal(name, vectors):
    fitted = fit(name, np.repeat(vectors[:1], 20, axis=0))
    assert not fitted.coordinates.any()
    assert not any(fitted.facts["explained_variance"])


def test_precision_is_kept_when_the_mean_is_large():
    rng = np.random.default_rng(4)
    line = rng.standard_normal(20_000)
    vectors = (np.outer(line, [3, 4]) / 5 + 2000).astype(np.float32)
    first, second = fit("pca", vectors, 2).coordinates.T
    assert abs(np.corrcoef(first, line)[0, 1]) > 0.999999
    assert np.abs(second).max() < 1e-3
