"""Scanning: the tracks in the database follow the files below ``AUDIO_DIR``."""

import os
from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update

from app.audio.tags import FileTags, read_tags
from app.errors import EmptyLibraryError, InputError
from app.models import Track, db
from app.services import database
from app.services.audio_files import (
    BATCH,
    THREADS,
    Fingerprint,
    FoundFile,
    Problem,
    Walk,
    find_audio,
    fingerprint,
)
from app.services.lock import library_lock
from app.services.metadata import Names, remove_unused
from app.services.report import Reporter
from app.settings import Settings
from app.threads import in_batches


@dataclass
class ScanReport:
    """What a scan found, in numbers of tracks.

    Attributes
    ----------
    new, changed, unchanged : int
        By content, compared with the last scan.
    moved : int
        Known content at a new path, its old one gone: the track keeps its id and its vectors.
    missing : int
        Present before, gone now.
    returned : int
        Missing before, here again with the same content.
    failed : int
        Files that cannot be read; the track says why.
    problems : list of Problem
        Those, and everything else that was left out, with reasons.
    """

    new: int = 0
    changed: int = 0
    moved: int = 0
    missing: int = 0
    unchanged: int = 0
    returned: int = 0
    failed: int = 0
    problems: list[Problem] = field(default_factory=list)


class _Known(NamedTuple):
    """A track as the database has it."""

    id: int
    path: str
    state: str
    size: int | None
    mtime_ns: int | None
    quick_hash: str | None
    content_hash: str | None
    error: str | None


class _Reading(NamedTuple):
    """What reading one file gave. Neither content nor error: the file is gone."""

    file: FoundFile
    content: Fingerprint | None = None
    tags: FileTags | None = None
    error: str | None = None


def scan(
    settings: Settings, reporter: Reporter, *, folder: Path | None = None, dry_run: bool = False
) -> ScanReport:
    """Bring the tracks up to date with the files.

    Files of known size and time of change are not opened. New tracks get their ids in the order of
    their paths and are committed in batches, so that a scan that is stopped goes on where it was and
    ends with the same ids as one that was not. Nothing is marked missing where a folder cannot be
    listed.

    Parameters
    ----------
    settings : Settings
        Says where the files are.
    reporter : Reporter
        Is told the progress.
    folder : Path, optional
        Look only below this folder of ``AUDIO_DIR``.
    dry_run : bool
        Find out, but write nothing.

    Raises
    ------
    EmptyLibraryError
        If no audio file is found at all: a disk may not be mounted. Nothing is changed then.
    InputError
        If ``folder`` is not a folder below ``AUDIO_DIR``.
    """
    database.check()
    audio_dir, start = _resolve(settings, folder)
    with nullcontext() if dry_run else library_lock(settings):
        walk = find_audio(audio_dir, start, reporter)
        run = _Scan(audio_dir, start, walk, dry_run=dry_run)
        if not walk.files:
            raise EmptyLibraryError(run.explain_emptiness())
        return run.run(reporter)


def _resolve(settings: Settings, folder: Path | None) -> tuple[Path, str]:
    """Return ``AUDIO_DIR`` with symbolic links resolved, and the folder relative to it."""
    audio_dir = Path(os.path.realpath(settings.AUDIO_DIR))
    if not audio_dir.is_dir():
        raise EmptyLibraryError(
            f"There is no folder {settings.AUDIO_DIR}. "
            "Put music there, set AUDIO_DIR to another folder, or mount its disk."
        )
    if folder is None:
        return audio_dir, ""
    resolved = Path(os.path.realpath(folder))
    if not resolved.is_dir():
        raise InputError(f"There is no folder {folder}.")
    if not resolved.is_relative_to(audio_dir):
        raise InputError(f"{folder} is not below AUDIO_DIR ({settings.AUDIO_DIR}).")
    relative = resolved.relative_to(audio_dir)
    return audio_dir, "" if relative == Path() else str(relative)


