"""Places: what the rows of a space stand for, and which rows of two networks stand for the same."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.errors import InputError
from app.queries.cache import Cache
from app.queries.catalogue import OpenSnapshot
from app.queries.tracks import TrackName, track_names_and_albums
from app.store.files import Array
from app.store.snapshots import Level, Space

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Place:
    """A point of the map, and what it stands for.

    Attributes
    ----------
    row : int
        Of the point, among those of its level.
    segment : int or None
        Number within the track; None for a track.
    """

    row: int
    track: TrackName
    segment: int | None
    album: str | None = None


@dataclass(frozen=True)
class Neighbour:
    """A place and its distance: cosine (0 to 2) or Euclidean.

    Attributes
    ----------
    distances : dict or None
        Network to distance, where several were asked; ``distance`` is then that of the first.
    score : float or None
        Of the fused ranks, the higher the better.
    """

    place: Place
    distance: float
    distances: dict[str, float | None] | None = None
    score: float | None = None


def places_of(snapshot: OpenSnapshot, space: Space, rows: Array) -> list[Place]:
    """Return what rows (int64, shape=(n,)) of a space stand for."""
    track_rows, segments = rows, None
    if space.level == "segments":
        track_rows = tracks_of(snapshot, space, rows)
        segments = (rows - snapshot.offsets(space.network)[track_rows]).tolist()
    ids = snapshot.track_ids(space.network)[track_rows].tolist()
    names = track_names_and_albums(ids)
    return [
        Place(row, names[track_id][0], None if segments is None else segments[i], names[track_id][1])
        for i, (row, track_id) in enumerate(zip(rows.tolist(), ids, strict=True))
    ]


def tracks_of(snapshot: OpenSnapshot, space: Space, rows: Array) -> Rows:
    """int64, shape=(n,): the rows of the tracks that rows of a space belong to."""
    if space.level == "tracks":
        return np.asarray(rows, np.int64)
    return np.asarray(np.searchsorted(snapshot.offsets(space.network), rows, side="right") - 1, np.int64)


def rows_of_track(snapshot: OpenSnapshot, space: Space, track_row: int) -> range:
    """Rows of a space that belong to a track, by the row of the track."""
    if space.level == "tracks":
        return range(track_row, track_row + 1)
    start, stop = snapshot.offsets(space.network)[track_row : track_row + 2].tolist()
    return range(start, stop)


_counterparts: Cache[Rows] = Cache(8)


def counterparts(snapshot: OpenSnapshot, network: str, other: str, level: Level) -> Rows:
    """Rows of another network that stand for the same stretches of sound.

    Returns
    -------
    int64, shape=(n_rows of ``network``,)
        -1 where the other network has none.

    Raises
    ------
    InputError
        If segments of the two are not equally long.
    """
    lengths = [snapshot.segment_seconds(name) for name in (network, other)]
    if level == "segments" and lengths[0] != lengths[1]:
        raise InputError(
            f"Segments of {network} last {lengths[0]:g} s and those of {other} {lengths[1]:g} s: they cannot "
            "be set against each other. Ask for tracks, or for networks with equally long segments."
        )
    key = (snapshot.folder, network, other, level)
    return _counterparts.get(key, lambda: _match(snapshot, network, other, level))


def _match(snapshot: OpenSnapshot, network: str, other: str, level: Level) -> Rows:
    ids, other_ids = snapshot.track_ids(network), snapshot.track_ids(other)
    places = np.minimum(np.searchsorted(other_ids, ids), len(other_ids) - 1)
    track_rows: Rows = np.where(other_ids[places] == ids, places, -1)
    if level == "tracks":
        return track_rows
    offsets, other_offsets = snapshot.offsets(network), snapshot.offsets(other)
    counts = np.diff(offsets)
    numbers = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)
    of_row = np.repeat(track_rows, counts)
    rows = other_offsets[of_row] + numbers
    return np.where((of_row >= 0) & (rows < other_offsets[of_row + 1]), rows, -1)
