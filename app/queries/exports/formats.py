"""The forms in which a selection, or another list of music, can be saved."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from app.queries.exports.entries import Entry
from app.queries.exports.playlists import PlaylistOptions, write_m3u8, write_xspf
from app.queries.exports.selection import Selection
from app.queries.exports.tables import write_csv, write_npy, write_parquet

ListFormat = Literal["csv", "m3u8", "xspf"]
Format = ListFormat | Literal["npy", "parquet"]
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


def export(selection: Selection, form: Format, title: str, options: PlaylistOptions) -> Export:
    """Make a file of a selection. What can be wrong with it is found here, not while it is sent.

    Raises
    ------
    InputError, NotFoundError
        If the vectors that are asked for do not exist.
    """
    if form == "npy" or form == "parquet":  # noqa: PLR1714 - the type checker understands this only
        selection.vectors()
        write = write_npy if form == "npy" else write_parquet
        return _named(title, form, write(selection))
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
    return _named(title, form, content)


def _named(title: str, form: Format, content: Iterator[bytes]) -> Export:
    return Export(f"{file_name(title)}.{form}", MIMETYPES[form], content)


def file_name(title: str) -> str:
    """Turn a title into a name that every file system takes."""
    return _NOT_IN_NAMES.sub("-", title)[:NAME_LENGTH].strip(" .-") or "selection"
