"""Playlists: tracks, or stretches of them, in an order."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, UtcDateTime, now


class Playlist(Base):
    """A playlist.

    Attributes
    ----------
    version : int
        Counts the changes, so that who changes it can say which state is meant.
    """

    __tablename__ = "playlist"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    entries: Mapped[list["PlaylistEntry"]] = relationship(
        order_by="PlaylistEntry.position", cascade="all, delete-orphan", passive_deletes=True
    )


class PlaylistEntry(Base):
    """A place in a playlist.

    Attributes
    ----------
    position : int
        From 0, without gaps.
    start, end : float or None
        Seconds, of a stretch of the track; None for all of it. Not the number of a segment: its length
        depends on the network, and the playlist may outlive that.
    """

    __tablename__ = "playlist_entry"
    __table_args__ = (Index("ix_playlist_entry_playlist_id_position", "playlist_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    playlist_id: Mapped[int] = mapped_column(ForeignKey("playlist.id", ondelete="CASCADE"))
    position: Mapped[int]
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id", ondelete="CASCADE"), index=True)
    start: Mapped[float | None]
    end: Mapped[float | None]
