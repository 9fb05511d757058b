"""How far two spaces agree on who is near whom.

Points are compared that both spaces have: tracks by their ids; segments by time, those of the network with
the longer segments, each beside the other network's segments whose middle lies in it. Both neighbourhoods
are taken from the stored graphs, so among the rows that maps were fitted on, and hold only what both have.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.errors import InputError, NotFoundError
from app.neighbours.neighbourhoods import NEIGHBOURS, Rows, shared_neighbours
from app.queries.cache import Cache
from app.queries.catalogue import OpenSnapshot
from app.queries.graphs import Graph, open_graph
from app.store.snapshots import Space

BLOCK_ROWS = 16_384

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Overlap:
    """The neighbours that two spaces have in common.

    Attributes
    ----------
    shares : float32, shape=(n_rows,)
        Per row of the first space: share of its 10 neighbours that are among the 10 of the other; NaN
        where it was not compared.
    mean : float or None
        Over the points that were compared; None if there is none.
    expected : float or None
        What two spaces that have nothing to do with each other would share: 10 of n - 1 points drawn at
        random twice have 10 / (n - 1) of them in common (the mean of the hypergeometric distribution).
    points : int
        How many points were compared.
    """

    shares: Float32
    mean: float | None
    expected: float | None
    points: int

    def to_json(self) -> dict[str, Any]:
        """Return the figures, as plain values."""
        return {"k": NEIGHBOURS, "mean": self.mean, "expected": self.expected, "points": self.points}


_overlaps: Cache[Overlap] = Cache(16)


def overlap(snapshot: OpenSnapshot, space: Space, other: Space) -> Overlap:
    """Compare the neighbourhoods of two spaces of the same level.

    Raises
    ------
    NotFoundError
        If there is no such space, or no graph of it.
    InputError
        If the levels differ.
    """
    for named in (space, other):
        if named not in snapshot.spaces():
            raise NotFoundError(f"There is no such space: {named}.")
    if space.level != other.level:
        raise InputError("Neighbours of tracks and of segments cannot be compared.")
    graphs = open_graph(snapshot, space), open_graph(snapshot, other)
    key = (snapshot.folder, space, other, graphs[0].version, graphs[1].version)
    return _overlaps.get(key, lambda: _compare(snapshot, (space, other), graphs))


def _compare(snapshot: OpenSnapshot, spaces: tuple[Space, Space], graphs: tuple[Graph, Graph]) -> Overlap:
    common = max(spaces, key=lambda space: snapshot.segment_seconds(space.network)).network
    places = [_counterparts(snapshot, space, common) for space in spaces]
    n_units = snapshot.n_rows(Space(common, "", spaces[0].level))
    fitted = [of_row[graph.rows] for of_row, graph in zip(places, graphs, strict=True)]
    speakers = [_speakers(units, n_units) for units in fitted]
    compared = np.flatnonzero((speakers[0] >= 0) & (speakers[1] >= 0))
    shares = np.full(n_units + 1, np.nan, np.float32)  # the last one is for rows without a counterpart
    is_compared = np.zeros(n_units + 1, bool)
    is_compared[compared] = True
    for start in range(0, len(compared), BLOCK_ROWS):
        units = compared[start : start + BLOCK_ROWS]
        near = [
            _nearest_units(units, graph, of_fitted, speaker, is_compared)
            for graph, of_fitted, speaker in zip(graphs, fitted, speakers, strict=True)
        ]
        shares[units] = shared_neighbours(*near)
    known = shares[compared]
    known = known[~np.isnan(known)]
    n = len(compared)
    return Overlap(
        shares=shares[places[0]],
        mean=float(known.mean()) if len(known) else None,
        expected=min(1.0, NEIGHBOURS / (n - 1)) if n > 1 else None,
        points=n,
    )


def _counterparts(snapshot: OpenSnapshot, space: Space, common: str) -> Rows:
    """Row among the common network's of what each row of a space stands for; -1 where it has none."""
    ids, common_ids = snapshot.track_ids(space.network), snapshot.track_ids(common)
    found = np.minimum(np.searchsorted(common_ids, ids), len(common_ids) - 1)
    tracks = np.where(common_ids[found] == ids, found, -1)
    if space.level == "tracks":
        return tracks
    counts = np.diff(snapshot.offsets(space.network))
    numbers = np.arange(counts.sum()) - np.repeat(snapshot.offsets(space.network)[:-1], counts)
    ratio = snapshot.segment_seconds(space.network) / snapshot.segment_seconds(common)
    numbers = ((numbers + 0.5) * ratio).astype(np.int64)
    tracks = np.repeat(tracks, counts)
    starts, ends = snapshot.offsets(common)[tracks], snapshot.offsets(common)[tracks + 1]
    rows = starts + numbers
    return np.where((tracks >= 0) & (rows < ends), rows, -1)


def _speakers(units: Rows, n_units: int) -> Rows:
    """int64, shape=(n_units,): a fitted row that speaks for each unit, of several the middle one; or -1."""
    speakers = np.full(n_units, -1)
    order = np.argsort(units, kind="stable")
    firsts = np.searchsorted(units[order], np.arange(n_units), side="left")
    ends = np.searchsorted(units[order], np.arange(n_units), side="right")
    there = ends > firsts
    speakers[there] = order[(firsts + ends)[there] // 2]
    return speakers


def _nearest_units(
    units: Rows, graph: Graph, of_fitted: Rows, speakers: Rows, is_compared: npt.NDArray[np.bool_]
) -> Rows:
    """int64, shape=(n, 10): the nearest other units that are compared, each once; -1 fills up."""
    places = graph.indices[speakers[units]]
    near = np.where(places >= 0, of_fitted[places], -1)
    near[(near == units[:, None]) | ~is_compared[near]] = -1
    order = np.argsort(near, axis=1, kind="stable")
    ranked = np.take_along_axis(near, order, axis=1)
    again = np.zeros(near.shape, bool)
    np.put_along_axis(again, order[:, 1:], ranked[:, 1:] == ranked[:, :-1], axis=1)
    near[again] = -1
    kept = np.argsort(near < 0, axis=1, kind="stable")[:, :NEIGHBOURS]
    return np.take_along_axis(near, kept, axis=1)
