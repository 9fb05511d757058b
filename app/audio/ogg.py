"""Chained Ogg files: several complete streams behind each other, each perhaps of another rate.

The pages are described in RFC 3533, section 6.
"""

import os
import struct

from app.audio.source import Bytes

_HEAD_BYTES = 27
_FIRST_PAGE_OF_STREAM = 2


def find_links(file: Bytes) -> list[tuple[int, int]]:
    """Return where each of the chained streams begins and ends in a file, in bytes; one for most files.

    Parameters
    ----------
    file : Bytes
        An Ogg file; its place is the same afterwards.
    """
    before = file.tell()
    size = file.seek(0, os.SEEK_END)
    starts, place, in_heads = [0], 0, True
    while place + _HEAD_BYTES <= size:
        file.seek(place)
        head = file.read(_HEAD_BYTES)
        if len(head) < _HEAD_BYTES or head[:4] != b"OggS":
            break  # damaged: what follows belongs to the stream so far
        flags, segments = struct.unpack_from("5xB20xB", head)
        is_head = bool(flags & _FIRST_PAGE_OF_STREAM)
        if is_head and not in_heads:
            starts.append(place)
        in_heads = is_head
        place += _HEAD_BYTES + segments + sum(file.read(segments))
    file.seek(before)
    return list(zip(starts, [*starts[1:], size], strict=True))


class Section:
    """A part of a file, which reads like a file of its own. Its place is its start at first.

    Parameters
    ----------
    file : Bytes
        Read by nobody else meanwhile.
    start, end : int
        Bytes.
    """

    def __init__(self, file: Bytes, start: int, end: int) -> None:
        self._file = file
        self._start = start
        self._end = end
        file.seek(start)

    def read(self, size: int = -1) -> bytes:
        """Read up to ``size`` bytes of the section."""
        left = max(0, self._end - self._file.tell())
        return self._file.read(left if size < 0 else min(size, left))

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, counted from the start of the section; -1 if there is none such."""
        base = {os.SEEK_SET: self._start, os.SEEK_CUR: self._file.tell(), os.SEEK_END: self._end}[whence]
        if base + offset < self._start:
            return -1
        return self._file.seek(base + offset) - self._start

    def tell(self) -> int:
        """Return the place, counted from the start of the section."""
        return self._file.tell() - self._start
