"""What is saved of points: tables, vectors, playlists. Each form is a stream of bytes."""

from app.queries.exports.formats import (
    MIMETYPES,
    Export,
    Format,
    VectorExport,
    VectorFormat,
    export,
    export_vectors,
    file_name,
)
from app.queries.exports.playlists import PlaylistOptions
from app.queries.exports.selection import Selection, read_selection
from app.queries.exports.vectors import VectorTable, whole_space

__all__ = [
    "MIMETYPES",
    "Export",
    "Format",
    "PlaylistOptions",
    "Selection",
    "VectorExport",
    "VectorFormat",
    "VectorTable",
    "export",
    "export_vectors",
    "file_name",
    "read_selection",
    "whole_space",
]
