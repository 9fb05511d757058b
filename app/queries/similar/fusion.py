"""Several networks' answers made one, by rank."""

import numpy as np

from app.queries.similar.places import Rows

RANK_OFFSET = 60


def fuse_ranks(rankings: list[Rows]) -> tuple[Rows, list[float]]:
    """Fuse rankings by their reciprocal ranks [1]_: the score of a row is the sum of 1 / (60 + rank).

    Ranks need no common scale, which the distances of different networks do not have.

    Parameters
    ----------
    rankings : list of int64, shape=(n_i,)
        Rows, best first, from rank 1 on; each at most once in each.

    Returns
    -------
    int64, shape=(n,), and list of float
        Every row that is in one of them, best first, and its score; ties in the order of the rows.

    References
    ----------
    .. [1] Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank
       Learning Methods", SIGIR 2009, pp. 758-759.
    """
    rows = np.unique(np.concatenate(rankings))
    scores = np.zeros(len(rows))
    for ranking in rankings:
        scores[np.searchsorted(rows, ranking)] += 1 / (RANK_OFFSET + 1 + np.arange(len(ranking)))
    order = np.lexsort((rows, -scores))
    return rows[order], scores[order].tolist()
