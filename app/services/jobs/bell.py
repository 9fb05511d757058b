"""A bell that wakes the workers of this machine when there is work: a named pipe in the library's folder.

A byte is put in for each job. Workers that are idle wait for bytes; one that nobody hears now stays in the
pipe until somebody does. It only saves time: who hears nothing looks into the database every second.
"""

import contextlib
import os
import select
import time
from pathlib import Path
from typing import Final

from app.settings import Settings

NAME: Final = "jobs.bell"


def ring(settings: Settings) -> None:
    """Wake a worker, if one waits; a full pipe or none at all is no harm."""
    with contextlib.suppress(OSError):
        handle = os.open(_path(settings), os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(handle, b".")
        finally:
            os.close(handle)


class Bell:
    """A worker's end of the bell."""

    def __init__(self, settings: Settings) -> None:
        path = _path(settings)
        self._handle: int | None = None
        with contextlib.suppress(OSError):  # some shared disks know no pipes
            path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                os.mkfifo(path, 0o600)
            # Also for writing, so that the pipe has never lost its last writer.
            self._handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def wait(self, seconds: float) -> None:
        """Wait for one stroke, at most so long."""
        if self._handle is None:
            time.sleep(seconds)
            return
        ready, _, _ = select.select([self._handle], [], [], seconds)
        if ready:
            with contextlib.suppress(BlockingIOError):  # another worker was quicker
                os.read(self._handle, 1)

    def close(self) -> None:
        """Give the descriptor back."""
        if self._handle is not None:
            os.close(self._handle)


def _path(settings: Settings) -> Path:
    return settings.ROOT_DIR / NAME
