"""The forms in which a selection, or another list of music, can be saved."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from app.queries.exports.entries import Entry
from app.queries.exports.playlists import PlaylistOptions, write_m3u8, write_xspf
from app.queries.exports.selection import Selection
from app.queries.exports.tables import npy_length, parquet_length, write_csv, write_npy, write_parquet
from app.queries.exports.vectors import VectorTable

VectorFormat = Literal["npy", "parquet"]
ListFormat = Literal["csv", "m3u8", "xspf"]
Format = ListFormat | VectorFormat
MIMETYPES: dict[Format, str] = {
    "csv": "text/csv",
    "npy": "application/octet-stream",
    "parquet": "application/vnd.apache.parquet",
    "m3u8": "application/vnd.apple.mpegurl",
    "xspf": "application/xspf+xml",
}
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\ud800-\udfff]+')
NAME_LENGTH = 80


@dataclass(frozen=True)
class Export:
    """A file to be sent.

    Attributes
    ----------
    content : iterator of bytes
        To be read once.
    """

    name: str
    mimetype: str
    content: Iterator[bytes]


@dataclass(frozen=True)
class VectorExport(Export):
    """A file of vectors.

    Attributes
    ----------
    length : int
        Of the content, in bytes: known before the first one.
    """

    length: int


def export(selection: Selection, form: Format, title: str, options: PlaylistOptions) -> Export:
    """Make a file of a selection. What can be wrong with it is found here, not while it is sent.

    Raises
    ------
    InputError, NotFoundError
        If the vectors that are asked for do not exist.
    """
    if form == "npy" or form == "parquet":  # noqa: PLR1714 - the type checker understands this only
        return export_vectors(selection.vectors(), form, file_name(title))
    _ = selection.facts  # the database is asked before the answer begins
    return export_entries(selection.entries(), form, title, options)


def export_entries(
    entries: Iterable[Entry], form: ListFormat, title: str, options: PlaylistOptions
) -> Export:
    """Make a file of a list of music."""
    content = {
        "csv": lambda: write_csv(entries),
        "m3u8": lambda: write_m3u8(entries, title, options),
        "xspf": lambda: write_xspf(entries, title, options),
    }[form]()
    return Export(f"{file_name(title)}.{form}", MIMETYPES[form], content)


def export_vectors(table: VectorTable, form: VectorFormat, name: str) -> VectorExport:
    """Make a file of vectors."""
    if form == "npy":
        content, length = write_npy(table), npy_length(table)
    else:
        content, length = write_parquet(table), parquet_length(table)
    return VectorExport(f"{name}.{form}", MIMETYPES[form], content, length)


def file_name(title: str) -> str:
    """Turn a title into a name that every file system takes."""
    return _NOT_IN_NAMES.sub("-", title)[:NAME_LENGTH].strip(" .-") or "selection"
