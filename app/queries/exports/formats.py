"""The forms in which a selection can be saved."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from app.queries.exports.playlists import PlaylistOptions, write_m3u8, write_xspf
from app.queries.exports.selection import Selection
from app.queries.exports.tables import write_csv, write_npy, write_parquet

Format = Literal["csv", "npy", "parquet", "m3u8", "xspf"]
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
    if form in ("npy", "parquet"):
        selection.vectors()
    else:
        _ = selection.facts  # the database is asked before the answer begins
    content = {
        "csv": lambda: write_csv(selection),
        "npy": lambda: write_npy(selection),
        "parquet": lambda: write_parquet(selection),
        "m3u8": lambda: write_m3u8(selection, title, options),
        "xspf": lambda: write_xspf(selection, title, options),
    }[form]()
    return Export(f"{file_name(title)}.{form}", MIMETYPES[form], content)


def file_name(title: str) -> str:
    """Turn a title into a name that every file system takes."""
    return _NOT_IN_NAMES.sub("-", title)[:NAME_LENGTH].strip(" .-") or "selection"
