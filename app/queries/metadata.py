"""Attributes of tracks as columns of codes: genre, artist, year and so on, and groups of tags."""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Executable, Subquery, exists, func, select, union_all

from app.models import Album, Artist, MetadataVersion, Tag, Track, db, track_artists, track_tags
from app.queries.status import printable
from app.settings import Settings
from app.store.files import Array
from app.text import composed

GENRE = "genre"
ARTIST = "artist"
ATTRIBUTES = (GENRE, ARTIST, "album", "year", "bpm", "key", "folder")
NUMBERS = ("year", "bpm")
"""Those with a place of their own; every other group of tags is an attribute under its own name."""
MAX_CATEGORIES = 65_536  # what 16 bits can tell apart
REST = "(others)"
KEPT = 16

Codes = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Attribute:
    """The values of an attribute, coded.

    Attributes
    ----------
    categories : tuple of str
        Labels by code; code 0 is "", unknown. Numbers in order, everything else the most frequent first.
    track_ids : int64, shape=(n_known,)
        Tracks with a known value, ascending.
    codes : uint16, shape=(n_known,)
        Theirs.
    """

    categories: tuple[str, ...]
    track_ids: npt.NDArray[np.int64]
    codes: Codes

    def of(self, track_ids: Array) -> Codes:
        """Return the codes (uint16, shape=(n,)) of tracks (int64, shape=(n,)); 0 where unknown."""
        if len(self.track_ids) == 0:
            return np.zeros(len(track_ids), np.uint16)
        places = np.minimum(np.searchsorted(self.track_ids, track_ids), len(self.track_ids) - 1)
        return np.where(self.track_ids[places] == track_ids, self.codes[places], 0).astype(np.uint16)


def existing_attributes() -> list[str]:
    """Names of the attributes that at least one track has, groups of tags after the others."""
    known = {
        GENRE: exists().where(track_tags.c.tag_id == Tag.id, Tag.group == GENRE),
        ARTIST: exists().where(Track.artist_id.is_not(None)),
        "album": exists().where(Track.album_id.is_not(None)),
        "year": exists().where(Track.year.is_not(None)),
        "bpm": exists().where(Track.bpm.is_not(None)),
        "key": exists().where(Track.key.is_not(None)),
        "folder": exists().where(Track.path.contains("/")),
    }
    row = db.session.execute(select(*(known[name] for name in ATTRIBUTES))).one()
    groups = db.session.scalars(
        select(Tag.group).where(Tag.group.not_in(ATTRIBUTES), _is_used()).distinct().order_by(Tag.group)
    )
    return [name for name, is_known in zip(ATTRIBUTES, row, strict=True) if is_known] + list(groups)


def is_attribute(name: str) -> bool:
    """Tell whether there is an attribute of that name, had by a track or not."""
    return name in ATTRIBUTES or bool(db.session.scalar(select(exists().where(Tag.group == name))))


def _is_used() -> ColumnElement[bool]:
    return exists().where(track_tags.c.tag_id == Tag.id)


def metadata_version() -> str:
    """Return a name for the state of all attributes and titles: another one after any of them has changed.

    12 hexadecimal digits. The database keeps it, see :class:`app.models.MetadataVersion`, so it costs
    reading one row, and holds for all processes.
    """
    columns: list[Any] = [MetadataVersion.value]
    if db.engine.dialect.name == "postgresql":
        columns.append(func.txid_current_if_assigned())
    value, *writing = db.session.execute(select(*columns)).one()
    # Within a transaction that writes, PostgreSQL's value stays what its first change made it.
    return secrets.token_hex(6) if any(writing) else str(value)


_kept: OrderedDict[tuple[str, str, str], Attribute] = OrderedDict()
_lock = threading.Lock()


def attribute(settings: Settings, name: str, version: str) -> Attribute:
    """Return an attribute of all tracks, read once per process and metadata version."""
    key = (settings.SQLALCHEMY_DATABASE_URI, name, version)
    with _lock:
        found = _kept.get(key)
        if found is None:
            found = encode(_rows(name), in_order=name in NUMBERS)
            _kept[key] = found
            while len(_kept) > KEPT:
                _kept.popitem(last=False)
    return found


