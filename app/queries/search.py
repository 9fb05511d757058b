"""Search for tracks by words, whatever their case and accents."""

from dataclasses import dataclass

from sqlalchemy import or_, select

from app.models import Album, Artist, Tag, Track, db, track_tags
from app.queries.cache import Cache
from app.queries.metadata import metadata_version
from app.queries.status import printable
from app.settings import Settings
from app.text import fold

ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class _Catalogue:
    """What is searched.

    Attributes
    ----------
    ids : list of int
        All tracks that can be heard, ascending.
    texts : list of str
        Everything that is known of each, folded.
    """

    ids: list[int]
    texts: list[str]


_catalogues: Cache[_Catalogue] = Cache(2)


def search_tracks(settings: Settings, text: str) -> list[int]:
    """Return the ids of all tracks, ascending, in which every word of a text occurs.

    Looked through are title, artist, album, path and tags; a word may be a part of one. Without words, all
    tracks are found. Tracks whose file is gone are left out unless a provider streams them.
    """
    words = fold(text).split()
    key = (settings.SQLALCHEMY_DATABASE_URI, metadata_version())
    catalogue = _catalogues.get(key, _read)
    if not words:
        return catalogue.ids
    texts = catalogue.texts
    # Word by word: a loop for each is several times as fast as one that tests all words.
    found = [place for place, text in enumerate(texts) if words[0] in text]
    for word in words[1:]:
        found = [place for place in found if word in texts[place]]
    return [catalogue.ids[place] for place in found]


def _read() -> _Catalogue:
    known: dict[int, list[str]] = {}
    tracks = (
        select(Track.id, Track.path, Track.title, Artist.name, Album.name)
        .outerjoin(Track.artist)
        .outerjoin(Track.album)
        .where(or_(Track.state == "present", Track.external_id.is_not(None)))
        .order_by(Track.id)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    for track_id, path, *names in db.session.execute(tracks):
        known[track_id] = [printable(path), *(name for name in names if name)]
    links = (
        select(track_tags.c.track_id, Tag.name)
        .join(Tag, Tag.id == track_tags.c.tag_id)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    for track_id, tag in db.session.execute(links):
        if track_id in known:
            known[track_id].append(tag)
    return _Catalogue(list(known), [fold("\n".join(parts)) for parts in known.values()])
