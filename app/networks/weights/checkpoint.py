"""Reading TensorFlow checkpoints (format V2) without TensorFlow.

A checkpoint is an index and, here, one data file. The index is a table as LevelDB stores it: blocks of
entries whose keys share prefixes with their predecessor, and a footer that points to the block of blocks.
Each entry names a tensor and says where its values are in the data file.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from app.networks.weights.protobuf import BundleEntry, BundleHeader, DecodeError

_MAGIC: Final = (0xDB4775248B80FB57).to_bytes(8, "little")
_FOOTER_BYTES: Final = 48
_UNCOMPRESSED: Final = 0
_DTYPES: Final = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8"}


def read_checkpoint(index: bytes, data: bytes) -> dict[str, npt.NDArray[Any]]:
    """Return the variables of a checkpoint by name.

    Parameters
    ----------
    index, data : bytes
        Contents of the files ``*.index`` and ``*.data-00000-of-00001``.

    Raises
    ------
    ValueError
        If they are not what they should be.
    """
    try:
        return dict(_variables(index, data))
    except (DecodeError, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"not a whole TensorFlow checkpoint: {error}") from error


def _variables(index: bytes, data: bytes) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    for key, value in _entries(index):
        if not key:
            _check_header(value)
            continue
        entry = BundleEntry.FromString(value)
        dtype = np.dtype(_DTYPES[entry.dtype]) if entry.dtype in _DTYPES else None
        shape = tuple(dim.size for dim in entry.shape.dim)
        if dtype is None or entry.size != dtype.itemsize * int(np.prod(shape)):
            raise ValueError(f"the variable {key!r} has an unknown type or a wrong size")
        values = data[entry.offset : entry.offset + entry.size]
        if len(values) < entry.size:
            raise ValueError(f"the variable {key!r} lies beyond the end of the data")
        yield key.decode(), np.frombuffer(values, dtype).reshape(shape)


def _check_header(value: bytes) -> None:
    header = BundleHeader.FromString(value)
    if header.num_shards != 1 or header.endianness != 0:
        raise ValueError("only checkpoints with one little-endian data file can be read")


def _entries(index: bytes) -> Iterator[tuple[bytes, bytes]]:
    footer = index[-_FOOTER_BYTES:]
    if not footer.endswith(_MAGIC):
        raise ValueError("not the index of a TensorFlow checkpoint")
    numbers, at = [], 0
    for _ in range(4):  # offset and size of the block of meta data, then of the block of blocks
        number, at = _varint(footer, at)
        numbers.append(number)
    for _, place in _block(index, *numbers[2:]):
        offset, at = _varint(place, 0)
        size, _ = _varint(place, at)
        yield from _block(index, offset, size)


def _block(index: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    block = index[offset : offset + size]
    if len(block) < size or index[offset + size] != _UNCOMPRESSED:
        raise ValueError("the index is cut short or compressed")
    n_restarts = int.from_bytes(block[-4:], "little")
    end = size - 4 - 4 * n_restarts
    key, at = b"", 0
    while at < end:
        shared, at = _varint(block, at)
        fresh, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + fresh]
        at += fresh
        yield key, block[at : at + length]
        at += length


def _varint(buffer: bytes, at: int) -> tuple[int, int]:
    """Read a number of seven bits per byte, the lowest first; return it and the position after it."""
    number = shift = 0
    while True:
        byte = buffer[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return number, at
