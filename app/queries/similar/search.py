"""The nearest of the rows that may be found: by an index where it can, by comparing all of them where not.

An index knows nothing of filters. So it is asked for more than are wanted, and what it finds is tested:
nearest first, the ones that pass are the nearest ones that pass. Where it would have to be asked for too
many (the filter is narrow, or holds elsewhere in the space), every row that passes is compared instead.
"""

from dataclasses import dataclass, replace

import numpy as np

from app.graph import Float32, KnnGraph
from app.neighbours import Index, Metric, Scanner
from app.neighbours.knn import FLOAT32_NOISE, comparable, nearest_among, true_distances
from app.neighbours.subset import RowSubset
from app.queries.cache import Cache
from app.queries.catalogue import OpenSnapshot
from app.queries.similar.filters import Allowed
from app.queries.similar.indexes import open_index
from app.queries.similar.places import Rows
from app.settings import Settings
from app.store.files import Array
from app.store.snapshots import Space

SPARE = 8  # asked for besides, as distances within an index are rounded
PROBE = 64  # asked for besides under a filter, to see how many pass near the question
MOST_ASKED = 800  # candidates of an index, beyond which comparing the rows that pass is faster
COMMON = 0.25  # share of rows from which on a filter surely holds somewhere near, too
FEW_ROWS = 500  # quicker fetched one by one than looked for within an index
QUICK_ROWS = 20_000  # copied together, they are compared as quickly as an index is asked
KEPT_ROWS = 250_000  # more are not copied, but compared where they lie
KEPT_SUBSETS = 4
SUBSET_SPARES = (64, 1024)  # asked for besides, as a subset knows only how near a row can be
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
        return replace(_compare(snapshot, space, None, wanted, allowed), note=opened.note)
    is_quick = allowed.mask is not None and allowed.n_allowed <= QUICK_ROWS
    found = None if is_quick else _ask(opened.index, vectors, wanted, allowed)
    if found is not None:
        return replace(found, backend=opened.backend, exact=opened.exact, recall=opened.recall)
    return _compare(snapshot, space, opened.index, wanted, allowed)


def _ask(index: Index, vectors: Array, wanted: Wanted, allowed: Allowed) -> Found | None:
    """Ask an index for more than are wanted, once more if need be; None if that is not enough."""
    most = max(MOST_ASKED, 2 * wanted.k)
    asked = wanted.k + SPARE + min(len(allowed.left_out), PROBE)
    if allowed.mask is not None:
        asked += wanted.k + PROBE
    for _ in range(2):
        rows = index.search(wanted.question, min(asked, allowed.n_rows)).indices[0]
        rows = rows[rows >= 0]
        passing = rows[allowed.holds(rows)]
        kept = len(passing) if wanted.apart else wanted.k + SPARE
        found = _in_true_order(vectors, wanted, passing[:kept])
        if len(found.rows) == wanted.k:
            return found
        needed = 1.5 * asked * wanted.k / max(len(passing), 0.1)
        if needed > most and allowed.n_allowed < COMMON * allowed.n_rows:
            return None
        asked = min(int(needed) + SPARE, most)
    return None


_subsets: Cache[RowSubset] = Cache(KEPT_SUBSETS)


def _compare(
    snapshot: OpenSnapshot, space: Space, index: Index | None, wanted: Wanted, allowed: Allowed
) -> Found:
    """Compare every row that may be found."""
    vectors = snapshot.vectors(space)
    if allowed.n_allowed <= FEW_ROWS:
        return _in_true_order(vectors, wanted, np.flatnonzero(allowed.whole()))
    n_kept = allowed.n_rows if allowed.mask is None else allowed.n_allowed
    if n_kept <= KEPT_ROWS and wanted.metric == "angular":
        subset = _subset(snapshot, space, allowed)
        for spare in SUBSET_SPARES:
            near = subset.search(wanted.question, wanted.k + spare + len(allowed.left_out))
            found = _settle(vectors, wanted, allowed, near, subset.error)
            if found is not None:
                return found
    if isinstance(index, Scanner):
        near = index.scan(wanted.question, wanted.k + SCAN_SPARE, allowed.whole())
        found = _settle(vectors, wanted, allowed, near, index.error)
        if found is not None:
            return found
    mask = None if allowed.mask is None and not len(allowed.left_out) else allowed.whole()
    k = wanted.k
    while True:
        near = nearest_among(vectors, wanted.question, k, wanted.metric, mask)
        found = _in_true_order(vectors, wanted, near.indices[0])
        if len(found.rows) == wanted.k or k == allowed.n_allowed:
            return found
        k = min(2 * k + SCAN_SPARE, allowed.n_allowed)  # the others are at distance 0


def _subset(snapshot: OpenSnapshot, space: Space, allowed: Allowed) -> RowSubset:
    """Return what the conditions allow, or all rows, ready to be looked through."""
    mask = allowed.mask
    name = (snapshot.folder, space.network, space.level) if mask is None else allowed.name
    return _subsets.get(
        (name, space.layer),
        lambda: RowSubset(
            snapshot.vectors(space), np.arange(allowed.n_rows) if mask is None else np.flatnonzero(mask)
        ),
    )


def _settle(vectors: Array, wanted: Wanted, allowed: Allowed, near: KnnGraph, error: float) -> Found | None:
    """Order by true distances what was found by others; None if those do not tell who is nearest.

    The others are in order, and true but for ``error``, or less.
    """
    rows = near.indices[0]
    passing = rows[allowed.holds(rows)]
    found = _in_true_order(vectors, wanted, passing)
    if len(passing) == allowed.n_allowed:
        return found
    # The distance of a row that is not among those is at least the last one's, but for the error.
    is_full = len(found.rows) == wanted.k
    if is_full and found.distances[-1] + error + FLOAT32_NOISE <= near.distances[0, -1]:
        return found
    return None


def _in_true_order(vectors: Array, wanted: Wanted, rows: Rows) -> Found:
    distances = true_distances(vectors, wanted.question, rows, wanted.metric)
    if wanted.apart:
        rows, distances = rows[distances > 0], distances[distances > 0]
    order = np.lexsort((rows, distances))[: wanted.k]
    return Found(rows[order], distances[order])
