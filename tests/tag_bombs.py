"""Small files whose tags exhaust a reader that has no limits."""

import zlib
from pathlib import Path


def size(number: int) -> bytes:
    """Return a number as ID3v2.4 writes it: seven bits a byte."""
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def write_bomb(path: Path, frames: bytes) -> Path:
    path.write_bytes(b"ID3\4\0\0" + size(len(frames)) + frames + bytes(2000))
    return path


def write_packed_bomb(path: Path, megabytes: int) -> Path:
    """A title of some hundred megabytes, packed into a thousandth of that."""
    packer = zlib.compressobj(9)
    packed = packer.compress(b"\3") + b"".join(packer.compress(b"A" * 2**20) for _ in range(megabytes))
    packed += packer.flush()
    unpacked = min(megabytes << 20, 2**28 - 1)
    return write_bomb(path, b"TIT2" + size(4 + len(packed)) + b"\0\x09" + size(unpacked) + packed)


def write_repeated_bomb(path: Path, count: int) -> Path:
    """So many titles that putting them together takes minutes."""
    texts = (b"\3v%d" % number for number in range(count))
    return write_bomb(path, b"".join(b"TIT2" + size(len(text)) + b"\0\0" + text for text in texts))
