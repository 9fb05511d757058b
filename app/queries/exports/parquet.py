"""Writes Parquet files of plain columns: no nulls, no nesting, no compression.

The format's description is https://parquet.apache.org/docs/file-format/. Its metadata is written in Thrift's
compact protocol: fields are numbered, each number travels as the step from the one before.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

import numpy as np
import numpy.typing as npt

MAGIC = b"PAR1"
CREATED_BY = "Music Explore"

# Numbers that the format gives to its kinds.
_INT32, _FLOAT = 1, 4
_REQUIRED = 0
_PLAIN, _RLE = 0, 3
_UNCOMPRESSED = 0
_DATA_PAGE = 0

# Numbers that Thrift's compact protocol gives to its kinds.
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12

_KINDS: dict[str, int] = {"<i4": _INT32, "<f4": _FLOAT}

Column = npt.NDArray[Any]
Value = Union[int, str, bytes, "Struct", Sequence["Struct"], Sequence[int], Sequence[str]]


@dataclass(frozen=True)
class Struct:
    """A Thrift structure: number of each field to Thrift's kind and its value."""

    fields: Mapping[int, tuple[int, Value]]

    def encode(self) -> bytes:
        """Return the structure in the compact protocol."""
        encoded = bytearray()
        before = 0
        for number, (kind, value) in sorted(self.fields.items()):
            encoded.append((number - before) << 4 | kind)
            encoded += _encode(value)
            before = number
        return bytes(encoded) + b"\0"


def _encode(value: Value) -> bytes:
    if isinstance(value, Struct):
        return value.encode()
    if isinstance(value, int):
        return _varint(value << 1 ^ value >> 63)  # the sign goes to the lowest bit
    if isinstance(value, str | bytes):
        content = value.encode() if isinstance(value, str) else value
        return _varint(len(content)) + content
    of = _STRUCT if isinstance(value[0], Struct) else {int: _I32, str: _BINARY}[type(value[0])]
    head = bytes([len(value) << 4 | of]) if len(value) < 15 else bytes([0xF0 | of]) + _varint(len(value))
    return head + b"".join(_encode(item) for item in value)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


@dataclass(frozen=True)
class _Encoded(Struct):
    """A structure that is kept as its bytes, which take a fraction of the room."""

    content: bytes = b""

    def encode(self) -> bytes:
        return self.content


@dataclass
class ParquetWriter:
    """Makes a Parquet file of groups of rows, in order: :meth:`start`, :meth:`rows` for each, :meth:`end`.

    Parameters
    ----------
    columns : mapping
        Name of each column to ``<i4`` or ``<f4``.
    metadata : mapping
        Texts that travel with the file.
    """

    columns: Mapping[str, str]
    metadata: Mapping[str, str]
    _written: int = 0
    _n_rows: int = 0
    _groups: list[Struct] = field(default_factory=list)

    def start(self) -> bytes:
        """Return the head of the file."""
        self._written += len(MAGIC)
        return MAGIC

    def rows(self, values: Iterable[Column]) -> Iterator[bytes]:
        """Yield a group of rows, given as one array of shape=(n,) per column."""
        contents = [
            np.ascontiguousarray(column, dtype)
            for dtype, column in zip(self.columns.values(), values, strict=True)
        ]
        headers = self._begin_group(len(contents[0]))
        for header, content in zip(headers, contents, strict=True):
            yield header + content.tobytes()

    def end(self) -> bytes:
        """Return the tail of the file, which says what is where."""
        root = Struct({4: (_BINARY, "schema"), 5: (_I32, len(self.columns))})
        leaves = [
            Struct({1: (_I32, _KINDS[dtype]), 3: (_I32, _REQUIRED), 4: (_BINARY, name)})
            for name, dtype in self.columns.items()
        ]
        texts = [Struct({1: (_BINARY, key), 2: (_BINARY, text)}) for key, text in self.metadata.items()]
        footer = Struct(
            {
                1: (_I32, 1),  # version
                2: (_LIST, [root, *leaves]),
                3: (_I64, self._n_rows),
                4: (_LIST, self._groups),
                5: (_LIST, texts),
                6: (_BINARY, CREATED_BY),
            }
        ).encode()
        return footer + struct.pack("<I", len(footer)) + MAGIC

    def length(self, group_lengths: Iterable[int]) -> int:
        """Return the number of bytes of a file with groups of so many rows; nothing may be written yet."""
        measured = ParquetWriter(self.columns, self.metadata)
        measured.start()
        for n_rows in group_lengths:
            measured._begin_group(n_rows)
        return measured._written + len(measured.end())

    def _begin_group(self, n_rows: int) -> list[bytes]:
        """Note a group of rows; return the header of each column's page."""
        headers, chunks, first = [], [], self._written
        for name, dtype in self.columns.items():
            n_bytes = n_rows * np.dtype(dtype).itemsize
            headers.append(_page_header(n_bytes, n_rows).encode())
            size = len(headers[-1]) + n_bytes
            chunks.append(_chunk(name, _KINDS[dtype], n_rows, self._written, size))
            self._written += size
        self._n_rows += n_rows
        group = Struct({1: (_LIST, chunks), 2: (_I64, self._written - first), 3: (_I64, n_rows)})
        self._groups.append(_Encoded({}, group.encode()))
        return headers


def _page_header(size: int, n_values: int) -> Struct:
    page = Struct({1: (_I32, n_values), 2: (_I32, _PLAIN), 3: (_I32, _RLE), 4: (_I32, _RLE)})
    return Struct({1: (_I32, _DATA_PAGE), 2: (_I32, size), 3: (_I32, size), 5: (_STRUCT, page)})


def _chunk(name: str, kind: int, n_values: int, place: int, size: int) -> Struct:
    facts = Struct(
        {
            1: (_I32, kind),
            2: (_LIST, [_PLAIN, _RLE]),
            3: (_LIST, [name]),
            4: (_I32, _UNCOMPRESSED),
            5: (_I64, n_values),
            6: (_I64, size),
            7: (_I64, size),
            9: (_I64, place),
        }
    )
    return Struct({2: (_I64, place), 3: (_STRUCT, facts)})
