"""Playlists: to create, rename, fill, order and delete.

Each change is one transaction and begins with the playlist's row, so that two at once come one after the
other, and who says which version is meant never overwrites another one.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Delete, Update, delete, func, insert, select, update

from app.errors import ChangedError, InputError, NotFoundError
from app.models import Playlist, PlaylistEntry, Track, db
from app.queries.exports import Point, read_selection
from app.queries.tracks import MAX_ID
from app.settings import Settings

MAX_ENTRIES = 10_000
MAX_NAME = 200
ASKED_AT_ONCE = 500
SHOWN_IDS = 5

Versions = Collection[int] | None
"""Versions that a playlist may have for a change to be made; None for any."""


@dataclass(frozen=True)
class NewEntry:
    """A track, or from ``start`` to ``end`` of it in seconds."""

    track_id: int
    start: float | None = None
    end: float | None = None


def entries_of_points(settings: Settings, points: Sequence[Point], network: str | None) -> list[NewEntry]:
    """Return points of a map as entries: segments become stretches of their tracks.

    Raises
    ------
    InputError
        If tracks and segments are mixed, or segments come without a network.
    NotFoundError
        If the snapshot has no such network or segment.
    """
    if not points:
        return []
    selection = read_selection(settings, points, network, None)
    found = []
    for entry in selection.entries():
        start, end = (None, None) if entry.times is None else (round(time, 3) for time in entry.times)
        found.append(NewEntry(entry.track_id, start, end))
    return found


def create_playlist(name: str, entries: Sequence[NewEntry]) -> int:
    """Make a playlist; return its id.

    Raises
    ------
    InputError
        If there are too many entries, or one lies outside its track.
    NotFoundError
        If a track is not in the catalogue.
    """
    playlist = Playlist(name=name)
    db.session.add(playlist)
    db.session.flush()
    _insert(playlist.id, entries, first=0)
    playlist_id = playlist.id
    db.session.commit()
    return playlist_id


def rename_playlist(playlist_id: int, name: str, versions: Versions = None) -> None:
    """Give a playlist another name.

    Raises
    ------
    NotFoundError, ChangedError
        If there is none of that id, or none of these versions.
    """
    _change(playlist_id, versions, update(Playlist).values(name=name, **_counted()))
    db.session.commit()


def replace_entries(playlist_id: int, entries: Sequence[NewEntry], versions: Versions = None) -> None:
    """Put other entries, or the same ones in another order, in place of those of a playlist.

    Raises
    ------
    InputError
        If there are too many, or one lies outside its track.
    NotFoundError
        If the playlist or a track does not exist.
    ChangedError
        If the playlist has another version.
    """
    _change(playlist_id, versions, update(Playlist).values(**_counted()))
    db.session.execute(delete(PlaylistEntry).where(PlaylistEntry.playlist_id == playlist_id))
    _insert(playlist_id, entries, first=0)
    db.session.commit()


def append_entries(playlist_id: int, entries: Sequence[NewEntry], versions: Versions = None) -> None:
    """Put entries at the end of a playlist.

    Raises
    ------
    InputError, NotFoundError, ChangedError
        As of :func:`replace_entries`.
    """
    _change(playlist_id, versions, update(Playlist).values(**_counted()))
    own = select(func.max(PlaylistEntry.position)).where(PlaylistEntry.playlist_id == playlist_id)
    last = db.session.scalar(own)
    _insert(playlist_id, entries, first=0 if last is None else last + 1)
    db.session.commit()


def delete_playlist(playlist_id: int, versions: Versions = None) -> None:
    """Delete a playlist. The music stays.

    Raises
    ------
    NotFoundError, ChangedError
        If there is none of that id, or none of these versions.
    """
    _change(playlist_id, versions, delete(Playlist))
    db.session.commit()


def _counted() -> dict[str, object]:
    return {"version": Playlist.version + 1, "changed_at": datetime.now(UTC)}


def _change(playlist_id: int, versions: Versions, change: Update | Delete) -> None:
    """Change the row of a playlist, which no other transaction can until this one has ended."""
    if playlist_id > MAX_ID:
        raise NotFoundError(f"There is no playlist {playlist_id}.")
    meant = change.where(Playlist.id == playlist_id)
    if versions is not None:
        meant = meant.where(Playlist.version.in_(versions))
    if db.session.scalar(meant.returning(Playlist.id)) is not None:
        return
    db.session.rollback()
    version = db.session.scalar(select(Playlist.version).where(Playlist.id == playlist_id))
    if version is None:
        raise NotFoundError(f"There is no playlist {playlist_id}.")
    raise ChangedError(
        f"Playlist {playlist_id} has been changed meanwhile: it is at version {version} now. "
        "Read it again, then repeat the change."
    )


def _insert(playlist_id: int, entries: Sequence[NewEntry], *, first: int) -> None:
    """Add entries from a position on; nothing at all is changed if one of them is wrong."""
    try:
        if first + len(entries) > MAX_ENTRIES:
            raise InputError(f"A playlist has at most {MAX_ENTRIES:,} entries.")
        _check(entries)
    except InputError:
        db.session.rollback()
        raise
    if entries:
        rows = [
            {"playlist_id": playlist_id, "position": first + place, **vars(entry)}
            for place, entry in enumerate(entries)
        ]
        db.session.execute(insert(PlaylistEntry), rows)


def _check(entries: Sequence[NewEntry]) -> None:
    durations = _durations({entry.track_id for entry in entries})
    unknown = sorted({entry.track_id for entry in entries} - set(durations))
    if unknown:
        shown = ", ".join(map(str, unknown[:SHOWN_IDS])) + (", ..." if len(unknown) > SHOWN_IDS else "")
        raise NotFoundError(f"The catalogue has no track {shown}.")
    for entry in entries:
        duration = durations[entry.track_id]
        if entry.start and duration is not None and entry.start >= duration:
            raise InputError(
                f"Track {entry.track_id} ends at {duration:.1f} s: nothing of it begins at {entry.start:g} s."
            )


def _durations(track_ids: set[int]) -> dict[int, float | None]:
    """Seconds of tracks by id; those that are not in the catalogue are left out."""
    wanted = sorted(track_ids)
    durations: dict[int, float | None] = {}
    for first in range(0, len(wanted), ASKED_AT_ONCE):
        part = wanted[first : first + ASKED_AT_ONCE]
        rows = db.session.execute(select(Track.id, Track.duration).where(Track.id.in_(part)))
        durations.update((track_id, duration) for track_id, duration in rows)
    return durations
