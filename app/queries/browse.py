"""Lists of tracks in an order, page by page: sorted by what is known of them or by how a tag is heard.

A page goes on after a value and a track, not after a number of tracks: whatever is added or removed in
between, no track that was there is missed or comes twice.
"""

import base64
import binascii
import json
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from sqlalchemy import Executable, select

from app.errors import InputError, NotFoundError
from app.models import Artist, Track, db
from app.queries.cache import Cache
from app.queries.catalogue import current_snapshot, needed_snapshot
from app.queries.metadata import metadata_version
from app.queries.search import search_tracks
from app.queries.similar.filters import Range, refuse_empty, who_knows
from app.queries.tags import tag_column
from app.queries.tracks import stem
from app.settings import Settings
from app.text import fold

SortKey = Literal["id", "title", "artist", "year", "duration", "bpm", "activation"]
SORT_KEYS: tuple[str, ...] = get_args(SortKey)
KEPT = 8
ROWS_AT_ONCE = 10_000

Value = str | float | None
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TagFilter:
    """Tracks in which a network hears a tag, by the mean activation.

    Attributes
    ----------
    network : str or None
        None for the first that knows the tag.
    """

    tag: str
    range: Range
    network: str | None = None


@dataclass(frozen=True)
class Page:
    """Some tracks of a list.

    Attributes
    ----------
    activations : list of float or None
        Of the tag; None without one.
    cursor : str or None
        Where the next page goes on; None on the last.
    """

    total: int
    track_ids: list[int]
    activations: list[float] | None
    cursor: str | None


@dataclass(frozen=True)
class _Sorted:
    """Values of tracks.

    Attributes
    ----------
    track_ids : int64, shape=(n,)
        Ascending.
    values : list
        The distinct values, ascending.
    ranks : int64, shape=(n,)
        Place of each track's value among them; one more than the last for those without.
    """

    track_ids: Ids
    values: list[Any]
    ranks: Ids

    def ranks_of(self, track_ids: Ids) -> Ids:
        """int64, shape=(n,): the ranks of some tracks, that of those without a value where unknown."""
        if not len(self.track_ids):
            return np.zeros(len(track_ids), np.int64)
        places = np.minimum(np.searchsorted(self.track_ids, track_ids), len(self.track_ids) - 1)
        known = self.track_ids[places] == track_ids
        return np.where(known, self.ranks[places], len(self.values))

    def place_of(self, value: Value) -> float:
        """Rank of a value; between two ranks where no track has it any more."""
        if value is None:
            return len(self.values)
        place = bisect_left(self.values, value)
        return place if place < len(self.values) and self.values[place] == value else place - 0.5


_sorted: Cache[_Sorted] = Cache(KEPT)


def browse(
    settings: Settings, text: str, tag: TagFilter | None, sort: str, cursor: str | None, limit: int
) -> Page:
    """List the tracks that a search finds, in an order.

    Parameters
    ----------
    sort : str
        One of ``SORT_KEYS``, with ``-`` before it for the greatest first. Tracks of which the value is not
        known come last either way.
    cursor : str or None
        ``cursor`` of the page before.

    Raises
    ------
    NotFoundError
        If no network knows the tag.
    InputError
        If the order needs a tag and there is none, or the cursor is of no page of this order.
    """
    key, descending = sort.removeprefix("-"), sort.startswith("-")
    found = np.array(search_tracks(settings, text), np.int64)
    heard = None if tag is None else _hear(settings, tag)
    if heard is not None:
        found = found[np.isin(found, heard.track_ids)]
    if key == "activation" and heard is None:
        raise InputError("To sort by activation, name a tag.")
    order = heard if key == "activation" and heard is not None else _order(settings, key)
    ranks = order.ranks_of(found)
    in_order = np.where(ranks == len(order.values), len(order.values), -ranks if descending else ranks)
    in_order = np.lexsort((found, in_order))
    found, ranks = found[in_order], ranks[in_order]
    first = 0
    if cursor is not None:
        first = _first_after(order, found, ranks, _read_cursor(cursor, key), descending=descending)
    page = found[first : first + limit]
    is_last = first + limit >= len(found)
    activations = None
    if heard is not None:
        activations = [round(float(heard.values[rank]), 4) for rank in heard.ranks_of(page)]
    return Page(
        total=len(found),
        track_ids=page.tolist(),
        activations=activations,
        cursor=None if is_last else _write_cursor(order, key, int(page[-1]), int(ranks[first + limit - 1])),
    )