def _rows(name: str) -> Sequence[Any]:
    """Rows of (track, value, label), in the order of the tracks."""
    if name == "folder":
        paths = db.session.execute(select(Track.id, Track.path).order_by(Track.id))
        parted = ((track_id, *path.partition("/")[:2]) for track_id, path in paths)
        return _numbered(
            (track_id, printable(composed(folder))) for track_id, folder, slash in parted if slash
        )
    if name == "key":
        keys = select(Track.id, Track.key).where(Track.key.is_not(None)).order_by(Track.id)
        return _numbered(db.session.execute(keys))
    if name == "bpm":
        tempi = select(Track.id, Track.bpm).where(Track.bpm.is_not(None)).order_by(Track.id)
        return [(track_id, round(bpm or 0), round(bpm or 0)) for track_id, bpm in db.session.execute(tempi)]
    return db.session.execute(_query(name)).all()


def _query(name: str) -> Executable:
    if name == ARTIST:
        return _commonest(links_of(name))
    if name == "album":
        return select(Track.id, Album.id, Album.name).join(Track.album).order_by(Track.id)
    if name == "year":
        return select(Track.id, Track.year, Track.year).where(Track.year.is_not(None)).order_by(Track.id)
    return _commonest(links_of(name))


def links_of(name: str) -> Subquery:
    """Rows of ``track_id``, ``value_id`` and ``name``: all artists of tracks, or all tags of a group."""
    if name == ARTIST:
        artists = artists_of_tracks()
        named = select(artists.c.track_id, Artist.id.label("value_id"), Artist.name)
        return named.join(Artist, Artist.id == artists.c.artist_id).subquery()
    tags = select(track_tags.c.track_id, Tag.id.label("value_id"), Tag.name)
    return tags.join(Tag, Tag.id == track_tags.c.tag_id).where(Tag.group == name).subquery()


def artists_of_tracks() -> Subquery:
    """Rows of ``track_id`` and ``artist_id``: each of several artists, otherwise the credited one."""
    credited = select(Track.id.label("track_id"), Track.artist_id).where(
        Track.artist_id.is_not(None), ~exists().where(track_artists.c.track_id == Track.id)
    )
    return union_all(select(track_artists), credited).subquery()


def _numbered(labels: Iterable[Any]) -> list[tuple[int, int, str]]:
    """Rows for tracks and their labels: equal labels are equal values."""
    numbers: dict[str, int] = {}
    return [(track_id, numbers.setdefault(label, len(numbers)), label) for track_id, label in labels]


def _commonest(links: Subquery) -> Executable:
    """Of several values of a track, select the one that most tracks have, for few colours.

    Parameters
    ----------
    links
        Rows of ``track_id``, ``value_id`` and ``name``.
    """
    size = select(links.c.value_id, func.count().label("n")).group_by(links.c.value_id).subquery()
    rank = func.row_number().over(partition_by=links.c.track_id, order_by=(size.c.n.desc(), links.c.value_id))
    ranked = select(links, rank.label("rank")).join(size, size.c.value_id == links.c.value_id).subquery()
    columns = (ranked.c.track_id, ranked.c.value_id, ranked.c.name)
    return select(*columns).where(ranked.c.rank == 1).order_by(ranked.c.track_id)


def encode(rows: Sequence[Any], *, in_order: bool) -> Attribute:
    """Give each value a code from 1 on; those that find no room share the last one."""
    labels = {value: str(label) for _, value, label in rows}
    track_ids = np.array([row[0] for row in rows], np.int64)
    values, places, counts = np.unique(
        np.array([row[1] for row in rows], np.int64), return_inverse=True, return_counts=True
    )
    by_value = [(-count, labels[value]) for value, count in zip(values.tolist(), counts, strict=True)]
    ranked = list(range(len(values)))
    if not in_order:
        ranked.sort(key=by_value.__getitem__)
    code_of = np.empty(len(values), np.int64)
    code_of[ranked] = np.arange(1, len(values) + 1)
    categories = ["", *(by_value[i][1] for i in ranked)]
    if len(categories) > MAX_CATEGORIES:
        categories = [*categories[: MAX_CATEGORIES - 1], REST]
        code_of = np.minimum(code_of, MAX_CATEGORIES - 1)
    return Attribute(tuple(categories), track_ids, code_of[places].astype(np.uint16))
