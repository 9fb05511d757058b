"""Whether stored files are what their manifests say: compared once per state of a file, then remembered.

A small file is compared when it is opened. A large one is opened at once, as reading all of it would keep
whoever asks waiting; :func:`examine` compares it later, in the background, and from then on it is refused if
it is damaged. What was found is remembered by size, time of change and inode, so that a file that has been
repaired counts as new.
"""

import hashlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.errors import DamagedFileError
from app.store.files import Array, read_array

SMALL_BYTES = 16 * 2**20  # 10 ms to compare, 50 ms on a slow processor
BLOCK_BYTES = 4 * 2**20
REST = 3.0  # seconds of rest after each second of reading in the background
REPAIR = "'flask verify --repair' rebuilds it."

Identity = tuple[int, int, int]


@dataclass(frozen=True)
class _Verdict:
    """What was found of a file.

    Attributes
    ----------
    identity : tuple or None
        Size, time of change (ns) and inode of the file; None if it was missing.
    sha256 : str or None
        What it was compared with; None where the file could not even be opened.
    reason : str or None
        What is wrong with it; None if it is whole.
    """

    identity: Identity | None
    sha256: str | None
    reason: str | None


_verdicts: dict[Path, _Verdict] = {}
_damages: set[tuple[Path, _Verdict]] = set()
_lock = threading.Lock()


def identify(path: Path) -> Identity | None:
    """Return what tells the states of a file apart; None if it is not there."""
    try:
        facts = os.stat(path)  # noqa: PTH116 - half the time of Path.stat, for every array of every request
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns, facts.st_ino


def is_damaged(path: Path, identity: Identity) -> bool:
    """Tell whether a file in this state has been found to be damaged."""
    verdict = _verdicts.get(path)
    return verdict is not None and verdict.reason is not None and verdict.identity == identity


def open_checked(path: Path, sha256: str, *, at_any_size: bool = False) -> Array:
    """Open an ``.npy`` file memory-mapped, compared with its checksum if it is small.

    Parameters
    ----------
    sha256 : str
        What the manifest says.
    at_any_size : bool
        Compare large files, too.

    Raises
    ------
    DamagedFileError
        If it is missing, differs, or was found to differ before.
    """
    reason = _find_reason(path, sha256, at_any_size=at_any_size)
    if reason is not None:
        raise DamagedFileError(f"{path} is damaged: {reason}. {REPAIR}")
    try:
        return read_array(path)
    except DamagedFileError:
        note_damage(path, "no array")
        raise


def _find_reason(path: Path, sha256: str, *, at_any_size: bool) -> str | None:
    identity = identify(path)
    verdict = _verdicts.get(path)
    if verdict is not None and (verdict.identity, verdict.sha256) == (identity, sha256):
        return verdict.reason
    if identity is not None and identity[0] > SMALL_BYTES and not at_any_size:
        return None
    return _judge(path, identity, sha256, lambda: None)


def examine(path: Path, sha256: str, rest: Callable[[float], object] = time.sleep) -> bool:
    """Compare a file of any size unless that has been done, at a pace that leaves the disk to others.

    Parameters
    ----------
    rest : callable
        Waits for so many seconds.

    Returns
    -------
    bool
        Whether it is whole.
    """
    identity = identify(path)
    verdict = _verdicts.get(path)
    if verdict is not None and (verdict.identity, verdict.sha256) == (identity, sha256):
        return verdict.reason is None
    since = time.monotonic()

    def pause() -> None:
        nonlocal since
        rest(REST * (time.monotonic() - since))
        since = time.monotonic()

    return _judge(path, identity, sha256, pause) is None


def _judge(path: Path, identity: Identity | None, sha256: str, pause: Callable[[], None]) -> str | None:
    """Compare a file, remember what was found, and return what is wrong with it."""
    reason: str | None = "it is missing"
    if identity is not None:
        try:
            same = _file_sha256(path, pause) == sha256
            reason = None if same else "its checksum differs from the manifest's"
        except OSError as error:
            reason = f"it cannot be read: {error.strerror}"
    if identify(path) == identity:  # else it was replaced meanwhile
        _remember(path, _Verdict(identity, sha256, reason))
    return reason


def _file_sha256(path: Path, pause: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as stream:
        while block := stream.read(BLOCK_BYTES):
            digest.update(block)
            pause()
    return digest.hexdigest()


def note_damage(path: Path, reason: str) -> None:
    """Remember that a file, as it is now, cannot be used."""
    _remember(path, _Verdict(identify(path), None, reason))


def found_damages() -> int:
    """Return how often a file was found to be damaged: what was computed before may be wrong."""
    return len(_damages)


def _remember(path: Path, verdict: _Verdict) -> None:
    with _lock:
        _verdicts[path] = verdict
        if verdict.reason is not None:
            _damages.add((path, verdict))


def list_damage(folder: Path) -> dict[str, str]:
    """Return the files below a folder that were found to be damaged and still are, with the reasons.

    Returns
    -------
    dict
        Place below the folder, such as ``mtt-musicnn/offsets.npy``, to what is wrong.
    """
    with _lock:
        found = [(path, one) for path, one in _verdicts.items() if one.reason is not None]
    return {
        str(path.relative_to(folder)): str(verdict.reason)
        for path, verdict in sorted(found)
        if path.is_relative_to(folder) and identify(path) == verdict.identity
    }
