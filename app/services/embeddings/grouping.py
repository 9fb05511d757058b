"""The rows of foreign embeddings, track by track, in order."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.errors import InputError
from app.services.embeddings.checks import REASONS, Flaws
from app.services.embeddings.places import Integers, KnownTrack

OFF = 0.1
"""Share of a segment by which a start may be off: times are often rounded."""
WHOLE_TRACK_SECONDS = 60.0


@dataclass(frozen=True)
class Group:
    """A track and its rows in the file, int64, shape=(n_segments,), the first segment first."""

    track: KnownTrack
    rows: Integers


@dataclass(frozen=True)
class Rejected:
    """A track whose rows cannot be used, and why."""

    track: KnownTrack
    reason: str


def whole_track_seconds(ids: Integers, tracks: dict[int, KnownTrack]) -> float:
    """Return how long a segment is where each track has one row: as long as the longest of them.

    Raises
    ------
    InputError
        If a track has several.
    """
    found, counts = np.unique(ids[ids >= 0], return_counts=True)
    if (counts > 1).any():
        place = int((counts > 1).argmax())
        raise InputError(
            f"Track {found[place]} ({tracks[int(found[place])].path}) has {counts[place]} rows: say with "
            "--segment-seconds how far the starts of its segments lie apart, or leave one row for each track."
        )
    lengths = [tracks[track_id].duration for track_id in found.tolist()]
    return max((length for length in lengths if length), default=WHOLE_TRACK_SECONDS)


def group_rows(
    ids: Integers,
    numbers: npt.NDArray[np.float64] | None,
    flaws: Flaws,
    tracks: dict[int, KnownTrack],
) -> Iterator[Group | Rejected]:
    """Yield what becomes of each track, ascending by id.

    A track is taken whole or not at all, for a row that is missing would shift all that come after it.

    Parameters
    ----------
    ids : int64, shape=(n,)
        Track of each row; -1 for rows to be left out.
    numbers : float64, shape=(n,), or None
        Place of each row within its track, in segments; None: as they come.
    """
    order = np.lexsort((np.arange(len(ids)) if numbers is None else numbers, ids))
    order = order[np.searchsorted(ids[order], 0) :]
    found, firsts = np.unique(ids[order], return_index=True)
    for track_id, rows in zip(found.tolist(), np.split(order, firsts[1:]), strict=True):
        track = tracks[track_id]
        reason = _flaw(rows, flaws) or _gap(rows, numbers)
        yield Group(track, rows) if reason is None else Rejected(track, reason)


def _flaw(rows: Integers, flaws: Flaws) -> str | None:
    bad = rows[flaws[rows] > 0]
    return f"row {bad[0]} {REASONS[int(flaws[bad[0]])]}" if len(bad) else None


def _gap(rows: Integers, numbers: npt.NDArray[np.float64] | None) -> str | None:
    if numbers is None:
        return None
    off = np.abs(numbers[rows] - np.arange(len(rows))) > OFF
    if not off.any():
        return None
    place = int(off.argmax())
    return (
        f"its segments must follow each other from 0 on, but row {rows[place]} is segment "
        f"{numbers[rows[place]]:g} where {place} is due"
    )
