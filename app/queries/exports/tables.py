"""A list of music as a table of what is known; a selection as vectors with the ids that they belong to."""

import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np
from numpy.lib import format as npy

from app.queries.exports.blocks import in_blocks
from app.queries.exports.entries import Entry
from app.queries.exports.parquet import ParquetWriter
from app.queries.exports.vectors import VectorTable
from app.queries.status import printable
from app.store.files import Array

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

CSV_COLUMNS = (
    "track", "segment", "start", "end", "title", "artist", "album", "year", "genres", "duration", "path",
)  # fmt: skip


def write_csv(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Yield a table in UTF-8, one line per entry; texts that spreadsheets would compute begin with ``'``."""
    return in_blocks(_csv_lines(entries))


def _csv_lines(entries: Iterable[Entry]) -> Iterator[str]:
    line = io.StringIO()
    table = csv.writer(line)
    for row in chain([CSV_COLUMNS], map(_csv_row, entries)):
        table.writerow(row)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _csv_row(entry: Entry) -> list[Any]:
    start, end = ("", "") if entry.times is None else (f"{time:.3f}" for time in entry.times)
    place = ["" if entry.segment is None else entry.segment, start, end]
    facts = entry.facts
    if facts is None:
        return [entry.track_id, *place, *[""] * (len(CSV_COLUMNS) - 4)]
    duration = "" if facts.duration is None else f"{facts.duration:.3f}"
    texts = (facts.title, facts.artist or "", facts.album or "", "; ".join(facts.genres))
    title, artist, album, genres = map(_harmless, texts)
    year = facts.year if facts.year is not None else ""
    path = _harmless(printable(facts.path))
    return [entry.track_id, *place, title, artist, album, year, genres, duration, path]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def write_npy(table: VectorTable) -> Iterator[bytes]:
    """Yield a one-dimensional ``.npy`` file of records (track, segment, start, vector); -1 is a whole track.

    ``numpy.load`` gives a structured array: ``array["vector"]`` has the shape (n_rows, size).
    """
    record = _record(table)
    yield _npy_head(table, record)
    for rows in table.blocks():
        block = np.empty(len(rows.tracks), record)
        block["track"] = rows.tracks
        block["segment"] = rows.segments
        block["start"] = table.starts(rows)
        block["vector"] = rows.vectors
        yield block.tobytes()


def npy_length(table: VectorTable) -> int:
    """Return the number of bytes of the ``.npy`` file."""
    record = _record(table)
    return len(_npy_head(table, record)) + table.n_rows * record.itemsize


def _record(table: VectorTable) -> np.dtype[np.void]:
    kind = table.dtype.newbyteorder("<")
    size = len(table.dimensions)
    return np.dtype([("track", "<i4"), ("segment", "<i4"), ("start", "<f4"), ("vector", kind, (size,))])


def _npy_head(table: VectorTable, record: np.dtype[np.void]) -> bytes:
    head = io.BytesIO()
    npy.write_array_header_1_0(
        head, {"descr": npy.dtype_to_descr(record), "fortran_order": False, "shape": (table.n_rows,)}
    )
    return head.getvalue()


def write_parquet(table: VectorTable) -> Iterator[bytes]:
    """Yield a Parquet file: track, segment (-1 is a whole track), start, and one float32 column per value."""
    writer = _parquet_writer(table)
    yield writer.start()
    for rows in table.blocks():
        values: Array = np.asarray(rows.vectors, np.float32)
        yield from writer.rows([rows.tracks, rows.segments, table.starts(rows), *values.T])
    yield writer.end()


def parquet_length(table: VectorTable) -> int:
    """Return the number of bytes of the Parquet file."""
    return _parquet_writer(table).length(table.block_lengths())


def _parquet_writer(table: VectorTable) -> ParquetWriter:
    columns = {"track": "<i4", "segment": "<i4", "start": "<f4"} | dict.fromkeys(table.dimensions, "<f4")
    metadata = {
        "network": table.space.network,
        "layer": table.space.layer,
        "level": table.space.level,
        "snapshot": table.snapshot,
    }
    return ParquetWriter(columns, metadata)