class _Scan:
    """One run over one folder."""

    def __init__(self, audio_dir: Path, start: str, walk: Walk, *, dry_run: bool) -> None:
        self._audio_dir = audio_dir
        self._start = start
        self._walk = walk
        self._dry_run = dry_run
        self._known = _known_tracks()
        self._by_content = self._tracks_by_content()
        self._report = ScanReport(problems=list(walk.problems))

    def run(self, reporter: Reporter) -> ScanReport:
        """Compare, read what must be read, mark what is gone or came back."""
        to_read, returned = self._compare()
        self._read(to_read, reporter)
        self._mark(returned, "present")
        self._mark(self._missing(), "missing")
        if not self._dry_run:
            remove_unused(db.session())
            db.session.commit()
        return self._report

    def explain_emptiness(self) -> str:
        """Say why nothing was found and what to do."""
        place = self._audio_dir / self._start
        if self._walk.problems:
            path, reason = self._walk.problems[0]
            return f"No audio files can be found in {place}. {path or place}: {reason}."
        n_known = len(self._missing())
        if n_known:
            return (
                f"There are no audio files in {place}, where {n_known} tracks are known. "
                "Is its disk mounted? Nothing was changed."
            )
        return f"There are no audio files in {place}. Put music there or set AUDIO_DIR to another folder."

    def _in_scope(self, path: str) -> bool:
        return not self._start or path.startswith(f"{self._start}/")

    def _tracks_by_content(self) -> dict[tuple[int, str], list[_Known]]:
        """Tracks at whose path nothing was found, any of which may have moved."""
        tracks: dict[tuple[int, str], list[_Known]] = defaultdict(list)
        for track in self._known.values():
            if track.path not in self._walk.files and track.size is not None and track.quick_hash:
                tracks[track.size, track.quick_hash].append(track)
        return tracks

    def _compare(self) -> tuple[list[FoundFile], list[int]]:
        """Return the files that must be opened, and the ids of tracks that came back as they were."""
        to_read, returned = [], []
        for file in self._walk.files.values():
            track = self._known.get(file.path)
            if track is None or track.error or (track.size, track.mtime_ns) != (file.size, file.mtime_ns):
                to_read.append(file)
            elif track.state == "missing":
                returned.append(track.id)
        self._report.returned = len(returned)
        self._report.unchanged = len(self._walk.files) - len(to_read) - len(returned)
        return to_read, returned

    def _read(self, files: Sequence[FoundFile], reporter: Reporter) -> None:
        if not files:
            return
        names = Names(db.session())
        with reporter.stage("Reading new and changed files", len(files)) as advance:
            for readings in in_batches(self._open, files, threads=THREADS, batch=BATCH):
                batch = _Batch()
                for reading in readings:
                    self._judge(reading, batch)
                if not self._dry_run:
                    batch.write(names)
                    db.session.commit()
                advance(len(readings))

    def _open(self, file: FoundFile) -> _Reading:
        """Read what tells whether the content is known, and the tags where it seems not to be."""
        path = self._audio_dir / file.path
        try:
            content = fingerprint(path)
        except FileNotFoundError:
            return _Reading(file)
        except OSError as error:
            return _Reading(file, error=error.strerror or str(error))
        track = self._known.get(file.path)
        is_known = content.quick_hash == track.quick_hash if track else content.key in self._by_content
        return _Reading(file, content, None if is_known or self._dry_run else _tags(path))

    def _judge(self, reading: _Reading, batch: "_Batch") -> None:
        """Decide what a file is to the database."""
        path, content = reading.file.path, reading.content
        track = self._known.get(path)
        if reading.error is not None:
            self._report.failed += 1
            self._report.problems.append(Problem(path, reading.error))
            batch.fail(reading.file, track, reading.error)
        elif content is None:
            del self._walk.files[path]
        elif track is None:
            self._judge_new(reading, content, batch)
        elif track.quick_hash == content.quick_hash:
            if track.state == "missing":
                self._report.returned += 1
            else:
                self._report.unchanged += 1
            batch.keep(track, content)
        else:
            if track.quick_hash is None:
                self._report.new += 1
            else:
                self._report.changed += 1
            batch.change(track, content, reading.tags)

    def _judge_new(self, reading: _Reading, content: Fingerprint, batch: "_Batch") -> None:
        origin = self._take_origin(reading.file.path, content)
        if origin is not None:
            self._report.moved += 1
            batch.keep(origin._replace(path=reading.file.path), content)
            return
        self._report.new += 1
        tags = reading.tags
        if tags is None and not self._dry_run:
            tags = _tags(self._audio_dir / reading.file.path)  # a copy of a track that moved elsewhere
        batch.add(reading.file.path, content, tags)

    def _take_origin(self, path: str, content: Fingerprint) -> _Known | None:
        """Return the track that moved to ``path``: of several with its content, one with its file name."""
        candidates = [track for track in self._by_content.get(content.key, []) if self._is_gone(track.path)]
        name = path.rpartition("/")[2]
        candidates.sort(key=lambda track: (track.path.rpartition("/")[2] != name, track.id))
        if not candidates:
            return None
        origin = candidates[0]
        self._by_content[content.key].remove(origin)
        del self._known[origin.path]
        return origin

    def _is_gone(self, path: str) -> bool:
        if self._in_scope(path):
            return self._walk.is_gone(path)
        return not os.path.lexists(self._audio_dir / path)

    def _missing(self) -> list[int]:
        missing = [
            track.id
            for track in self._known.values()
            if track.state == "present" and self._in_scope(track.path) and self._walk.is_gone(track.path)
        ]
        self._report.missing = len(missing)
        return missing

    def _mark(self, ids: Sequence[int], state: str) -> None:
        if ids and not self._dry_run:
            db.session.execute(update(Track), [{"id": track_id, "state": state} for track_id in ids])
            db.session.commit()