def _first_after(
    order: _Sorted, track_ids: Ids, ranks: Ids, cursor: tuple[Value, int], *, descending: bool
) -> int:
    value, last = cursor
    place, unknown = order.place_of(value), len(order.values)
    if place == unknown:
        later = np.zeros(len(ranks), bool)
    elif descending:
        later = (ranks < place) | (ranks == unknown)
    else:
        later = ranks > place
    later |= (ranks == place) & (track_ids > last)
    return int(np.argmax(later)) if later.any() else len(track_ids)


def _write_cursor(order: _Sorted, key: str, track_id: int, rank: int) -> str:
    if key == "id":
        return str(track_id)
    value = order.values[rank] if rank < len(order.values) else None
    text = json.dumps([key, value, track_id], ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(text: str, key: str) -> tuple[Value, int]:
    """Return value and track that a page ended with; a track alone where it is sorted by that."""
    if key == "id" and text.isascii() and text.isdecimal():
        return int(text), int(text)
    try:
        of_key, value, track_id = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        kind = str if key in ("title", "artist") else int | float
        if of_key == key and isinstance(track_id, int) and (value is None or isinstance(value, kind)):
            return value, track_id
    except (ValueError, TypeError, binascii.Error):
        pass
    raise InputError(f"{text!r} is no cursor of tracks sorted by {key}: give 'next' of the page before.")


def _hear(settings: Settings, tag: TagFilter) -> _Sorted:
    """Tracks that fulfil a condition on a tag, with its activations as values."""
    refuse_empty(tag.range, f"activation of {tag.tag}")
    snapshot = needed_snapshot(settings)
    network = tag.network or who_knows(snapshot, tag.tag, ())
    column = np.asarray(tag_column(snapshot, network, tag.tag, "tracks"), np.float32)
    rows = np.flatnonzero(tag.range.holds(column))
    values, ranks = np.unique(column[rows], return_inverse=True)
    return _Sorted(np.asarray(snapshot.track_ids(network))[rows], values.tolist(), ranks.astype(np.int64))


def _order(settings: Settings, key: str) -> _Sorted:
    """Values of all tracks, read once per process, snapshot and metadata version."""
    if key not in SORT_KEYS:
        raise NotFoundError(f"Tracks cannot be sorted by {key!r}. There are: {', '.join(SORT_KEYS)}.")
    snapshot = current_snapshot(settings)
    version = (metadata_version(), snapshot and snapshot.key)
    return _sorted.get((settings.SQLALCHEMY_DATABASE_URI, key, version), lambda: _read(key))


def _read(key: str) -> _Sorted:
    rows = db.session.execute(_values(key), execution_options={"yield_per": ROWS_AT_ONCE})
    known: dict[int, Any] = {}
    for track_id, value, *path in rows:
        if value is not None or path:
            known[track_id] = fold(value or stem(*path)) if key in ("title", "artist") else value
    values = sorted(set(known.values()))
    rank_of = {value: rank for rank, value in enumerate(values)}
    return _Sorted(
        np.fromiter(known, np.int64, len(known)),
        values,
        np.fromiter((rank_of[value] for value in known.values()), np.int64, len(known)),
    )


def _values(key: str) -> Executable:
    """Rows of track and value, in the order of the tracks; with titles the path, as it stands in for one."""
    if key == "artist":
        return select(Track.id, Artist.name).join(Track.artist).order_by(Track.id)
    if key == "title":
        return select(Track.id, Track.title, Track.path).order_by(Track.id)
    column = {"id": Track.id, "year": Track.year, "duration": Track.duration, "bpm": Track.bpm}[key]
    return select(Track.id, column).order_by(Track.id)
