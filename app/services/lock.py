"""One writer per library."""

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from app.errors import BusyError
from app.settings import Settings
from app.store.progress import LOCK_FILE

LOOKS_SECONDS = 0.2

_descriptors: dict[Path, int] = {}
_held = threading.local()


@contextlib.contextmanager
def library_lock(settings: Settings, *, shared: bool = False) -> Iterator[None]:
    """Keep other processes and threads from writing to the library during the block.

    A thread that has the lock may take it again, so that one use case can be part of another. The
    kernel frees the lock when the process ends, however it ends.

    Parameters
    ----------
    shared : bool
        Let others in that share it, too: workers that each add parts of their own.

    Raises
    ------
    BusyError
        If another run has it; the message names its process.
    """
    path = settings.ROOT_DIR / LOCK_FILE
    depths = _depths()
    if depths.get(path):
        depths[path] += 1
    else:
        _descriptors[path] = _acquire(path, shared=shared)
        depths[path] = 1
    try:
        yield
    finally:
        depths[path] -= 1
        if not depths[path]:
            descriptor = _descriptors.pop(path)
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)


def holds_lock(settings: Settings) -> bool:
    """Tell whether this process has the lock."""
    return settings.ROOT_DIR / LOCK_FILE in _descriptors


def _depths() -> dict[Path, int]:
    if not hasattr(_held, "depths"):
        _held.depths = {}
    depths: dict[Path, int] = _held.depths
    return depths


def _acquire(path: Path, *, shared: bool) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _lock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise BusyError(
            f"Another run is at work on the library in {path.parent} (process {holder}). "
            "Wait until it has finished, then run the command again."
        ) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)  # of those that share it, the last one's
    return descriptor


def _lock(descriptor: int, kind: int) -> None:
    """Take a lock, or fail if another run has it; those who only look whether one does are waited for."""
    deadline = time.monotonic() + LOOKS_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _leave_to_parent() -> None:
    """Close a forked child's copies, so that a worker that outlives a killed run does not hold the lock."""
    while _descriptors:
        os.close(_descriptors.popitem()[1])
    _held.__dict__.clear()


os.register_at_fork(after_in_child=_leave_to_parent)
