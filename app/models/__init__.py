"""The database: tracks and their metadata, the ledger, snapshots, playlists, tokens, the listening test."""

from app.models.base import db
from app.models.extraction import Extraction, Part, is_current
from app.models.listening import ListeningAnswer
from app.models.metadata import Album, Artist, MetadataVersion, Tag, track_tags
from app.models.playlist import Playlist, PlaylistEntry
from app.models.snapshot import Snapshot
from app.models.token import Token
from app.models.track import Track

__all__ = [
    "Album",
    "Artist",
    "Extraction",
    "ListeningAnswer",
    "MetadataVersion",
    "Part",
    "Playlist",
    "PlaylistEntry",
    "Snapshot",
    "Tag",
    "Token",
    "Track",
    "db",
    "is_current",
    "track_tags",
]
