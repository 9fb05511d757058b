"""The database: tracks, metadata, ledger, snapshots, playlists, tokens, jobs, listening test, webhooks."""

from app.models.base import db
from app.models.extraction import Extraction, Part, is_current
from app.models.job import AnalysisResult, Job, JobLine
from app.models.listening import ListeningAnswer
from app.models.metadata import Album, Artist, MetadataVersion, Tag, track_artists, track_tags
from app.models.playlist import Playlist, PlaylistEntry
from app.models.snapshot import Snapshot
from app.models.token import Token
from app.models.track import Track
from app.models.webhook import WebhookAttempt, WebhookDelivery

__all__ = [
    "Album",
    "AnalysisResult",
    "Artist",
    "Extraction",
    "Job",
    "JobLine",
    "ListeningAnswer",
    "MetadataVersion",
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
    "track_artists",
    "track_tags",
]
