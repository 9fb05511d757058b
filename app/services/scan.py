"""Scanning: the tracks in the database follow the files below ``AUDIO_DIR``."""

import os
from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import update

from app.audio.decode import VIDEO_SUFFIXES
from app.errors import EmptyLibraryError, InputError
from app.models import Track, db
from app.services import database
from app.services.audio_files import Fingerprint, Problem, Walk, find_audio
from app.services.file_reading import Reading, ReadTask, read_files
from app.services.lock import library_lock
from app.services.metadata import TAGS_CUT, Names, remove_unused
from app.services.report import Reporter
from app.services.scan_changes import Changes, KnownTrack, known_tracks
from app.services.vanished import refuse_if_vanished
from app.settings import Settings


@dataclass
class ScanReport:
    """What a scan found, in numbers of tracks.

    Attributes
    ----------
    new, changed, unchanged : int
        By content, compared with the last scan.
    moved : int
        The whole content of a track whose path is gone, at a new path: it keeps its id and its vectors.
    missing : int
        Present before, gone now.
    returned : int
        Missing before, here again with the same content.
    failed : int
        Files that cannot be read; the track says why.
    problems : list of Problem
        Those, and everything else that was left out, with reasons.
    other_sound : dict
        File name ending → number of files that hold sound of a kind that is not scanned.
    without_sound : int
        Videos that hold none; they do not become tracks.
    """

    new: int = 0
    changed: int = 0
    moved: int = 0
    missing: int = 0
    unchanged: int = 0
    returned: int = 0
    failed: int = 0
    problems: list[Problem] = field(default_factory=list)
    other_sound: dict[str, int] = field(default_factory=dict)
    without_sound: int = 0


