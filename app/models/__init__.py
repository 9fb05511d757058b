"""The database: tracks and metadata, ledger, snapshots, playlists, tokens, listening test, webhooks."""

from app.models.base import db
from app.models.extraction import Extraction, Part, is_current
from app.models.listening import ListeningAnswer
from app.models.metadata import Album, Artist, Tag, track_tags
from app.models.playlist import Playlist, PlaylistEntry
from app.models.snapshot import Snapshot
from app.models.token import Token
from app.models.track import Track
from app.models.webhook import WebhookAttempt, WebhookDelivery

__all__ = [
    "Album",
    "Artist",
    "Extraction",
    "ListeningAnswer",
    "Part",
    "Playlist",
    "PlaylistEntry",
    "Snapshot",
    "Tag",
    "Token",
    "Track",
    "WebhookAttempt",
    "WebhookDelivery",
    "db",
    "is_current",
    "track_tags",
]
