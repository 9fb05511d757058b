"""What is saved of lists of music and of points: tables, vectors, playlists.

Each form is a stream of bytes.
"""

from app.queries.exports.entries import Entry
from app.queries.exports.formats import (
    MIMETYPES,
    Export,
    Format,
    ListFormat,
    VectorExport,
    VectorFormat,
    export,
    export_entries,
    export_vectors,
    file_name,
)
from app.queries.exports.playlists import PlaylistOptions, xml_text
from app.queries.exports.selection import Point, Selection, read_selection
from app.queries.exports.vectors import VectorTable, whole_space

__all__ = [
    "MIMETYPES",
    "Entry",
    "Export",
    "Format",
    "ListFormat",
    "PlaylistOptions",
    "Point",
    "Selection",
    "VectorExport",
    "VectorFormat",
    "VectorTable",
    "export",
    "export_entries",
    "export_vectors",
    "file_name",
    "read_selection",
    "whole_space",
    "xml_text",
]
