"""What filters ask of tracks, as arrays in the order of a network's rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import select

from app.models import Tag, Track, db, track_tags
from app.queries.cache import Cache
from app.queries.catalogue import OpenSnapshot
from app.queries.metadata import artists_of_tracks, metadata_version
from app.queries.status import printable
from app.settings import Settings
from app.text import fold

ROWS_AT_ONCE = 10_000

Codes = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TrackFacts:
    """Facts of all tracks of a network, each of shape (n_tracks,) unless stated otherwise.

    Attributes
    ----------
    artists : int64, shape=(n_links, 2)
        Row of a track and id of an artist: one pair for each artist of a track.
    albums : int64
        Ids; 0 where unknown.
    contents : int64
        Equal for tracks with equal content, the least row of those that have it; -1 where unknown.
    bpm, years : float32
        NaN where unknown.
    paths : list of str
        As they are shown; empty for tracks that are gone from the catalogue.
    content_rows : dict
        Content hash to the row in ``contents``.
    tags : dict
        Group and folded name of a tag to the rows of the tracks that have it.
    """

    artists: Codes
    albums: Codes
    contents: Codes
    bpm: Numbers
    years: Numbers
    paths: list[str]
    content_rows: dict[str, int]
    tags: dict[tuple[str, str], Codes]


_facts: Cache[TrackFacts] = Cache(8)


def track_facts(settings: Settings, snapshot: OpenSnapshot, network: str) -> TrackFacts:
    """Return the facts of a network's tracks, read once per process, snapshot and metadata version."""
    key = (settings.SQLALCHEMY_DATABASE_URI, snapshot.folder, network, metadata_version())
    return _facts.get(key, lambda: _read(snapshot, network))


def _read(snapshot: OpenSnapshot, network: str) -> TrackFacts:
    ids = snapshot.track_ids(network).tolist()
    row_of = {track_id: row for row, track_id in enumerate(ids)}
    albums = np.zeros(len(ids), np.int64)
    contents = np.full(len(ids), -1, np.int64)
    bpm, years = np.full((2, len(ids)), np.nan, np.float32)
    paths, content_rows = [""] * len(ids), dict[str, int]()
    columns = (
        Track.id,
        Track.path,
        Track.album_id,
        Track.content_hash,
        Track.bpm,
        Track.year,
    )
    query = select(*columns).order_by(Track.id).execution_options(yield_per=ROWS_AT_ONCE)
    for track_id, path, album, content, tempo, year in db.session.execute(query):
        row = row_of.get(track_id)
        if row is None:
            continue
        paths[row] = printable(path)
        albums[row] = album or 0
        if content is not None:
            contents[row] = content_rows.setdefault(content, row)
        bpm[row] = np.nan if tempo is None else tempo
        years[row] = np.nan if year is None else year
    return TrackFacts(_artists(row_of), albums, contents, bpm, years, paths, content_rows, _tags(row_of))


def _artists(row_of: dict[int, int]) -> Codes:
    links = select(artists_of_tracks()).execution_options(yield_per=ROWS_AT_ONCE)
    found = [
        (row_of[track_id], artist_id)
        for track_id, artist_id in db.session.execute(links)
        if track_id in row_of
    ]
    return np.array(found, np.int64).reshape(-1, 2)


def _tags(row_of: dict[int, int]) -> dict[tuple[str, str], Codes]:
    names = {
        tag.id: (tag.group, fold(tag.name)) for tag in db.session.execute(select(Tag.id, Tag.group, Tag.name))
    }
    rows: dict[tuple[str, str], list[int]] = {name: [] for name in names.values()}
    links = select(track_tags.c.track_id, track_tags.c.tag_id).execution_options(yield_per=ROWS_AT_ONCE)
    for track_id, tag_id in db.session.execute(links):
        row = row_of.get(track_id)
        if row is not None:
            rows[names[tag_id]].append(row)
    return {name: np.unique(np.array(found, np.int64)) for name, found in rows.items()}
