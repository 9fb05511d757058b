"""PCA: the directions in which the vectors differ most.

The covariance is summed up in double precision, block by block, and taken apart by an eigenvalue
decomposition (scikit-learn calls this ``covariance_eigh``): few hundred dimensions against many rows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.graph import Float32, KnnGraph
from app.reducers.base import ReducerOptions
from app.registry import Requirement

BLOCK_ROWS = 8192
NOTHING = 1e-7  # variation below this share of the size is rounding

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PrincipalAxes:
    """A fitted PCA.

    Attributes
    ----------
    mean, scale : float64, shape=(n_dims,)
        Taken off the vectors, and what they are divided by.
    axes : float64, shape=(n_dims, n_components)
        Columns of length 1, or of zeros where nothing varies any more.
    explained : float64, shape=(n_components,)
        Share of the variance along each axis.
    """

    mean: Float64
    scale: Float64
    axes: Float64
    explained: Float64

    def project(self, vectors: npt.NDArray[np.floating]) -> Float32:
        """Return float32, shape=(n_rows, n_components)."""
        coordinates = np.empty((len(vectors), self.axes.shape[1]), np.float32)
        for first in range(0, len(vectors), BLOCK_ROWS):
            block = slice(first, first + BLOCK_ROWS)
            coordinates[block] = ((vectors[block] - self.mean) / self.scale) @ self.axes
        return coordinates


def principal_axes(
    vectors: npt.NDArray[np.floating], n_components: int, *, standardise: bool = False
) -> PrincipalAxes:
    """Find the axes of the greatest variance.

    Parameters
    ----------
    vectors : float, shape=(n_rows, n_dims)
    n_components : int
        How many to keep; fewer if there are fewer rows or dimensions, but two at least.
    standardise : bool
        Divide every dimension by its standard deviation first; constant ones are left alone.
    """
    n_rows, n_dims = vectors.shape
    mean = vectors.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((n_dims, n_dims))
    for first in range(0, n_rows, BLOCK_ROWS):
        centred = vectors[first : first + BLOCK_ROWS] - mean
        covariance += centred.T @ centred
    covariance /= max(n_rows - 1, 1)
    scale = np.ones(n_dims)
    if standardise:
        deviations = np.sqrt(np.diag(covariance))
        scale = np.where(deviations > NOTHING * np.abs(mean), deviations, 1.0)
        covariance /= np.outer(scale, scale)
    variances, directions = np.linalg.eigh(covariance)
    n_kept = max(2, min(n_components, n_rows, n_dims))
    size = np.trace(covariance) + np.sum((mean / scale) ** 2)
    useful = np.flatnonzero(variances > NOTHING**2 * size)[::-1][:n_kept]
    axes = np.zeros((n_dims, n_kept))
    axes[:, : len(useful)] = _with_fixed_signs(directions[:, useful])
    explained = np.zeros(n_kept)
    if len(useful):
        explained[: len(useful)] = variances[useful] / np.trace(covariance)
    return PrincipalAxes(mean, scale, axes, explained)


def _with_fixed_signs(axes: Float64) -> Float64:
    """Turn each axis so that its greatest entry is positive: the same data give the same map."""
    greatest = np.abs(axes).argmax(axis=0)
    signs = np.sign(axes[greatest, np.arange(axes.shape[1])])
    return np.asarray(axes * signs)


class PcaMap:
    """Principal components of some rows.

    Parameters
    ----------
    vectors : float32, shape=(n_rows, n_dims)
    axes : PrincipalAxes
    """

    def __init__(self, vectors: Float32, axes: PrincipalAxes) -> None:
        self._axes = axes
        self.coordinates = axes.project(vectors)
        self.facts: dict[str, Any] = {"explained_variance": [float(share) for share in axes.explained]}

    def transform(self, vectors: Float32, neighbours: KnnGraph | None) -> Float32:  # noqa: ARG002
        return self._axes.project(vectors)


class Pca:
    """PCA, of the vectors as they are or of their standardised dimensions."""

    requires: tuple[Requirement, ...] = ()
    default = True
    uses_graph = False

    def __init__(self, name: str, title: str, *, standardise: bool) -> None:
        self.name = name
        self.title = title
        self._standardise = standardise

    def fit(self, vectors: Float32, graph: KnnGraph | None, options: ReducerOptions) -> PcaMap:  # noqa: ARG002
        return PcaMap(vectors, principal_axes(vectors, options.pca_dims, standardise=self._standardise))


REGISTER = (Pca("pca", "PCA", standardise=False),)
