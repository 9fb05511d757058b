"""Parts of a file or a stream, as RFC 9110 has them (section 14).

A unit that is not known is ignored, and so are several ranges at once, which a server need not serve; a
suffix longer than the whole means the whole. Only what lies beyond the end cannot be served (416).
Ranges mean nothing but to GET.
"""

import io
import re
from pathlib import Path
from typing import BinaryIO, cast

from flask import Response, request
from werkzeug.wsgi import wrap_file

_ONE_RANGE = re.compile(r"bytes[ \t]*=[ \t]*([0-9]{0,99})[ \t]*-[ \t]*([0-9]{0,99})", re.IGNORECASE)


class FilePart(io.RawIOBase):
    """Some of a file as if it were a file of its own; nothing is read before it is wanted.

    Parameters
    ----------
    start, length : int
        In bytes.

    Raises
    ------
    OSError
        If the file cannot be read.
    """

    def __init__(self, path: Path, start: int, length: int) -> None:
        self._file = path.open("rb")
        self._start = start
        self._length = length
        self._file.seek(start)
        self._file.peek(1)  # wakes up a sleeping disk in this thread, not in the one that sends

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that it can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Return how far it has been read."""
        return self._file.tell() - self._start

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place in it."""
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self._length}[whence]
        return self._file.seek(self._start + begin + offset) - self._start

    def read(self, size: int | None = -1) -> bytes:
        """Return up to so many bytes."""
        left = max(0, self._length - self.tell())
        return self._file.read(left if size is None or size < 0 else min(size, left))

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def send_range(response: Response, length: int) -> None:
    """Leave of a response what was asked for, or nothing if the client has it already.

    Parameters
    ----------
    length : int
        Of the whole in bytes.

    Raises
    ------
    RequestedRangeNotSatisfiable
        If nothing of it lies in the range that was asked for.
    """
    environ = request.environ
    asked = _understood(environ.get("HTTP_RANGE", ""), length)
    environ = {name: value for name, value in environ.items() if name != "HTTP_RANGE"}
    if asked is not None and request.method == "GET":
        environ["HTTP_RANGE"] = asked
    response.make_conditional(environ, accept_ranges=True, complete_length=length)


def send_file_range(response: Response, path: Path, length: int) -> None:
    """Put a file, or the range of it that was asked for, into a response without a body.

    Raises
    ------
    OSError
        If the file cannot be read.
    RequestedRangeNotSatisfiable
        As in :func:`send_range`.
    """
    response.content_length = length
    send_range(response, length)
    if response.status_code not in (200, 206) or request.method == "HEAD":
        response.response = []
        return
    part = response.content_range
    start, end = (part.start or 0, part.stop or 0) if response.status_code == 206 else (0, length)
    file = cast("BinaryIO", FilePart(path, start, end - start))
    response.response = wrap_file(request.environ, file)
    response.direct_passthrough = True


def _understood(header: str, length: int) -> str | None:
    """Return the range that a header asks for as every parser reads it; None for the whole."""
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = (int(digits) if digits else None for digits in match.groups())
    if first is None:
        return f"bytes={max(0, length - last) if last else length}-"
    if last is None:
        return f"bytes={first}-"
    return f"bytes={first}-{last}" if first <= last else None
