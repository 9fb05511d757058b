"""Search for tracks by words, whatever their case and accents."""

import unicodedata
from dataclasses import dataclass

from sqlalchemy import or_, select

from app.models import Album, Artist, Tag, Track, db, track_tags
from app.queries.cache import Cache
from app.queries.metadata import metadata_version
from app.queries.status import printable
from app.settings import Settings

ROWS_AT_ONCE = 10_000
# Letters that are no base letter with an accent, and that nobody types without the right keyboard.
_PLAIN = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
    # Typographic quotes, apostrophes and hyphens are those of a keyboard; invisible characters go.
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u02b9\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", "")
)


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


def fold(text: str) -> str:
    """Return text without case, accents and typography: ``Beyoncé`` and ``BEYONCE`` are the same."""
    if text.isascii():
        return text.lower().replace("`", "'")
    # Before normalisation, which makes a space and an accent of some apostrophes.
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).translate(_PLAIN)


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
