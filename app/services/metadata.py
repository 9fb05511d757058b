"""What the files say about themselves, kept in the database: names, genres, year, tempo, key, duration.

Where a track is known to a streaming provider (it has an ``external_id``), the provider's word on
artist, album and tags stays. The file then gives title, year, tempo, key and duration, and names to an
artist or an album of which only the provider's number is known.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Table, and_, bindparam, delete, exists, insert, select, update
from sqlalchemy.orm import Session

from app.audio.tags import MAX_LENGTH, MAX_VALUES, FileTags
from app.errors import EmptyLibraryError
from app.models import Album, Artist, Tag, Track, db, track_artists, track_tags
from app.services import database
from app.services.audio_files import FoundFile, Problem
from app.services.file_reading import ReadTask, read_files
from app.services.lock import library_lock
from app.services.report import Reporter
from app.settings import Settings
from app.text import composed

GENRE = "genre"
MAX_NAME_LENGTH = MAX_LENGTH
TAGS_CUT = f"its tags were truncated to {MAX_VALUES} values per field and {MAX_LENGTH} characters per value"

K = TypeVar("K")


@dataclass
class TagReport:
    """What reading the tags of all files came to."""

    read: int = 0
    with_tags: int = 0
    problems: list[Problem] = field(default_factory=list)


def load_file_tags(
    settings: Settings, reporter: Reporter, *, dry_run: bool = False, jobs: int | None = None
) -> TagReport:
    """Read the tags of all present tracks anew.

    Parameters
    ----------
    jobs : int, optional
        Processes that read files; see :func:`app.services.file_reading.read_files`.

    Raises
    ------
    EmptyLibraryError
        If no track is present.
    """
    database.check()
    report = TagReport()
    with library_lock(settings):
        tracks = _present_tracks()
        if not tracks:
            raise EmptyLibraryError("No tracks are known yet. Run 'flask index-all-audio' first.")
        names = Names(db.session())
        ids = {track.path: track.id for track in tracks}
        tasks = [
            ReadTask(FoundFile(track.path, 0, 0), settings.AUDIO_DIR / track.path, with_hash=False)
            for track in tracks
        ]
        with reporter.stage("Reading tags", len(tracks)) as advance:
            for batch in read_files(tasks, jobs=jobs):
                report.problems += [
                    Problem(reading.file.path, reading.error or reading.without_tags)
                    for reading in batch
                    if reading.tags is None
                ]
                report.problems += [
                    Problem(reading.file.path, TAGS_CUT)
                    for reading in batch
                    if reading.tags is not None and reading.tags.is_cut
                ]
                good = [(ids[each.file.path], each.tags) for each in batch if each.tags is not None]
                report.read += len(good)
                report.with_tags += sum(1 for _, tags in good if tags.title or tags.artist or tags.genres)
                if not dry_run:
                    names.write(good)
                    db.session.commit()
                advance(len(batch))
        if not dry_run:
            remove_unused(db.session())
            db.session.commit()
    return report


class _Present(NamedTuple):
    id: int
    path: str


def _present_tracks() -> list[_Present]:
    query = select(Track.id, Track.path).where(Track.state == "present").order_by(Track.id)
    return [_Present(*row) for row in db.session.execute(query)]


class Names:
    """The names of artists, albums and tags with their ids; a name that is new gets a row.

    Holds all of them in memory, so that writing costs a few statements per batch of tracks and not
    some per track. Only one may be at work on a library at a time.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._artists: dict[str, int] = {}
        self._albums: dict[tuple[str, int | None], int] = {}
        self._tags: dict[tuple[str, str], int] = {}
        self._nameless_artists: set[int] = set()
        self._nameless_albums: set[int] = set()
        for artist in session.execute(select(Artist.id, Artist.name, Artist.external_id).order_by(Artist.id)):
            self._artists.setdefault(artist.name, artist.id)
            if artist.name == artist.external_id:
                self._nameless_artists.add(artist.id)
        for album in session.execute(
            select(Album.id, Album.name, Album.artist_id, Album.external_id).order_by(Album.id)
        ):
            self._albums.setdefault((album.name, album.artist_id), album.id)
            if album.name == album.external_id:
                self._nameless_albums.add(album.id)
        for tag in session.execute(select(Tag.id, Tag.group, Tag.name)):
            self._tags[tag.group, tag.name] = tag.id

    def write(self, entries: Iterable[tuple[int, FileTags]]) -> None:
        """Give tracks, by id, what their files say; the caller commits."""
        cleaned = [(track_id, clean(tags)) for track_id, tags in entries]
        if not cleaned:
            return
        stored = self._stored([track_id for track_id, _ in cleaned])
        own = {track_id: tags for track_id, tags in cleaned if stored[track_id].external_id is None}
        self._add_names(own.values())
        rows = []
        for track_id, tags in cleaned:
            before = stored[track_id]
            artist_id, album_id = before.artist_id, before.album_id
            if track_id in own:
                artist_id = self._artists.get(tags.artist or "")
                album_id = self._albums.get((tags.album or "", self._owner(tags)))
            else:
                self._name_known(artist_id, album_id, tags)
            rows.append(
                {
                    "id": track_id,
                    "title": tags.title or (None if track_id in own else before.title),
                    "year": tags.year,
                    "bpm": tags.bpm,
                    "key": tags.key,
                    "duration": _duration(tags, before),
                    "artist_id": artist_id,
                    "album_id": album_id,
                }
            )
        self._session.execute(update(Track), rows)
        links = {
            track_id: [self._tags[GENRE, genre] for genre in tags.genres] for track_id, tags in own.items()
        }
        replace_tags(self._session, links)
        several = {
            track_id: [self._artists[name] for name in tags.artists if tags.artists != (tags.artist,)]
            for track_id, tags in own.items()
        }
        replace_artists(self._session, several)

    def tag_ids(self, keys: Iterable[tuple[str, str]]) -> list[int]:
        """Return the ids of tags given as (group, name)."""
        keys = list(keys)
        rows = {key: {"group": key[0], "name": key[1]} for key in keys}
        add_missing(self._session, Tag, self._tags, rows)
        return [self._tags[key] for key in keys]

    def _stored(self, ids: Sequence[int]) -> dict[int, Any]:
        is_measured = and_(Track.content_hash.is_not(None), Track.duration.is_not(None))
        query = select(
            Track.id,
            Track.external_id,
            Track.artist_id,
            Track.album_id,
            Track.duration,
            Track.title,
            is_measured.label("is_measured"),
        ).where(Track.id.in_(ids))
        return {row.id: row for row in self._session.execute(query)}

    def _add_names(self, all_tags: Collection[FileTags]) -> None:
        names = [
            name for tags in all_tags for name in (tags.artist, tags.album_artist, *tags.artists) if name
        ]
        artists = {name: {"name": name} for name in names}
        add_missing(self._session, Artist, self._artists, artists)
        albums = {}
        for tags in all_tags:
            if tags.album:
                owner = self._owner(tags)
                albums[tags.album, owner] = {"name": tags.album, "artist_id": owner}
        add_missing(self._session, Album, self._albums, albums)
        self.tag_ids((GENRE, genre) for tags in all_tags for genre in tags.genres)

    def _owner(self, tags: FileTags) -> int | None:
        """Return the artist of the album, so that all tracks of a compilation form one album.

        Without an album artist, it is the first artist of the track, so that a guest starts no other album.
        """
        first = tags.artists[0] if tags.artists else tags.artist
        return self._artists.get(tags.album_artist or first or "")

    def _name_known(self, artist_id: int | None, album_id: int | None, tags: FileTags) -> None:
        if artist_id in self._nameless_artists and tags.artist:
            name = tags.artists[0] if tags.artists else tags.artist  # the provider names one artist
            self._session.execute(update(Artist).where(Artist.id == artist_id).values(name=name))
            self._nameless_artists.discard(artist_id)
            self._artists.setdefault(name, artist_id)
        if album_id in self._nameless_albums and tags.album:
            self._session.execute(update(Album).where(Album.id == album_id).values(name=tags.album))
            self._nameless_albums.discard(album_id)
            self._albums.setdefault((tags.album, artist_id), album_id)


