"""The files below ``AUDIO_DIR``: finding them, telling one content from another, reading many at once."""

import errno
import hashlib
import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import NamedTuple

from app.audio.decode import AUDIO_SUFFIXES, OTHER_SOUND_SUFFIXES
from app.services.report import Reporter

HASHED_BLOCK = 64 * 1024
# Reading waits for the disk more than for the processor, most of all on a network share.
THREADS = 8

# What network storage and Windows keep beside the music: deleted files, thumbnails, snapshots.
IGNORED_FOLDERS = frozenset(
    {"#recycle", "#snapshot", "@eadir", "@recycle", "@recycle bin", "$recycle.bin", "lost+found", "recycler",
     "system volume information"}
)  # fmt: skip


class FoundFile(NamedTuple):
    """A file as the folder lists it. ``path`` is relative to ``AUDIO_DIR``."""

    path: str
    size: int
    mtime_ns: int


class Problem(NamedTuple):
    """A path that could not be taken, and why."""

    path: str
    reason: str


class Fingerprint(NamedTuple):
    """What of a file can be known without reading all of it; equal ones may be of different contents."""

    size: int
    mtime_ns: int
    quick_hash: str


@dataclass
class Walk:
    """What was found below a folder.

    Attributes
    ----------
    files : dict
        Path → file, in the order of the paths' bytes.
    problems : list of Problem
        Folders that cannot be listed, links that lead nowhere or out of ``AUDIO_DIR``.
    unknown : set of str
        Paths below which nobody can tell what is there.
    other_sound : Counter
        File name ending → number of files that hold sound of a kind that is not scanned.
    """

    files: dict[str, FoundFile] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    other_sound: Counter[str] = field(default_factory=Counter)

    def is_gone(self, path: str) -> bool:
        """Tell whether there is surely no file of that path any more."""
        if path in self.files:
            return False
        ends = [position for position, character in enumerate(path) if character == "/"]
        return not any(path[:end] in self.unknown for end in [*ends, len(path)])


def find_audio(audio_dir: Path, start: str, reporter: Reporter) -> Walk:
    """Find all audio files below ``audio_dir / start``, told by their suffix.

    Hidden files and folders, recycle bins and thumbnails are left out. A symbolic link to a file counts as
    a file, as long as it stays below ``audio_dir``. One to a folder is not followed: what it leads to is
    found by its own path, or lies elsewhere.

    Parameters
    ----------
    audio_dir : Path
        Folder of the music, symbolic links resolved.
    start : str
        Relative path of the folder to look through; empty for all.
    reporter : Reporter
        Is told how many files were found.
    """
    walk = Walk()
    found: list[FoundFile] = []
    folders = [start]
    with reporter.stage("Looking for audio files", 0) as advance:
        while folders:
            before = len(found)
            _list_folder(audio_dir, folders.pop(), folders, found, walk)
            advance(len(found) - before)
    found.sort(key=lambda file: os.fsencode(file.path))
    walk.files = {file.path: file for file in found}
    walk.problems.sort(key=lambda problem: os.fsencode(problem.path))
    return walk


def _list_folder(
    audio_dir: Path, folder: str, folders: list[str], found: list[FoundFile], walk: Walk
) -> None:
    """Add what lies in one folder: folders to ``folders``, audio files to ``found``, the rest to ``walk``."""
    try:
        with os.scandir(audio_dir / folder) as listing:
            entries = [entry for entry in listing if not entry.name.startswith(".")]
    except FileNotFoundError:
        return  # it went while we looked
    except OSError as error:
        walk.unknown.add(folder)
        walk.problems.append(Problem(folder, f"cannot list the folder: {error.strerror}"))
        return
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        try:
            if entry.is_dir(follow_symlinks=False):
                if entry.name.lower() not in IGNORED_FOLDERS:
                    folders.append(path)
            elif entry.is_symlink():
                found.extend(_follow(audio_dir, entry, path, walk))
            else:
                found.extend(_take(entry, path, walk))
        except FileNotFoundError:
            continue  # it went while we looked
        except OSError as error:
            walk.unknown.add(path)
            walk.problems.append(Problem(path, f"cannot be looked at: {error.strerror}"))


def _take(entry: os.DirEntry[str], path: str, walk: Walk) -> list[FoundFile]:
    suffix = PurePath(entry.name).suffix.lower()
    if suffix not in AUDIO_SUFFIXES:
        if suffix in OTHER_SOUND_SUFFIXES:
            walk.other_sound[suffix] += 1
        return []
    status = entry.stat()
    if not stat.S_ISREG(status.st_mode):
        return []
    return [FoundFile(path, status.st_size, clamp_time(status.st_mtime_ns))]


def _follow(audio_dir: Path, link: os.DirEntry[str], path: str, walk: Walk) -> list[FoundFile]:
    try:
        target = Path(os.path.realpath(link.path, strict=True))
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise
        walk.problems.append(Problem(path, "symbolic link that leads nowhere"))
        return []
    if not target.is_relative_to(audio_dir):
        walk.problems.append(Problem(path, "symbolic link out of AUDIO_DIR"))
        return []
    return _take(link, path, walk)


def fingerprint(path: Path) -> Fingerprint:
    """Return size, time of change and the SHA-256 of size, first and last block of a file.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as stream:
        status = os.fstat(stream.fileno())
        digest = hashlib.sha256(f"{status.st_size}\n".encode("ascii"))
        digest.update(stream.read(HASHED_BLOCK))
        stream.seek(max(HASHED_BLOCK, status.st_size - HASHED_BLOCK))
        digest.update(stream.read(HASHED_BLOCK))
    return Fingerprint(status.st_size, clamp_time(status.st_mtime_ns), digest.hexdigest())


def clamp_time(mtime_ns: int) -> int:
    """Return a time that fits into 64 bits: file systems also take years before 1678 and after 2261."""
    return max(-(2**63), min(mtime_ns, 2**63 - 1))
