"""What is saved of lists of music and selections of points: tables, vectors, playlists.

Each form is a stream of bytes.
"""

from app.queries.exports.entries import Entry
from app.queries.exports.formats import MIMETYPES, Export, Format, ListFormat, export, export_entries
from app.queries.exports.playlists import PlaylistOptions, xml_text
from app.queries.exports.selection import Point, Selection, read_selection

__all__ = [
    "MIMETYPES",
    "Entry",
    "Export",
    "Format",
    "ListFormat",
    "PlaylistOptions",
    "Point",
    "Selection",
    "export",
    "export_entries",
    "read_selection",
    "xml_text",
]
