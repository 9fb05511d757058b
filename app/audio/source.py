"""The bytes of an audio file, as FFmpeg's libraries ask for them."""

import os
import stat
from pathlib import Path
from typing import IO, Any, NoReturn, Protocol

from app.errors import AudioError


class Bytes(Protocol):
    """What is read from: a file, or a part of one."""

    def read(self, size: int = -1, /) -> bytes:
        """Read some bytes."""

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place."""

    def tell(self) -> int:
        """Return the place."""


class Source:
    """A file to read from, which tells a disk that fails from a file that asks for the impossible.

    A damaged file makes FFmpeg seek to places that no file has; that fails quietly, as FFmpeg expects it,
    and what cannot be decoded then is the file's fault. Only an error of reading is the disk's.

    Attributes
    ----------
    failure : OSError or None
        What reading has failed with.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.failure: OSError | None = None

    def read(self, size: int = -1) -> bytes:
        """Read some bytes; after an error of the disk there are none."""
        try:
            return self._file.read(size)
        except OSError as error:
            self.failure = error
            return b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; -1 if there is none such."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -1

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()


def open_file(path: str | bytes | Path) -> IO[bytes]:
    """Open a regular file that is not empty.

    Raises
    ------
    AudioError
        If it is something else.
    OSError
        If it cannot be opened.
    """
    # O_NONBLOCK: a named pipe called song.mp3 must not stop everything.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise AudioError("not a regular file")
        if status.st_size == 0:
            raise AudioError("the file is empty")
        return os.fdopen(descriptor, "rb", buffering=0)
    except AudioError:
        os.close(descriptor)
        raise


def refuse_other_files(*_: Any) -> NoReturn:
    """Open nothing that a file refers to."""
    raise PermissionError("Audio files must not refer to other files.")
