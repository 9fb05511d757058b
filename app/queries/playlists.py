"""Playlists as they are read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select

from app.errors import NotFoundError
from app.models import Playlist, PlaylistEntry, Track, db
from app.providers import PROVIDERS
from app.queries.exports import Entry
from app.queries.tracks import MAX_ID, TrackFacts, track_facts
from app.settings import Settings


@dataclass(frozen=True)
class PlaylistFacts:
    """What a list of playlists says of one.

    Attributes
    ----------
    version : int
        Grows with each change.
    length : int
        How many entries.
    seconds : float
        How long they last, as far as that is known.
    """

    id: int
    name: str
    version: int
    length: int
    seconds: float
    created_at: datetime
    changed_at: datetime

    def to_json(self) -> dict[str, Any]:
        """Return what the API tells."""
        times = ("created_at", "changed_at")
        return vars(self) | {name: getattr(self, name).isoformat(timespec="seconds") for name in times}


@dataclass(frozen=True)
class ListedEntry:
    """An entry of a playlist.

    Attributes
    ----------
    times : (float, float) or None
        Start and end in seconds; None for the whole track.
    missing : bool
        The last scan did not find the file, and it is not streamed from elsewhere either.
    """

    facts: TrackFacts
    times: tuple[float, float] | None
    missing: bool

    @property
    def entry(self) -> Entry:
        """The same as a line of a list."""
        return Entry(self.facts.id, self.facts, times=self.times)


def list_playlists(after: int, limit: int) -> tuple[int, list[PlaylistFacts]]:
    """Return how many playlists there are, and the first ones whose ids are greater than ``after``."""
    total = db.session.scalar(select(func.count()).select_from(Playlist)) or 0
    query = _facts().where(Playlist.id > after).order_by(Playlist.id).limit(limit)
    return total, [_read_facts(row) for row in db.session.execute(query)]


def all_playlists() -> list[PlaylistFacts]:
    """Return every playlist, in the order in which they were made."""
    return [_read_facts(row) for row in db.session.execute(_facts().order_by(Playlist.id))]


def find_playlist(playlist_id: int) -> PlaylistFacts:
    """Return what is known of a playlist.

    Raises
    ------
    NotFoundError
        If there is none of that id.
    """
    row = None
    if playlist_id <= MAX_ID:
        row = db.session.execute(_facts().where(Playlist.id == playlist_id)).first()
    if row is None:
        raise NotFoundError(f"There is no playlist {playlist_id}.")
    return _read_facts(row)


def _facts() -> Select[*tuple[Any, ...]]:
    lasting = func.coalesce(PlaylistEntry.end - PlaylistEntry.start, Track.duration)
    columns = (Playlist.id, Playlist.name, Playlist.version, Playlist.created_at, Playlist.changed_at)
    return (
        select(*columns, func.count(PlaylistEntry.id), func.sum(lasting))
        .outerjoin(PlaylistEntry, PlaylistEntry.playlist_id == Playlist.id)
        .outerjoin(Track, Track.id == PlaylistEntry.track_id)
        .group_by(Playlist.id)
    )


def _read_facts(row: Row[*tuple[Any, ...]]) -> PlaylistFacts:
    playlist_id, name, version, created_at, changed_at, length, seconds = row
    return PlaylistFacts(playlist_id, name, version, length, round(seconds or 0.0, 3), created_at, changed_at)


def playlist_entries(settings: Settings, playlist_id: int) -> list[ListedEntry]:
    """Return the entries of a playlist in their order; none if there is no such playlist."""
    streamed = bool(PROVIDERS.get(settings.AUDIO_PROVIDER).media_hosts)
    query = (
        select(PlaylistEntry.track_id, PlaylistEntry.start, PlaylistEntry.end, Track.state, Track.external_id)
        .join(Track, Track.id == PlaylistEntry.track_id)
        .where(PlaylistEntry.playlist_id == playlist_id)
        .order_by(PlaylistEntry.position)
    )
    rows = db.session.execute(query).all()
    facts = track_facts({track_id for track_id, *_ in rows})
    return [
        ListedEntry(
            facts[track_id],
            None if start is None or end is None else (start, end),
            missing=state == "missing" and not (streamed and external_id),
        )
        for track_id, start, end, state, external_id in rows
        if track_id in facts
    ]
