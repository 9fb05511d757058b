"""What maps made from a neighbour graph share: where they start, and how further rows find their place.

A further row goes where its nearest neighbours lie closest together on the map: of the places of its
nearest neighbours the one is chosen that all neighbours, near ones counting more, vote for with the
heavy-tailed kernel of t-SNE; then the neighbours' places are averaged with the weights seen from there.
A plain average would put a row with neighbours in two clusters into the empty space between them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.graph import Float32, KnnGraph
from app.reducers.pca import principal_axes

FEWEST_NEIGHBOURS = 3  # below, there is nothing to optimise: the start is the map
CANDIDATES = 10
BLOCK_ROWS = 2048


@dataclass(frozen=True)
class NeighbourMap:
    """A map in which neighbours lie together."""

    coordinates: Float32
    facts: dict[str, Any]

    def transform(self, vectors: Float32, neighbours: KnnGraph | None) -> Float32:  # noqa: ARG002
        if neighbours is None:
            raise ValueError("Rows are placed by their neighbours, so these are needed.")
        return place(neighbours, self.coordinates)


def starting_map(vectors: Float32, seed: int) -> npt.NDArray[np.float64]:
    """Lay rows out along their two principal components.

    Returns
    -------
    float64, shape=(n_rows, 2)
        With standard deviation 1 along the first axis. A little noise parts equal rows, which no force
        could part later; rounding makes the map independent of the last bits of the computation.
    """
    start = principal_axes(vectors, 2).project(vectors).astype(np.float64)
    spread = start[:, 0].std()
    start = np.round(start / spread, 5) if spread > 0 else start
    return start + 1e-3 * np.random.default_rng(seed).standard_normal(start.shape)


def place(neighbours: KnnGraph, coordinates: Float32) -> Float32:
    """Place rows on a map by their neighbours; each row by itself, so blocks of any size give the same.

    Parameters
    ----------
    neighbours : KnnGraph
        Of the rows to place, among the rows of the map.
    coordinates : float32, shape=(n_fitted, n_components)

    Returns
    -------
    float32, shape=(n_rows, n_components)
    """
    placed = np.empty((len(neighbours.indices), coordinates.shape[1]), np.float32)
    for first in range(0, len(placed), BLOCK_ROWS):
        block = slice(first, first + BLOCK_ROWS)
        weights = _weights(neighbours.distances[block])
        placed[block] = _where_neighbours_agree(weights, coordinates[neighbours.indices[block]])
    return placed


def _weights(distances: Float32) -> Float32:
    """Count near neighbours more: a Gaussian as wide as their mean distance; none counts nothing."""
    there = np.isfinite(distances)
    known = np.where(there, distances, 0)
    widths = known.sum(axis=1, keepdims=True) / there.sum(axis=1, keepdims=True)
    weights: Float32 = np.exp(-2 * (known / np.where(widths > 0, widths, 1)) ** 2) * there
    return weights


def _where_neighbours_agree(weights: Float32, places: Float32) -> Float32:
    """Shapes (n_rows, k) and (n_rows, k, n_components) to (n_rows, n_components)."""
    offsets = places[:, :CANDIDATES, None] - places[:, None]
    closeness = 1 / (1 + np.einsum("rcko,rcko->rck", offsets, offsets))
    best = np.einsum("rck,rk->rc", closeness, weights).argmax(axis=1)
    shares = weights * closeness[np.arange(len(best)), best]
    agreed: Float32 = np.einsum("rk,rko->ro", shares, places) / shares.sum(axis=1, keepdims=True)
    return agreed
