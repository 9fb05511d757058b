"""What filters ask of tracks, as arrays in the order of a network's rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy import select

from app.models import Tag, Track, db, track_tags
from app.queries.cache import Cache
from app.queries.catalogue import OpenSnapshot
from app.queries.metadata import metadata_version
from app.queries.search import fold
from app.queries.status import printable
from app.settings import Settings

ROWS_AT_ONCE = 10_000

Codes = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True)
class TrackFacts:
    """Facts of all tracks of a network, each of shape (n_tracks,).

    Attributes
    ----------
    artists, albums : int64
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
    numbers = {name: np.zeros(len(ids), np.int64) for name in ("artist", "album")}
    contents = np.full(len(ids), -1, np.int64)
    bpm, years = np.full((2, len(ids)), np.nan, np.float32)
    paths, content_rows = [""] * len(ids), dict[str, int]()
    columns = (
        Track.id,
        Track.path,
        Track.artist_id,
        Track.album_id,
        Track.content_hash,
        Track.bpm,
        Track.year,
    )
    query = select(*columns).order_by(Track.id).execution_options(yield_per=ROWS_AT_ONCE)
    for track_id, path, artist, album, content, tempo, year in db.session.execute(query):
        row = row_of.get(track_id)
        if row is None:
            continue
        paths[row] = printable(path)
        numbers["artist"][row], numbers["album"][row] = artist or 0, album or 0
        if content is not None:
            contents[row] = content_rows.setdefault(content, row)
        bpm[row] = np.nan if tempo is None else tempo
        years[row] = np.nan if year is None else year
    return TrackFacts(
        numbers["artist"], numbers["album"], contents, bpm, years, paths, content_rows, _tags(row_of)
    )


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