def scan(
    settings: Settings,
    reporter: Reporter,
    *,
    folder: Path | None = None,
    dry_run: bool = False,
    may_vanish: bool = False,
    jobs: int | None = None,
) -> ScanReport:
    """Bring the tracks up to date with the files.

    Files of known size and time of change are not opened. Of all others the hash of the whole file decides
    whether they are what was extracted, or what has moved. New tracks get their ids in the order of
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
    may_vanish : bool
        Mark tracks as missing even if most have disappeared at once.
    jobs : int, optional
        Processes that read files; see :func:`app.services.file_reading.read_files`.

    Raises
    ------
    EmptyLibraryError
        If no audio file is found at all: a disk may not be mounted. Nothing is changed then.
    VanishedError
        If a large share of the tracks is gone, and that was not expected. None is marked as missing then.
    InputError
        If ``folder`` is not a folder below ``AUDIO_DIR``.
    """
    database.check()
    if not dry_run:
        database.check_writable()
    audio_dir, start = _resolve(settings, folder)
    with nullcontext() if dry_run else library_lock(settings):
        walk = find_audio(audio_dir, start, reporter)
        run = _Scan(audio_dir, start, walk, dry_run=dry_run, may_vanish=may_vanish)
        if not walk.files:
            raise EmptyLibraryError(run.explain_emptiness())
        return run.run(reporter, jobs)


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

    def __init__(self, audio_dir: Path, start: str, walk: Walk, *, dry_run: bool, may_vanish: bool) -> None:
        self._audio_dir = audio_dir
        self._start = start
        self._walk = walk
        self._dry_run = dry_run
        self._may_vanish = may_vanish
        self._jobs: int | None = None
        self._known = known_tracks()
        self._gone_by_size = self._tracks_by_size()
        self._report = ScanReport(problems=list(walk.problems), other_sound=dict(walk.other_sound))

    def run(self, reporter: Reporter, jobs: int | None) -> ScanReport:
        """Compare, read what must be read, mark what is gone or came back."""
        self._jobs = jobs
        to_read, returned = self._compare()
        self._read(to_read, reporter)
        missing = self._missing()
        if not (self._may_vanish or self._dry_run):
            refuse_if_vanished(self._audio_dir, self._present_in_scope(), missing)
        self._mark(returned, "present")
        self._mark([track.id for track in missing], "missing")
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
            tracks = "1 track is" if n_known == 1 else f"{n_known} tracks are"
            return (
                f"There are no audio files in {place}, where {tracks} known. "
                "Is its disk mounted? Nothing was changed."
            )
        return f"There are no audio files in {place}. Put music there or set AUDIO_DIR to another folder."

    def _in_scope(self, path: str) -> bool:
        return not self._start or path.startswith(f"{self._start}/")

    def _present_in_scope(self) -> list[KnownTrack]:
        return [
            track for track in self._known.values() if track.state == "present" and self._in_scope(track.path)
        ]

    def _tracks_by_size(self) -> dict[int, list[KnownTrack]]:
        """Tracks of known content at whose path nothing was found, any of which may have moved."""
        tracks: dict[int, list[KnownTrack]] = defaultdict(list)
        for track in self._known.values():
            if track.path not in self._walk.files and track.size is not None and track.content_hash:
                tracks[track.size].append(track)
        return tracks

    def _compare(self) -> tuple[list[ReadTask], list[int]]:
        """Return the files that must be opened, and the ids of tracks that came back as they were."""
        to_read, returned = [], []
        for file in self._walk.files.values():
            track = self._known.get(file.path)
            if track is None or track.error or (track.size, track.mtime_ns) != (file.size, file.mtime_ns):
                known_as = self._known_as(track, file.size)
                path = self._audio_dir / file.path
                silent = track is None and path.suffix.lower() in VIDEO_SUFFIXES
                task = ReadTask(file, path, known_as, with_tags=not self._dry_run, may_lack_sound=silent)
                to_read.append(task)
            elif track.state == "missing":
                returned.append(track.id)
        self._report.returned = len(returned)
        self._report.unchanged = len(self._walk.files) - len(to_read) - len(returned)
        return to_read, returned

    def _known_as(self, track: KnownTrack | None, size: int) -> frozenset[str]:
        """Return the hashes that a file has if it is the track's as before, or one that has moved."""
        candidates = self._gone_by_size.get(size, []) if track is None else [track]
        return frozenset(each.content_hash for each in candidates if each.content_hash and each.size == size)

    def _read(self, tasks: Sequence[ReadTask], reporter: Reporter) -> None:
        if not tasks:
            return
        names = Names(db.session())
        with reporter.stage("Reading new and changed files", len(tasks)) as advance:
            for readings in read_files(tasks, jobs=self._jobs):
                changes = Changes()
                for reading in readings:
                    self._judge(reading, changes)
                if not self._dry_run:
                    changes.write(names)
                    db.session.commit()
                advance(len(readings))

    def _judge(self, reading: Reading, changes: Changes) -> None:
        """Decide what a file is to the database."""
        path, content = reading.file.path, reading.content
        track = self._known.get(path)
        self._note_tags(reading)
        if reading.error is not None:
            self._report.failed += 1
            self._report.problems.append(Problem(path, reading.error))
            changes.fail(reading.file, track, reading.error)
        elif content is None:
            del self._walk.files[path]
        elif not reading.has_sound:
            self._report.without_sound += 1
        elif track is None:
            self._judge_new(reading, content, changes)
        elif reading.content_hash is not None:
            if track.state == "missing":
                self._report.returned += 1
            else:
                self._report.unchanged += 1
            changes.keep(track._replace(quick_hash=content.quick_hash), content)
        else:
            if track.quick_hash is None:
                self._report.new += 1
            else:
                self._report.changed += 1
            changes.change(track, content, reading.tags)

    def _note_tags(self, reading: Reading) -> None:
        path = reading.file.path
        if reading.without_tags:
            self._report.problems.append(Problem(path, f"its tags were not read: {reading.without_tags}"))
        if reading.tags is not None and reading.tags.is_cut:
            self._report.problems.append(Problem(path, TAGS_CUT))

    def _judge_new(self, reading: Reading, content: Fingerprint, changes: Changes) -> None:
        path = reading.file.path
        origin = self._take_origin(path, content.size, reading.content_hash)
        if origin is not None:
            self._report.moved += 1
            changes.keep(origin._replace(path=path), content)
            return
        self._report.new += 1
        tags = reading.tags
        if tags is None and reading.content_hash is not None and not self._dry_run:
            # A copy of a track that moved elsewhere. Its tags may be those that could not be read before.
            task = ReadTask(reading.file, self._audio_dir / path)
            (again,) = next(read_files([task], jobs=0 if self._jobs == 0 else 1))
            self._note_tags(again)
            tags = again.tags
        changes.add(path, content, tags)

    def _take_origin(self, path: str, size: int, content_hash: str | None) -> KnownTrack | None:
        """Return the track that moved to ``path``: of several with its content, one with its file name."""
        candidates = [
            track
            for track in self._gone_by_size.get(size, [])
            if content_hash is not None and track.content_hash == content_hash and self._is_gone(track.path)
        ]
        name = path.rpartition("/")[2]
        candidates.sort(key=lambda track: (track.path.rpartition("/")[2] != name, track.id))
        if not candidates:
            return None
        origin = candidates[0]
        self._gone_by_size[size].remove(origin)
        del self._known[origin.path]
        return origin

    def _is_gone(self, path: str) -> bool:
        if self._in_scope(path):
            return self._walk.is_gone(path)
        return not os.path.lexists(self._audio_dir / path)

    def _missing(self) -> list[KnownTrack]:
        missing = [track for track in self._present_in_scope() if self._walk.is_gone(track.path)]
        self._report.missing = len(missing)
        return missing

    def _mark(self, ids: Sequence[int], state: str) -> None:
        if ids and not self._dry_run:
            db.session.execute(update(Track), [{"id": track_id, "state": state} for track_id in ids])
            db.session.commit()
