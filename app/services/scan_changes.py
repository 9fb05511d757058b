"""What a scan knows of the tracks, and what one batch of files changes in the database."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import insert, select, update

from app.audio.tags import FileTags
from app.models import Track, db
from app.services.audio_files import Fingerprint, FoundFile
from app.services.metadata import Names


class KnownTrack(NamedTuple):
    """A track as the database has it."""

    id: int
    path: str
    state: str
    size: int | None
    mtime_ns: int | None
    quick_hash: str | None
    content_hash: str | None
    content_version: int
    error: str | None


@dataclass
class Changes:
    """What one batch of files changes in the database."""

    updates: list[KnownTrack] = field(default_factory=list)
    inserts: list[dict[str, Any]] = field(default_factory=list)
    tags: list[tuple[int, FileTags]] = field(default_factory=list)
    new_tags: list[FileTags | None] = field(default_factory=list)

    def keep(self, track: KnownTrack, content: Fingerprint) -> None:
        """Note a track that has the content it had."""
        self.updates.append(
            track._replace(state="present", size=content.size, mtime_ns=content.mtime_ns, error=None)
        )

    def change(self, track: KnownTrack, content: Fingerprint, tags: FileTags | None) -> None:
        """Note a track that has another content than before."""
        version = track.content_version + (track.quick_hash is not None)
        changed = track._replace(quick_hash=content.quick_hash, content_hash=None, content_version=version)
        self.keep(changed, content)
        if tags is not None:
            self.tags.append((track.id, tags))

    def add(self, path: str, content: Fingerprint, tags: FileTags | None) -> None:
        """Note a new track."""
        row = content._asdict() | {"path": path, "state": "present", "error": None}
        self.inserts.append(row)
        self.new_tags.append(tags)

    def fail(self, file: FoundFile, track: KnownTrack | None, reason: str) -> None:
        """Note a file that cannot be read. What was known of it stays; the next scan tries again."""
        if track is not None:
            self.updates.append(track._replace(state="present", error=reason))
        else:
            row = file._asdict() | {"quick_hash": None, "state": "present", "error": reason}
            self.inserts.append(row)
            self.new_tags.append(None)

    def write(self, names: Names) -> None:
        """Write everything; the caller commits."""
        if self.updates:
            db.session.execute(update(Track), [track._asdict() for track in self.updates])
        if self.inserts:
            statement = insert(Track).returning(Track.id, sort_by_parameter_order=True)
            ids = db.session.scalars(statement, self.inserts)
            pairs = zip(ids, self.new_tags, strict=True)
            self.tags += [(track_id, tags) for track_id, tags in pairs if tags is not None]
        names.write(self.tags)


def known_tracks() -> dict[str, KnownTrack]:
    """Return all tracks by their path, in the order of their ids."""
    columns = [getattr(Track, name) for name in KnownTrack._fields]
    rows = db.session.execute(select(*columns).order_by(Track.id))
    return {row.path: KnownTrack._make(row) for row in rows}
