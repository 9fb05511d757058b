"""The nearest of the rows that may be found: by an index where it can, by comparing all of them where not.

An index knows nothing of filters. So it is asked for more than are wanted, and what it finds is tested:
nearest first, the ones that pass are the nearest ones that pass. Where it would have to be asked for too
many (the filter is narrow, or holds elsewhere in the space), every row that passes is compared instead.
"""

from dataclasses import dataclass, replace

import numpy as np

from app.graph import Float32
from app.neighbours import Index, Metric, Scanner
from app.neighbours.knn import FLOAT32_NOISE, comparable, nearest_among, true_distances
from app.queries.catalogue import OpenSnapshot
from app.queries.similar.filters import Allowed
from app.queries.similar.indexes import open_index
from app.queries.similar.places import Rows
from app.settings import Settings
from app.store.files import Array
from app.store.snapshots import Space

SPARE = 8  # asked for besides, as distances within an index are rounded
MOST_ASKED = 800  # candidates of an index, beyond which comparing the rows that pass is faster
FIRST_ASKED = 160
FEW_ROWS = 1_000  # quicker fetched one by one than looked for in an index
SCAN_SPARE = 256


@dataclass(frozen=True)
class Wanted:
    """What is looked for.

    Attributes
    ----------
    question : float32, shape=(1, n_dims)
    k : int
    apart : bool
        Rows at distance 0 are left out, too.
    """

    question: Float32
    k: int
    metric: Metric
    apart: bool = False


@dataclass(frozen=True)
class Found:
    """Rows, nearest first, and how they were found.

    Attributes
    ----------
    rows : int64, shape=(n,)
    distances : float32, shape=(n,)
        The true ones, whatever found the rows.
    backend : str
        Name of the index, or ``exact``.
    recall : float or None
        See :class:`app.queries.similar.indexes.OpenIndex`; 1 where every row was compared.
    """

    rows: Rows
    distances: Float32
    backend: str = "exact"
    exact: bool = True
    recall: float | None = 1.0
    note: str | None = None


def nearest_rows(
    settings: Settings, snapshot: OpenSnapshot, space: Space, wanted: Wanted, allowed: Allowed
) -> Found:
    """Find the k nearest of the rows that may be found, or all if there are fewer."""
    vectors = snapshot.vectors(space)
    wanted = replace(
        wanted, question=comparable(wanted.question, wanted.metric), k=min(wanted.k, allowed.n_allowed)
    )
    opened = open_index(settings, snapshot, space)
    if wanted.k == 0:
        return Found(np.empty(0, np.int64), np.empty(0, np.float32), note=opened.note)
    if opened.index is None or opened.metric != wanted.metric:
        return replace(_compare(vectors, None, wanted, allowed), note=opened.note)
    found = _ask(opened.index, vectors, wanted, allowed)
    if found is not None:
        return replace(found, backend=opened.backend, exact=opened.exact, recall=opened.recall)
    return _compare(vectors, opened.index, wanted, allowed)


def _ask(index: Index, vectors: Array, wanted: Wanted, allowed: Allowed) -> Found | None:
    """Ask an index for more than are wanted, once more if need be; None if that is not enough."""
    expected = wanted.k * allowed.n_rows / allowed.n_allowed
    is_filtered = allowed.mask is not None
    most = max(MOST_ASKED, 2 * wanted.k)
    asked = int(2 * expected) + FIRST_ASKED if is_filtered else wanted.k
    asked += SPARE + min(len(allowed.left_out), FIRST_ASKED)
    for _ in range(2):
        if asked > most:
            return None
        rows = index.search(wanted.question, min(asked, allowed.n_rows)).indices[0]
        rows = rows[rows >= 0]
        passing = rows[allowed.holds(rows)]
        found = _in_true_order(vectors, wanted, passing[: wanted.k + SPARE + wanted.apart * asked])
        if len(found.rows) == wanted.k:
            return found
        # How many pass near the question is known now, so that asking in vain is not repeated.
        asked = int(1.5 * len(rows) * (wanted.k + 1) / (len(passing) + 1e-9)) if len(passing) else most + 1
    return None


def _compare(vectors: Array, index: Index | None, wanted: Wanted, allowed: Allowed) -> Found:
    """Compare every row that may be found."""
    is_open = allowed.mask is None and not len(allowed.left_out)
    if isinstance(index, Scanner) and allowed.n_allowed > FEW_ROWS:
        found = _scan(index, vectors, wanted, allowed)
        if found is not None:
            return found
    mask = None if is_open else allowed.whole()
    k = wanted.k
    while True:
        near = nearest_among(vectors, wanted.question, k, wanted.metric, mask)
        apart = near.distances[0] > 0 if wanted.apart else np.ones(near.k, bool)
        if apart.sum() >= wanted.k or near.k < k or k >= allowed.n_allowed:
            return Found(near.indices[0][apart][: wanted.k], near.distances[0][apart][: wanted.k])
        k = min(2 * k + SCAN_SPARE, allowed.n_allowed)


def _scan(index: Scanner, vectors: Array, wanted: Wanted, allowed: Allowed) -> Found | None:
    """Compare within an index; None if its rounded distances cannot tell which rows are the nearest."""
    near = index.scan(wanted.question, wanted.k + SCAN_SPARE, allowed.whole())
    found = _in_true_order(vectors, wanted, near.indices[0])
    is_all = near.k == allowed.n_allowed
    # A row that is not among those has a rounded distance of at least the last one's.
    is_full = len(found.rows) == wanted.k
    if is_all or (is_full and found.distances[-1] + index.error + FLOAT32_NOISE <= near.distances[0, -1]):
        return found
    return None


def _in_true_order(vectors: Array, wanted: Wanted, rows: Rows) -> Found:
    distances = true_distances(vectors, wanted.question, rows, wanted.metric)
    if wanted.apart:
        rows, distances = rows[distances > 0], distances[distances > 0]
    order = np.lexsort((rows, distances))[: wanted.k]
    return Found(rows[order], distances[order])
