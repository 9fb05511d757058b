"""Vectors with what they belong to: of a selection, or of everything in a space."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.queries.catalogue import OpenSnapshot
from app.queries.tags import TAGGRAMS, network_tags
from app.store.files import Array
from app.store.snapshots import Space

ROWS_AT_ONCE = 8192
WHOLE = -1
"""Number of the segment that stands for a whole track."""
PLACE = ("track", "segment", "start")
"""What stands beside a vector."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Rows:
    """Some rows of a table.

    Attributes
    ----------
    tracks, segments : int64, shape=(n,)
        Ids, and numbers within the track; -1 for a whole track.
    vectors : float16 or float32, shape=(n, size)
    """

    tracks: Integers
    segments: Integers
    vectors: Array


@dataclass(frozen=True)
class VectorTable:
    """Vectors of one space, read in blocks so that memory does not grow with their number.

    Attributes
    ----------
    snapshot : str
        Key of the snapshot that they are from.
    dimensions : tuple of str
        Names of a vector's values.
    segment_seconds : float
        From the start of one segment to the start of the next.
    read : callable
        Slice of the table to its rows.
    """

    snapshot: str
    space: Space
    dtype: np.dtype[np.floating]
    dimensions: tuple[str, ...]
    segment_seconds: float
    n_rows: int
    read: Callable[[slice], Rows]

    def block_lengths(self) -> list[int]:
        """Numbers of rows of the blocks, in order."""
        firsts = range(0, self.n_rows, ROWS_AT_ONCE)
        return [min(ROWS_AT_ONCE, self.n_rows - first) for first in firsts]

    def blocks(self) -> Iterator[Rows]:
        """Read all rows, block by block."""
        for first in range(0, self.n_rows, ROWS_AT_ONCE):
            yield self.read(slice(first, min(first + ROWS_AT_ONCE, self.n_rows)))

    def starts(self, rows: Rows) -> npt.NDArray[np.float64]:
        """Where rows start in their tracks, seconds, shape=(n,); whole tracks at 0."""
        return np.maximum(rows.segments, 0) * self.segment_seconds


def open_table(
    snapshot: OpenSnapshot, space: Space, n_rows: int, read: Callable[[slice], Rows]
) -> VectorTable:
    """Describe a table of vectors of a space."""
    vectors = snapshot.vectors(space)
    return VectorTable(
        snapshot=snapshot.key,
        space=space,
        dtype=vectors.dtype,
        dimensions=_dimensions(snapshot, space, vectors.shape[1]),
        segment_seconds=snapshot.segment_seconds(space.network),
        n_rows=n_rows,
        read=read,
    )


def whole_space(snapshot: OpenSnapshot, space: Space) -> VectorTable:
    """Open everything in a space, in the order of the snapshot.

    Raises
    ------
    NotFoundError
        If the snapshot has no such space.
    """
    vectors, ids = snapshot.vectors(space), snapshot.track_ids(space.network)
    offsets = snapshot.offsets(space.network)

    def read(part: slice) -> Rows:
        if space.level == "tracks":
            return Rows(ids[part], np.full(part.stop - part.start, WHOLE), vectors[part])
        rows = np.arange(part.start, part.stop)
        tracks = np.searchsorted(offsets, rows, side="right") - 1
        return Rows(ids[tracks], rows - offsets[tracks], vectors[part])

    return open_table(snapshot, space, len(vectors), read)


def _dimensions(snapshot: OpenSnapshot, space: Space, size: int) -> tuple[str, ...]:
    """Tags, or numbers counted from 0. A tag that is called like a column beside it says that it is one."""
    tags = network_tags(snapshot, space.network) if space.layer == TAGGRAMS else ()
    if len(tags) != size:
        return tuple(str(number) for number in range(size))
    return tuple(f"{tag} (tag)" if tag in PLACE else tag for tag in tags)
