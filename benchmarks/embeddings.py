"""Synthetic embeddings to measure with: clusters of uneven size on a curved surface of 16 dimensions."""

from pathlib import Path

import numpy as np

DIMS = 200
INNER_DIMS = 16
CLUSTERS = 150
NOISE = 0.1
BLOCK_ROWS = 50_000


def write_embeddings(path: Path, n_rows: int, seed: int = 0) -> None:
    """Write float16, shape=(n_rows, 200), as snapshots hold it, to a ``.npy`` file.

    Each cluster is a Gaussian around a centre in 16 dimensions, and the 200 values are smooth functions of
    these, with some noise. The first rows of a longer array are a sample of the same clusters.
    """
    rng = np.random.default_rng(seed)
    centres = 1.2 * rng.standard_normal((CLUSTERS, INNER_DIMS))
    widths = rng.uniform(0.3, 1.0, CLUSTERS)
    shares = rng.dirichlet(np.full(CLUSTERS, 0.7))
    bend = rng.standard_normal((INNER_DIMS, 64)) / np.sqrt(INNER_DIMS)
    mix = rng.standard_normal((64, DIMS)) / 8
    rows = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=(n_rows, DIMS))
    for first in range(0, n_rows, BLOCK_ROWS):
        count = min(BLOCK_ROWS, n_rows - first)
        cluster = rng.choice(CLUSTERS, count, p=shares)
        inner = centres[cluster] + widths[cluster, None] * rng.standard_normal((count, INNER_DIMS))
        values = np.tanh(inner @ bend) @ mix + NOISE * rng.standard_normal((count, DIMS))
        rows[first : first + count] = values
    rows.flush()
