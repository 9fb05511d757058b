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
from app.queries.exports.selection import Selection
from app.queries.status import printable
from app.store.files import Array

ROWS_AT_ONCE = 8192
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


def write_npy(selection: Selection) -> Iterator[bytes]:
    """Yield a one-dimensional ``.npy`` file of records (track, segment, vector); -1 is a whole track.

    ``numpy.load`` gives a structured array: ``array["vector"]`` has the shape (n_points, size).
    """
    vectors, rows = selection.vectors()
    kind = vectors.dtype.newbyteorder("<")
    record = np.dtype([("track", "<i4"), ("segment", "<i4"), ("vector", kind, vectors.shape[1:])])
    head = io.BytesIO()
    npy.write_array_header_1_0(
        head, {"descr": npy.dtype_to_descr(record), "fortran_order": False, "shape": (len(rows),)}
    )
    yield head.getvalue()
    for part in _parts(len(rows)):
        block = np.empty(len(rows[part]), record)
        block["track"] = selection.tracks[part]
        block["segment"] = selection.segments[part]
        block["vector"] = vectors[rows[part]]
        yield block.tobytes()


def write_parquet(selection: Selection) -> Iterator[bytes]:
    """Yield a Parquet file: track, segment (-1 is a whole track), and one float32 column per value."""
    vectors, rows = selection.vectors()
    names = selection.dimensions(vectors.shape[1])
    columns = {"track": "<i4", "segment": "<i4"} | dict.fromkeys(names, "<f4")
    writer = ParquetWriter(columns, _describe(selection))
    yield writer.start()
    for part in _parts(len(rows)):
        block: Array = np.asarray(vectors[rows[part]], np.float32)
        yield from writer.rows([selection.tracks[part], selection.segments[part], *block.T])
    yield writer.end()


def _describe(selection: Selection) -> dict[str, str]:
    return {
        "network": selection.network or "",
        "layer": selection.layer or "",
        "level": selection.level,
        "snapshot": selection.snapshot.key if selection.snapshot else "",
    }


def _parts(length: int) -> Iterator[slice]:
    for first in range(0, length, ROWS_AT_ONCE):
        yield slice(first, first + ROWS_AT_ONCE)
