"""Tracks: what is known of one, and the names of many."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from app.errors import NotFoundError
from app.models import Album, Artist, Tag, Track, db
from app.models import track_tags as links
from app.queries.catalogue import OpenSnapshot, current_snapshot
from app.queries.metadata import GENRE
from app.queries.status import printable
from app.queries.tags import TAGGRAMS, track_tags
from app.settings import Settings

TOP_TAGS = 10
ASKED_AT_ONCE = 500
MAX_ID = 2**31 - 1  # greater numbers are an error to databases, not an id without a row


@dataclass(frozen=True)
class TrackName:
    """What a track is called; the title is the file's name where none is known."""

    id: int
    title: str
    artist: str | None


@dataclass(frozen=True)
class TrackFacts:
    """What a list says of a track.

    Attributes
    ----------
    path : str
        Relative to ``AUDIO_DIR``; lone surrogates stand for bytes that are not UTF-8.
    duration : float or None
        Seconds.
    bpm : float or None
        Beats per minute.
    """

    id: int
    title: str
    artist: str | None
    album: str | None
    genres: tuple[str, ...]
    year: int | None
    duration: float | None
    bpm: float | None
    key: str | None
    path: str

    def to_json(self) -> dict[str, Any]:
        """Return what the API tells in lists."""
        names = ("id", "title", "artist", "album", "year", "duration", "bpm", "key")
        return {**{name: getattr(self, name) for name in names}, "genres": list(self.genres)}


def find_track(track_id: int) -> Track:
    """Return a track.

    Raises
    ------
    NotFoundError
        If there is none of that id.
    """
    track = None
    if track_id <= MAX_ID:
        loaded = [joinedload(Track.artist), joinedload(Track.album), selectinload(Track.tags)]
        track = db.session.get(Track, track_id, options=loaded)
    if track is None:
        raise NotFoundError(f"There is no track {track_id}.")
    return track


def track_names(track_ids: Collection[int]) -> dict[int, TrackName]:
    """Return the names of tracks by id; one that is gone from the catalogue is called by its number."""
    return {track_id: name for track_id, (name, _) in track_names_and_albums(track_ids).items()}


def track_names_and_albums(track_ids: Collection[int]) -> dict[int, tuple[TrackName, str | None]]:
    """Return the names of tracks and of their albums by id, like :func:`track_names`."""
    wanted = list(set(track_ids))
    names: dict[int, tuple[TrackName, str | None]] = {
        track_id: (TrackName(track_id, f"Track {track_id}", None), None) for track_id in wanted
    }
    for first in range(0, len(wanted), ASKED_AT_ONCE):
        query = (
            select(Track.id, Track.title, Track.path, Artist.name, Album.name)
            .outerjoin(Artist, Artist.id == Track.artist_id)
            .outerjoin(Album, Album.id == Track.album_id)
            .where(Track.id.in_(wanted[first : first + ASKED_AT_ONCE]))
        )
        for track_id, title, path, artist, album in db.session.execute(query):
            names[track_id] = TrackName(track_id, title or stem(path), artist), album
    return names


def track_facts(track_ids: Collection[int]) -> dict[int, TrackFacts]:
    """Return what is known of tracks by id; those that are not in the catalogue are left out."""
    wanted = sorted({track_id for track_id in track_ids if track_id <= MAX_ID})
    facts = {}
    for first in range(0, len(wanted), ASKED_AT_ONCE):
        part = wanted[first : first + ASKED_AT_ONCE]
        genres = _genres(part)
        query = (
            select(
                Track.id,
                Track.title,
                Track.path,
                Track.year,
                Track.duration,
                Track.bpm,
                Track.key,
                Artist.name,
                Album.name,
            )
            .outerjoin(Artist, Artist.id == Track.artist_id)
            .outerjoin(Album, Album.id == Track.album_id)
            .where(Track.id.in_(part))
        )
        for track_id, title, path, year, duration, bpm, key, artist, album in db.session.execute(query):
            facts[track_id] = TrackFacts(
                id=track_id,
                title=title or stem(path),
                artist=artist,
                album=album,
                genres=tuple(genres.get(track_id, ())),
                year=year,
                duration=duration,
                bpm=bpm,
                key=key,
                path=path,
            )
    return facts


def _genres(track_ids: list[int]) -> dict[int, list[str]]:
    query = (
        select(links.c.track_id, Tag.name)
        .join(Tag, Tag.id == links.c.tag_id)
        .where(Tag.group == GENRE, links.c.track_id.in_(track_ids))
        .order_by(links.c.track_id, Tag.id)
    )
    genres: dict[int, list[str]] = {}
    for track_id, name in db.session.execute(query):
        genres.setdefault(track_id, []).append(name)
    return genres


def describe_track(settings: Settings, track_id: int) -> dict[str, Any]:
    """Return everything that is known of a track, as plain values.

    Raises
    ------
    NotFoundError
        If there is none of that id.
    """
    track = find_track(track_id)
    snapshot = current_snapshot(settings)
    return {
        **track_facts([track.id])[track.id].to_json(),
        "path": printable(track.path),
        "tags": _tags_by_group(track),
        "state": track.state,
        "licence": track.licence,
        "page": track.page,
        "networks": {} if snapshot is None else _describe_vectors(snapshot, track.id),
    }


def _tags_by_group(track: Track) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for tag in track.tags:
        groups.setdefault(tag.group, []).append(tag.name)
    return groups


def _describe_vectors(snapshot: OpenSnapshot, track_id: int) -> dict[str, Any]:
    described = {}
    for network in snapshot.networks:
        try:
            row = snapshot.row_of_track(network, track_id)
        except NotFoundError:
            continue
        start, stop = snapshot.offsets(network)[row : row + 2].tolist()
        knows_tags = TAGGRAMS in snapshot.layers(network)
        tags = track_tags(snapshot, network, track_id)[:TOP_TAGS] if knows_tags else []
        described[network] = {
            "segments": stop - start,
            "segment_seconds": snapshot.segment_seconds(network),
            "top_tags": [{"tag": tag.tag, "activation": tag.activation} for tag in tags],
        }
    return described


def stem(path: str) -> str:
    """Return what a track without a title is called: the name of its file."""
    return printable(PurePosixPath(path).stem)
