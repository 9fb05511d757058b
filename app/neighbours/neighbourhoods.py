"""What neighbourhoods have in common, and who is in too many of them."""

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
NEIGHBOURS = 10
BLOCK_ROWS = 32_768


def shared_neighbours(first: Rows, second: Rows) -> npt.NDArray[np.float32]:
    """Share of neighbours that two neighbourhoods of the same point have in common.

    Where one of the two has fewer neighbours than the other, only as many of the other's nearest count.

    Parameters
    ----------
    first, second : int64, shape=(n_points, k)
        Nearest first, each at most once; -1 fills up where there are fewer than k.

    Returns
    -------
    float32, shape=(n_points,)
        0 to 1; NaN where one has no neighbours.
    """
    shares = np.empty(len(first), np.float32)
    for start in range(0, len(first), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        one, other = first[block], second[block]
        counts = np.minimum((one >= 0).sum(axis=1), (other >= 0).sum(axis=1))
        counted = np.arange(one.shape[1]) < counts[:, None]
        equal = (one[:, :, None] == other[:, None, :]) & counted[:, :, None] & counted[:, None, :]
        with np.errstate(invalid="ignore"):
            shares[block] = equal.sum(axis=(1, 2)) / counts
    return shares


def k_occurrence(neighbours: Rows, n_points: int) -> Rows:
    """Count in how many neighbourhoods each point is: its k-occurrence N_k [1]_.

    Parameters
    ----------
    neighbours : int64, shape=(n_points, k)
        Of each point; -1 where there are fewer than k.

    Returns
    -------
    int64, shape=(n_points,)
        Its mean is k. Points with far more are hubs, points with none antihubs.

    References
    ----------
    .. [1] Radovanović, Nanopoulos and Ivanović, "Hubs in Space: Popular Nearest Neighbors in
       High-Dimensional Data", Journal of Machine Learning Research 11 (2010), pp. 2487-2531.
    """
    return np.bincount(neighbours[neighbours >= 0], minlength=n_points).astype(np.int64)


def skewness(counts: Rows) -> float | None:
    """Standardised third moment, E[(N - mean)³] / sd³: the measure of hubness S_N when N is a k-occurrence.

    Returns
    -------
    float or None
        0 for a symmetrical distribution, above 1 for strong hubness; None if all counts are equal.
    """
    deviations = counts - counts.mean()
    spread = float(np.sqrt(np.mean(deviations**2)))
    return float(np.mean(deviations**3)) / spread**3 if spread else None
