"""Where foreign embeddings belong: which track each row is of, and which stretch of it."""

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import case, select

from app.errors import InputError
from app.models import Track, db
from app.queries.exports.vectors import WHOLE
from app.text import composed

OWNERS = ("track", "path")
PLACES = ("segment", "start")
"""Names of columns and fields that say where rows belong."""

Owner = int | str
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Places:
    """What is said of each row.

    Attributes
    ----------
    owners : sequence of int or str
        Id of the track, or its path below ``AUDIO_DIR``.
    starts : float64, shape=(n,), or None
        Where the row starts in its track, in seconds.
    segments : int64, shape=(n,), or None
        Its number within the track. Where neither is said, rows of a track follow each other in order.
    """

    owners: Sequence[Owner]
    starts: npt.NDArray[np.float64] | None = None
    segments: Integers | None = None

    def __len__(self) -> int:
        return len(self.owners)

    def numbers(self, segment_seconds: float) -> npt.NDArray[np.float64] | None:
        """float64, shape=(n,): place of each row within its track, in segments; None if nobody says it."""
        if self.segments is not None:
            return self.segments.astype(np.float64)
        return None if self.starts is None else self.starts / segment_seconds


def places_of(path: Path, owners: npt.NDArray[Any], where: Mapping[str, npt.NDArray[Any]]) -> Places:
    """Return what columns say: of the tracks, and under ``segment`` or ``start`` of the stretches.

    Segments of -1 stand for whole tracks, as ``flask export`` writes them.

    Raises
    ------
    InputError
        If they are not of the kind that they should be.
    """
    parsed = [parse_owner(owner) for owner in owners.tolist()]
    if "segment" in where:
        segments = where["segment"]
        if segments.dtype.kind not in "iu":
            raise InputError(f"{path}: segments are counted in whole numbers, from 0.")
        return Places(parsed, segments=None if (segments == WHOLE).all() else segments.astype(np.int64))
    return Places(parsed, starts=check_starts(path, where["start"]) if "start" in where else None)


def read_ids(path: Path) -> Places:
    """Read a file with a line for each row: a track's id or path and, after a comma, a start in seconds.

    Commas in paths need no quotes as long as what follows the last one is no number. A first line that
    names the columns (``path,start``) is left out, empty lines too.

    Raises
    ------
    InputError
        If it cannot be read, or gives a start to some rows only.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            lines = [fields for fields in csv.reader(stream) if fields]
    except (OSError, csv.Error) as error:
        raise InputError(f"Cannot read {path}: {error}.") from error
    if lines and [field.strip().lower() for field in lines[0]] in _HEADS:
        del lines[0]
    parsed = [_parse_line(fields) for fields in lines]
    starts = [start for _, start in parsed]
    owners = [owner for owner, _ in parsed]
    if all(start is None for start in starts):
        return Places(owners)
    return Places(owners, starts=check_starts(path, np.array(starts, np.float64)))


_HEADS = [[name, *rest] for name in ("track", "path", "id") for rest in ([], ["start"])]


def _parse_line(fields: list[str]) -> tuple[Owner, float | None]:
    if len(fields) > 1:
        try:
            return parse_owner(",".join(fields[:-1])), float(fields[-1])
        except ValueError:
            pass
    return parse_owner(",".join(fields)), None


def parse_owner(value: Any) -> Owner:
    """Return an id as a number, a path as it is known to the catalogue."""
    if isinstance(value, int):
        return value
    text = str(value)
    digits = text.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 16 else text


def check_starts(path: Path, starts: Any) -> npt.NDArray[np.float64]:
    """Return starts in seconds.

    Raises
    ------
    InputError
        If one is missing, negative or no number.
    """
    values = np.asarray(starts, np.float64)
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{path} gives no start to row {row} (counted from 0): either all rows have one, or none."
            if math.isnan(values[row])
            else f"{path}: row {row} (counted from 0) cannot start at {values[row]:g} s."
        )
    return values


@dataclass(frozen=True)
class KnownTrack:
    """A track of the catalogue, as far as it matters here; without a file it has no version."""

    id: int
    path: str
    content_version: int | None
    content_hash: str | None
    duration: float | None


def known_tracks() -> dict[int, KnownTrack]:
    """All tracks of the catalogue by id, ascending."""
    version = case((Track.quick_hash.is_not(None), Track.content_version))
    columns = (Track.id, Track.path, version, Track.content_hash, Track.duration)
    query = select(*columns).order_by(Track.id)
    return {row.id: KnownTrack(*row) for row in db.session.execute(query)}


def match(
    owners: Sequence[Owner], tracks: Iterable[KnownTrack], audio_dir: Path
) -> tuple[Integers, list[Owner]]:
    """Find the track of each row.

    Returns
    -------
    ids : int64, shape=(n,)
        -1 where there is no such track.
    unknown : list of int or str
        Owners without a track, each once, in order.
    """
    tracks = list(tracks)
    by_owner: dict[Owner, int] = {composed(track.path): track.id for track in tracks}
    for track in tracks:
        by_owner[track.id] = by_owner[track.path] = track.id
    found: dict[Owner, int] = {}
    for owner in dict.fromkeys(owners):
        if isinstance(owner, int):
            found[owner] = by_owner.get(owner, -1)
        else:
            path = _relative(owner, audio_dir)
            found[owner] = by_owner.get(path, by_owner.get(composed(path), -1))
    ids = np.fromiter((found[owner] for owner in owners), np.int64, len(owners))
    return ids, [owner for owner, track_id in found.items() if track_id < 0]


def _relative(path: str, audio_dir: Path) -> str:
    pure = PurePosixPath(path)
    return str(pure.relative_to(audio_dir) if pure.is_relative_to(audio_dir) else pure)
