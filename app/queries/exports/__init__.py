"""What is saved of a selection of points: tables, vectors, playlists. Each form is a stream of bytes."""

from app.queries.exports.formats import MIMETYPES, Export, Format, export
from app.queries.exports.playlists import PlaylistOptions
from app.queries.exports.selection import Selection, read_selection

__all__ = ["MIMETYPES", "Export", "Format", "PlaylistOptions", "Selection", "export", "read_selection"]