def add_missing(
    session: Session, model: type[Artist | Album | Tag], known: dict[K, int], rows: dict[K, dict[str, Any]]
) -> None:
    """Insert the rows whose keys are not known yet; add their ids to ``known``."""
    new = {key: row for key, row in rows.items() if key not in known}
    if new:
        statement = insert(model).returning(model.id, sort_by_parameter_order=True)
        known.update(zip(new, session.scalars(statement, list(new.values())), strict=True))


def replace_tags(session: Session, links: dict[int, list[int]]) -> None:
    """Let tracks, by id, have these tags, by id, and no others."""
    _replace(session, track_tags, links)


def replace_artists(session: Session, links: dict[int, list[int]]) -> None:
    """Set the artists of tracks, all by id; a track without any has only the one it is credited to."""
    _replace(session, track_artists, links)


def _replace(session: Session, table: Table, links: dict[int, list[int]]) -> None:
    if links:
        of_track = delete(table).where(table.c.track_id == bindparam("track"))
        session.execute(of_track, [{"track": track_id} for track_id in links])
    of_what = next(column.name for column in table.columns if column.name != "track_id")
    rows = [
        {"track_id": track_id, of_what: linked_id}
        for track_id, linked_ids in links.items()
        for linked_id in dict.fromkeys(linked_ids)
    ]
    if rows:
        session.execute(insert(table), rows)


def remove_unused(session: Session) -> None:
    """Delete albums, artists and tags that no track has any more."""
    unused = [
        delete(Album).where(~exists().where(Track.album_id == Album.id)),
        delete(Artist).where(
            ~exists().where(Track.artist_id == Artist.id),
            ~exists().where(Album.artist_id == Artist.id),
            ~exists().where(track_artists.c.artist_id == Artist.id),
        ),
        delete(Tag).where(~exists().where(track_tags.c.tag_id == Tag.id)),
    ]
    for statement in unused:
        session.execute(statement.execution_options(synchronize_session=False))


def _duration(tags: FileTags, before: Any) -> float | None:
    """Return the duration in seconds: as extraction measured it, else what the head of the file says."""
    measured: float | None = before.duration
    return measured if before.is_measured else tags.duration or measured


def clean(tags: FileTags) -> FileTags:
    """Make what a file says fit for the database; write genres in lower case, so that each is there once."""
    genres = [_storable(genre) for genre in tags.genres]
    artists = [_storable(artist) for artist in tags.artists]
    return replace(
        tags,
        title=_storable(tags.title),
        artist=_storable(tags.artist),
        album=_storable(tags.album),
        album_artist=_storable(tags.album_artist),
        artists=tuple(dict.fromkeys(artist for artist in artists if artist)),
        genres=tuple(dict.fromkeys(genre.lower() for genre in genres if genre)),
    )


def _storable(text: str | None) -> str | None:
    """Truncate a text for indexes, in one Unicode form, without surrogates, which no database stores."""
    if text is None:
        return None
    return composed(text.encode("utf-8", "ignore").decode("utf-8"))[:MAX_NAME_LENGTH].strip() or None
