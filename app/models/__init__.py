"""The database: facts about tracks, the ledger of extraction, published snapshots, the listening test."""

from app.models.base import db
from app.models.extraction import Extraction, Part
from app.models.listening import ListeningAnswer
from app.models.metadata import Album, Artist, Tag, track_tags
from app.models.snapshot import Snapshot
from app.models.track import Track

__all__ = [
    "Album",
    "Artist",
    "Extraction",
    "ListeningAnswer",
    "Part",
    "Snapshot",
    "Tag",
    "Track",
    "db",
    "track_tags",
]