@dataclass
class _Batch:
    """What one batch of files changes in the database."""

    updates: list[_Known] = field(default_factory=list)
    inserts: list[dict[str, Any]] = field(default_factory=list)
    tags: list[tuple[int, FileTags]] = field(default_factory=list)
    new_tags: list[FileTags | None] = field(default_factory=list)

    def keep(self, track: _Known, content: Fingerprint) -> None:
        """Note a track that has the content it had."""
        self.updates.append(
            track._replace(state="present", size=content.size, mtime_ns=content.mtime_ns, error=None)
        )

    def change(self, track: _Known, content: Fingerprint, tags: FileTags | None) -> None:
        """Note a track that has another content than before."""
        self.keep(track._replace(quick_hash=content.quick_hash, content_hash=None), content)
        if tags is not None:
            self.tags.append((track.id, tags))

    def add(self, path: str, content: Fingerprint, tags: FileTags | None) -> None:
        """Note a new track."""
        row = content._asdict() | {"path": path, "state": "present", "error": None}
        self.inserts.append(row)
        self.new_tags.append(tags)

    def fail(self, file: FoundFile, track: _Known | None, reason: str) -> None:
        """Note a file that cannot be read. What was known of it stays; the next scan tries again."""
        if track is not None:
            self.updates.append(track._replace(state="present", error=reason))
        else:
            row = file._asdict() | {"quick_hash": None, "state": "present", "error": reason}
            self.inserts.append(row)
            self.new_tags.append(None)

    def write(self, names: Names) -> None:
        """Write everything; the caller commits."""
        if self.updates:
            db.session.execute(update(Track), [track._asdict() for track in self.updates])
        if self.inserts:
            statement = insert(Track).returning(Track.id, sort_by_parameter_order=True)
            ids = db.session.scalars(statement, self.inserts)
            pairs = zip(ids, self.new_tags, strict=True)
            self.tags += [(track_id, tags) for track_id, tags in pairs if tags is not None]
        names.write(self.tags)


def _known_tracks() -> dict[str, _Known]:
    columns = [getattr(Track, name) for name in _Known._fields]
    rows = db.session.execute(select(*columns).order_by(Track.id))
    return {row.path: _Known._make(row) for row in rows}


def _tags(path: Path) -> FileTags | None:
    """Return what the file says about itself; None if it cannot be opened any more."""
    try:
        return read_tags(path)
    except OSError:
        return None
