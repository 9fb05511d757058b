"""Rows that are nearly the same, and rows that are like no others: both from the stored neighbour graphs."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from app.errors import NotFoundError
from app.neighbours.neighbourhoods import NEIGHBOURS
from app.queries.cache import Cache
from app.queries.catalogue import OpenSnapshot
from app.queries.graphs import Graph, open_distances, open_graph
from app.queries.similar.places import Place, Rows, places_of, tracks_of
from app.queries.similar.recordings import same_recording
from app.store.snapshots import Space

MAX_MEMBERS = 50

Item = TypeVar("Item")

Distances = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Groups:
    """Groups of rows that are linked by pairs of near-identical ones, in the order of their first rows.

    Attributes
    ----------
    members : int64, shape=(n,)
        Rows, group by group, ascending in each.
    starts : int64, shape=(n_groups + 1,)
        Where each group starts.
    widest : float32, shape=(n_groups,)
        The greatest distance of a pair that holds it together.
    """

    members: Rows
    starts: Rows
    widest: Distances

    @property
    def firsts(self) -> Rows:
        """int64, shape=(n_groups,): the first row of each group, ascending."""
        return self.members[self.starts[:-1]]


@dataclass(frozen=True)
class Group:
    """Near-identical points.

    Attributes
    ----------
    size : int
        How many there are; ``places`` are the first of them.
    distance : float
        The greatest of a pair that holds it together.
    """

    places: list[Place]
    size: int
    distance: float


@dataclass(frozen=True)
class Outlier:
    """A point and its score: the mean distance to its nearest neighbours."""

    place: Place
    score: float


@dataclass(frozen=True)
class Listed(Generic[Item]):
    """A page of a list.

    Attributes
    ----------
    total : int
        Length of the whole list.
    compared : int
        Rows that were compared with each other: those that maps were fitted on.
    next_row : int or None
        Where the next page goes on after; None on the last.
    """

    items: list[Item]
    total: int
    compared: int
    next_row: int | None


_groups: Cache[Groups] = Cache(16)
_scores: Cache[tuple[Rows, Distances]] = Cache(16)


def near_identical(
    snapshot: OpenSnapshot, space: Space, most: float, *, same_track: bool, after: int | None, limit: int
) -> Listed[Group]:
    """List groups of rows that are at most ``most`` apart from another one of the group.

    Tracks are grouped only where they are one recording besides (:mod:`app.queries.similar.recordings`).

    Parameters
    ----------
    same_track : bool
        Whether rows of one track make a pair.
    after : int or None
        Row that the groups listed before begin with at most.

    Raises
    ------
    NotFoundError
        If the neighbours have not been computed.
    """
    graph = open_graph(snapshot, space)
    key = (snapshot.folder, space, graph.version, most, same_track)
    groups = _groups.get(key, lambda: _link(snapshot, space, graph, most, same_track=same_track))
    first = 0 if after is None else int(np.searchsorted(groups.firsts, after, side="right"))
    last = min(first + limit, len(groups.widest))
    items = []
    for number in range(first, last):
        rows = groups.members[groups.starts[number] : groups.starts[number + 1]]
        places = places_of(snapshot, space, rows[:MAX_MEMBERS])
        items.append(Group(places, len(rows), round(float(groups.widest[number]), 6)))
    is_last = last >= len(groups.widest)
    return Listed(
        items, len(groups.widest), len(graph.rows), None if is_last else int(groups.firsts[last - 1])
    )


def _link(snapshot: OpenSnapshot, space: Space, graph: Graph, most: float, *, same_track: bool) -> Groups:
    from scipy.sparse import coo_array  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    distances = open_distances(snapshot, space, graph)
    places, ranks = np.nonzero((distances <= most) & (graph.indices >= 0))
    others, near = graph.indices[places, ranks], distances[places, ranks]
    if not same_track:
        tracks = tracks_of(snapshot, space, graph.rows)
        apart = tracks[places] != tracks[others]
        places, others, near = places[apart], others[apart], near[apart]
    if space.level == "tracks":
        same = same_recording(snapshot, space, graph.rows[places], graph.rows[others])
        places, others, near = places[same], others[same], near[same]
    size = len(graph.rows)
    links = coo_array((np.ones(len(places), bool), (places, others)), shape=(size, size))
    _, labels = connected_components(links, directed=False)
    linked = np.unique(np.concatenate([places, others]))
    _, firsts, group = np.unique(labels[linked], return_index=True, return_inverse=True)
    order = np.argsort(firsts)
    number = np.empty(len(firsts), np.int64)
    number[order] = np.arange(len(firsts))
    group = number[group]
    widest = np.zeros(len(firsts), np.float32)
    np.maximum.at(widest, group[np.searchsorted(linked, places)], near)
    members = linked[np.argsort(group, kind="stable")]
    starts = np.concatenate([[0], np.cumsum(np.bincount(group, minlength=len(firsts)))])
    return Groups(graph.rows[members], starts, widest)


def outliers(snapshot: OpenSnapshot, space: Space, *, after: int | None, limit: int) -> Listed[Outlier]:
    """List the rows that are farthest from all others, the farthest first.

    The score is the mean distance to the 10 nearest neighbours, the weight of Angiulli and Pizzuti [1]_
    divided by their number.

    Parameters
    ----------
    after : int or None
        The last row that was listed before.

    Raises
    ------
    NotFoundError
        If the neighbours have not been computed, or do not hold ``after``.

    References
    ----------
    .. [1] Angiulli and Pizzuti, "Fast Outlier Detection in High Dimensional Spaces", PKDD 2002, pp. 15-27.
    """
    graph = open_graph(snapshot, space)
    key = (snapshot.folder, space, graph.version)
    rows, scores = _scores.get(key, lambda: _rank(snapshot, space, graph))
    first = 0
    if after is not None:
        found = np.flatnonzero(rows == after)
        if not len(found):
            raise NotFoundError(f"There is no row {after} to go on after.")
        first = int(found[0]) + 1
    page = rows[first : first + limit]
    places = places_of(snapshot, space, page)
    items = [
        Outlier(place, round(float(score), 6))
        for place, score in zip(places, scores[first : first + limit], strict=True)
    ]
    return Listed(items, len(rows), len(graph.rows), int(page[-1]) if first + limit < len(rows) else None)


def _rank(snapshot: OpenSnapshot, space: Space, graph: Graph) -> tuple[Rows, Distances]:
    """Rows with neighbours, the farthest from them first, and their mean distances."""
    distances = np.asarray(open_distances(snapshot, space, graph)[:, :NEIGHBOURS], np.float32)
    known = np.isfinite(distances)
    counts = known.sum(axis=1)
    scores = np.where(known, distances, 0).sum(axis=1) / np.maximum(counts, 1)
    order = np.lexsort((graph.rows, -scores))
    order = order[counts[order] > 0]
    return graph.rows[order], scores[order].astype(np.float32)
