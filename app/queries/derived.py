"""Columns that are computed from the snapshot when they are asked for, and kept for a while."""

import numpy as np
import numpy.typing as npt

from app.neighbours.neighbourhoods import shared_neighbours
from app.queries.axes import Axes, View
from app.queries.cache import Cache
from app.queries.catalogue import OpenSnapshot
from app.queries.columns import share_codes
from app.queries.graphs import Graph, has_graph, open_graph
from app.queries.overlap import overlap
from app.queries.tags import TAGGRAMS, network_tags
from app.reducers.quality import map_neighbours
from app.store.files import Array
from app.store.snapshots import Space

STRONGEST = "strongest"
KEPT = "kept"
SPREAD = "spread"
OVERLAP_PREFIX = "overlap:"
BLOCK_ROWS = 65_536

_columns: Cache[Array] = Cache(48)


def derived_columns(snapshot: OpenSnapshot, space: Space) -> list[str]:
    """Names of the columns of this kind that a space has."""
    names = [STRONGEST] if TAGGRAMS in snapshot.layers(space.network) else []
    if space.level == "tracks":
        names.append(SPREAD)
    if has_graph(snapshot, space):
        names.append(KEPT)
        names += [
            f"{OVERLAP_PREFIX}{other.network}/{other.layer}"
            for other in snapshot.spaces()
            if other.level == space.level and other != space and has_graph(snapshot, other)
        ]
    return names


def strongest_tags(snapshot: OpenSnapshot, space: Space) -> npt.NDArray[np.uint16]:
    """Find the number of the strongest tag of each row, from 1; 0 where nothing is heard.

    Returns
    -------
    uint16, shape=(n_rows,)
    """
    rows = snapshot.vectors(Space(space.network, TAGGRAMS, space.level))
    n_tags = len(network_tags(snapshot, space.network))

    def compute() -> Array:
        numbers = np.zeros(len(rows), np.uint16)
        for first in range(0, len(rows) if n_tags else 0, BLOCK_ROWS):
            block = np.nan_to_num(rows[first : first + BLOCK_ROWS, :n_tags].astype(np.float32))
            strongest = block.argmax(axis=1)
            is_heard = block[np.arange(len(block)), strongest] > 0
            numbers[first : first + BLOCK_ROWS] = np.where(is_heard, strongest + 1, 0)
        return numbers

    return _columns.get((STRONGEST, snapshot.folder, space.network, space.level), compute)


def spread_of_segments(snapshot: OpenSnapshot, space: Space) -> npt.NDArray[np.float32]:
    """Mean Euclidean distance of the segments of each track to their mean, in the space of a layer.

    Returns
    -------
    float32, shape=(n_tracks,)
    """

    def compute() -> Array:
        segments = snapshot.vectors(Space(space.network, space.layer, "segments"))
        means = snapshot.vectors(Space(space.network, space.layer, "tracks"))
        counts = np.diff(snapshot.offsets(space.network))
        tracks = np.repeat(np.arange(len(counts)), counts)
        distances = np.empty(len(segments), np.float32)
        for first in range(0, len(segments), BLOCK_ROWS):
            block = slice(first, first + BLOCK_ROWS)
            away = segments[block] - means[tracks[block]]
            distances[block] = np.sqrt(np.einsum("ij,ij->i", away, away))
        sums = np.bincount(tracks, distances, minlength=len(counts))
        return np.asarray(sums / np.maximum(counts, 1), np.float32)

    return _columns.get((SPREAD, snapshot.folder, space.network, space.layer), compute)


def kept_neighbours(snapshot: OpenSnapshot, space: Space, view: View, axes: Axes) -> npt.NDArray[np.uint8]:
    """Share of the 10 true neighbours of each point that are among its 10 nearest on the map, as codes.

    Both neighbourhoods are those among the rows that the maps were fitted on; other rows are unknown.

    Returns
    -------
    uint8, shape=(n_rows,)
        See :class:`app.queries.columns.Shares`.
    """
    graph = open_graph(snapshot, space)
    key = (KEPT, snapshot.folder, space, view, axes.version, graph.version)
    return _columns.get(key, lambda: _compare_with_map(graph, axes, snapshot.n_rows(space)))


def _compare_with_map(graph: Graph, axes: Axes, n_rows: int) -> npt.NDArray[np.uint8]:
    codes = np.zeros(n_rows, np.uint8)
    true = graph.nearest()
    if true.size:
        drawn = np.stack([axis.values[graph.rows] for axis in (axes.x, axes.y)], axis=1)
        drawn = np.nan_to_num(drawn)
        if not axes.is_isometric:  # such axes fill the map, each on its own
            drawn /= np.maximum(np.ptp(drawn, axis=0), np.finfo(np.float32).tiny)
        nearest = map_neighbours(drawn, np.arange(len(drawn)), true.shape[1])
        codes[graph.rows] = share_codes(shared_neighbours(true, nearest))
    return codes


def overlap_codes(snapshot: OpenSnapshot, space: Space, other: Space) -> npt.NDArray[np.uint8]:
    """Share of the 10 neighbours of each row that another space agrees on, as codes.

    Returns
    -------
    uint8, shape=(n_rows,)
        See :class:`app.queries.columns.Shares`.
    """
    return share_codes(overlap(snapshot, space, other).shares)
