"""Loading the metadata of Jamendo tracks from a table of the MTG-Jamendo dataset.

A row names track, artist, album, path, duration and any number of tags (``genre---rock``). A track is
known by the path; where no file of that path was ever scanned it becomes a missing track, which can be
listened to by streaming and is taken over by the scan that finds its file.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.errors import InputError
from app.models import Album, Artist, Track, db, track_tags
from app.services import database
from app.services.lock import library_lock
from app.services.metadata import Names, add_missing, remove_unused, replace_artists, replace_tags
from app.services.report import Reporter
from app.settings import Settings
from app.text import composed

HEADER = ("TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS")

_DATA_SET_PATH = re.compile(r"(?:^|/)([0-9]{2})/([0-9]{1,18})(?:\.low)?\.[A-Za-z0-9]{1,5}$")


class JamendoRow(NamedTuple):
    """A line: ``number`` is the track's at Jamendo, ``duration`` in seconds, ``tags`` as (group, name)."""

    line: int
    number: str
    artist: str
    album: str
    path: str
    duration: float
    tags: tuple[tuple[str, str], ...]


@dataclass
class JamendoReport:
    """What loading came to, in tracks; ``problems`` are (line number, reason) of the lines left out."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)


def load_jamendo(
    settings: Settings, reporter: Reporter, table: Path, *, dry_run: bool = False
) -> JamendoReport:
    """Load a table; loading it again changes nothing.

    Raises
    ------
    InputError
        If the file cannot be read or is no such table.
    """
    database.check()
    report = JamendoReport()
    rows = list(read_table(table, report.problems))
    with library_lock(settings), reporter.stage("Loading tracks", len(rows)) as advance:
        _Load(db.session(), rows, report).run()
        if dry_run:
            db.session.rollback()
        else:
            db.session.commit()
        advance(len(rows))
    return report


def read_table(table: Path, problems: list[tuple[int, str]]) -> Iterator[JamendoRow]:
    """Yield the rows of a table; add the lines that are none to ``problems``.

    Raises
    ------
    InputError
        If the file cannot be read or has another header.
    """
    try:
        lines = table.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()
    except OSError as error:
        raise InputError(f"Cannot read {table}: {error.strerror}.") from error
    if not lines or tuple(lines[0].decode("utf-8", "replace").split("\t")) != HEADER:
        raise InputError(
            f"{table} is no table of Jamendo tracks: its first line must be {' '.join(HEADER)}, "
            "separated by tabs."
        )
    seen: dict[str, int] = {}
    for number, line in enumerate(lines[1:], start=2):
        try:
            row = _parse(number, line.decode("utf-8"))
            for key in (row.path, row.number):
                if seen.setdefault(key, number) != number:
                    raise ValueError(f"{key} stands in line {seen[key]} already")
        except ValueError as error:
            problems.append((number, str(error)))
        else:
            yield row


def _parse(line: int, text: str) -> JamendoRow:
    """Raise ValueError, with the reason, if the text is no row."""
    fields = text.split("\t")
    if len(fields) < 5:
        raise ValueError(f"{len(fields)} columns instead of at least 5")
    track, artist, album, path, duration = fields[:5]
    for value, kind in ((track, "track"), (artist, "artist"), (album, "album")):
        if not re.fullmatch(rf"{kind}_[0-9]{{1,18}}", value):
            raise ValueError(f"{value!r} is no {kind} id")
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\0" in path:
        raise ValueError(f"{path!r} is no path below AUDIO_DIR")
    seconds = float(duration)
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"{duration!r} is no duration")
    tags = tuple(_parse_tag(tag) for tag in fields[5:] if tag)
    return JamendoRow(line, str(int(track[6:])), artist, album, "/".join(parts), seconds, tags)


def _parse_tag(text: str) -> tuple[str, str]:
    group, separator, name = text.partition("---")
    if not (separator and group and name) or len(group) > 64 or "\0" in text:
        raise ValueError(f"{text!r} is no tag")
    return group, name


def _in_data_set(path: str) -> tuple[str, str] | None:
    """Return folder and number of a path in any form of the data set: 14, 214 of ``audio/14/214.low.mp3``.

    The folder has the last two digits of the number.
    """
    found = _DATA_SET_PATH.search(path)
    return (found[1], found[2]) if found and found[2].zfill(2).endswith(found[1]) else None


class _Stored(NamedTuple):
    """A track as the database has it."""

    id: int
    path: str
    external_id: str | None
    duration: float | None
    artist_id: int | None
    album_id: int | None


class _Load:
    """One run, in one transaction that the caller ends."""

    def __init__(self, session: Session, rows: Sequence[JamendoRow], report: JamendoReport) -> None:
        self._session = session
        self._rows = rows
        self._report = report
        self._names = Names(session)
        self._tracks = self._match()

    def run(self) -> None:
        """Write artists, albums, tags, then the tracks that are new or differ."""
        artists = self._ids(Artist, "artist", lambda _: {})
        albums = self._ids(Album, "album", lambda row: {"artist_id": artists[row.artist]})
        tags = self._tag_ids()
        links = self._links()
        inserts: list[dict[str, Any]] = []
        updates: list[dict[str, Any]] = []
        new_tags: list[list[int]] = []
        changed_tags: dict[int, list[int]] = {}
        for row, track in zip(self._rows, self._tracks, strict=True):
            tag_ids = [tags[tag] for tag in row.tags]
            values = {
                "external_id": row.number,
                "artist_id": artists[row.artist],
                "album_id": albums[row.album],
                "duration": (track.duration if track else None) or row.duration,
            }
            if track is None:
                inserts.append(values | {"path": row.path, "state": "missing"})
                new_tags.append(tag_ids)
            elif track._asdict() | values != track._asdict() or links[track.id] != set(tag_ids):
                updates.append(values | {"id": track.id})
                changed_tags[track.id] = tag_ids
        if updates:
            self._session.execute(update(Track), updates)
        if inserts:
            statement = insert(Track).returning(Track.id, sort_by_parameter_order=True)
            changed_tags.update(zip(self._session.scalars(statement, inserts), new_tags, strict=True))
        replace_tags(self._session, changed_tags)
        replace_artists(self._session, {track_id: [] for track_id in changed_tags})
        remove_unused(self._session)
        self._report.new, self._report.changed = len(inserts), len(updates)
        self._report.unchanged = len(self._rows) - len(inserts) - len(updates)

    def _match(self) -> list[_Stored | None]:
        """Find the track of each row: by its path, its number, or its name in another form of the data set.

        Of two files in different forms (full and low quality) neither is chosen.
        """
        columns = [getattr(Track, name) for name in _Stored._fields]
        stored = [_Stored._make(row) for row in self._session.execute(select(*columns).order_by(Track.id))]
        by_path = {composed(track.path): track for track in stored}
        by_path |= {track.path: track for track in stored}
        taken = {composed(row.path) for row in self._rows}
        by_number = {track.external_id: track for track in stored if composed(track.path) not in taken}
        by_form: dict[tuple[str, str], list[_Stored]] = {}
        for track in stored:
            form = _in_data_set(track.path)
            if form and track.external_id is None and composed(track.path) not in taken:
                by_form.setdefault(form, []).append(track)
        found: list[_Stored | None] = []
        for row in self._rows:
            form = _in_data_set(row.path)
            alike = by_form.get(form, []) if form else []
            only = alike[0] if len(alike) == 1 else None
            named = by_path.get(row.path) or by_path.get(composed(row.path))
            found.append(named or by_number.get(row.number) or only)
        return found

    def _ids(
        self, model: type[Artist | Album], kind: str, facts: Callable[[JamendoRow], dict[str, Any]]
    ) -> dict[str, int]:
        """Return the ids of artists or albums by their Jamendo ids.

        A new one is called what the files of its tracks call it, else by its Jamendo id.
        """
        known: dict[str, int] = {}
        names_in_files: dict[int | None, str] = {}
        for stored in self._session.execute(select(model.id, model.name, model.external_id)):
            if stored.external_id is None:
                names_in_files[stored.id] = stored.name
            else:
                known[stored.external_id] = stored.id
        wanted: dict[str, dict[str, Any]] = {}
        for row, track in zip(self._rows, self._tracks, strict=True):
            key = getattr(row, kind)
            entry = wanted.setdefault(key, {"external_id": key, "name": key, **facts(row)})
            if entry["name"] == key:
                entry["name"] = names_in_files.get(getattr(track, f"{kind}_id", None), key)
        add_missing(self._session, model, known, wanted)
        return known

    def _tag_ids(self) -> dict[tuple[str, str], int]:
        tags = list(dict.fromkeys(tag for row in self._rows for tag in row.tags))
        return dict(zip(tags, self._names.tag_ids(tags), strict=True))

    def _links(self) -> dict[int, set[int]]:
        """Return the tags, by id, of the tracks that are there already, by id."""
        links: dict[int, set[int]] = {track.id: set() for track in self._tracks if track}
        for track_id, tag_id in self._session.execute(select(track_tags)):
            if track_id in links:
                links[track_id].add(tag_id)
        return links
