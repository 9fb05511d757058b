"""A selection of points, and what is known of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.errors import InputError, NotFoundError
from app.queries.catalogue import OpenSnapshot, needed_snapshot
from app.queries.exports.entries import Entry
from app.queries.exports.vectors import WHOLE, Integers, Rows, VectorTable, open_table
from app.queries.tracks import TrackFacts, track_facts
from app.settings import Settings
from app.store.snapshots import Level, Space

Point = tuple[int, int | None]


@dataclass(frozen=True)
class Selection:
    """Points of one level, in the order in which they are wanted.

    Attributes
    ----------
    tracks : int64, shape=(n,)
        Ids.
    segments : int64, shape=(n,)
        Number of each within its track; -1 for a whole track, and then for all.
    network, layer : str or None
        Whose segments and vectors; None where only whole tracks are listed.
    """

    tracks: Integers
    segments: Integers
    snapshot: OpenSnapshot | None = None
    network: str | None = None
    layer: str | None = None

    def __len__(self) -> int:
        return len(self.tracks)

    @property
    def level(self) -> Level:
        """What the points are."""
        return "tracks" if len(self) == 0 or self.segments[0] == WHOLE else "segments"

    @property
    def segment_seconds(self) -> float | None:
        """Length of a segment; None for whole tracks."""
        if self.level == "tracks" or self.snapshot is None or self.network is None:
            return None
        return self.snapshot.segment_seconds(self.network)

    @cached_property
    def facts(self) -> dict[int, TrackFacts]:
        """What is known of the tracks, by id; one that is gone from the catalogue is left out."""
        return track_facts(set(self.tracks.tolist()))

    def times(self, row: int) -> tuple[float, float] | None:
        """Return start and end of a point in its track, in seconds; None for a whole track."""
        seconds = self.segment_seconds
        if seconds is None:
            return None
        segment = int(self.segments[row])
        return segment * seconds, (segment + 1) * seconds

    def entries(self) -> Iterator[Entry]:
        """Yield the points as lines of a list."""
        for row, (track_id, segment) in enumerate(
            zip(self.tracks.tolist(), self.segments.tolist(), strict=True)
        ):
            times = self.times(row)
            yield Entry(track_id, self.facts.get(track_id), None if times is None else segment, times)

    def vectors(self) -> VectorTable:
        """Open the vectors of the points.

        Raises
        ------
        InputError
            If no network and layer are named.
        NotFoundError
            If the snapshot does not hold a point.
        """
        if self.snapshot is None or self.network is None or self.layer is None:
            raise InputError("Vectors need the arguments 'network' and 'layer'.")
        space = Space(self.network, self.layer, self.level)
        vectors, rows = self.snapshot.vectors(space), _rows(self.snapshot, self.network, self)

        def read(part: slice) -> Rows:
            return Rows(self.tracks[part], self.segments[part], vectors[rows[part]])

        return open_table(self.snapshot, space, len(self), read)


def read_selection(
    settings: Settings, points: Sequence[Point], network: str | None, layer: str | None
) -> Selection:
    """Turn points into a selection.

    Raises
    ------
    InputError
        If tracks and segments are mixed, or segments come without a network.
    NotFoundError
        If the snapshot has no such network, layer or segment.
    """
    tracks = np.array([track for track, _ in points], np.int64)
    segments = np.array([WHOLE if segment is None else segment for _, segment in points], np.int64)
    whole = segments == WHOLE
    if whole.any() and not whole.all():
        raise InputError("Points are either whole tracks or segments, not both.")
    if network is None:
        if not whole.all():
            raise InputError("Segments need the argument 'network'.")
        return Selection(tracks, segments)
    found = Selection(tracks, segments, needed_snapshot(settings), network, layer)
    if found.level == "segments":
        _rows(needed_snapshot(settings), network, found)
    return found


def _rows(snapshot: OpenSnapshot, network: str, selection: Selection) -> Integers:
    """Row of each point among those of its level, int64, shape=(n,)."""
    ids, offsets = snapshot.track_ids(network), snapshot.offsets(network)
    places = np.minimum(np.searchsorted(ids, selection.tracks), len(ids) - 1)
    unknown = ids[places] != selection.tracks
    if unknown.any():
        track_id = int(selection.tracks[unknown.argmax()])
        raise NotFoundError(f"Track {track_id} has no vectors of {network} in the published snapshot.")
    if selection.level == "tracks":
        return places
    rows = offsets[places] + selection.segments
    beyond = (rows >= offsets[places + 1]) | (selection.segments < 0)
    if beyond.any():
        point = int(beyond.argmax())
        raise NotFoundError(
            f"Track {selection.tracks[point]} has no segment {selection.segments[point]} under {network}."
        )
    return np.asarray(rows, np.int64)
