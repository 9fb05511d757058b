"""Tracks: the audio files of the collection."""

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, PathText
from app.models.metadata import Album, Artist, Tag, track_tags


class Track(Base):
    """One audio file, known by its path and its content.

    Attributes
    ----------
    path : str
        Relative to ``AUDIO_DIR``, with ``/``; lone surrogates stand for bytes that are not UTF-8.
    state : str
        ``present``, or ``missing`` where no file of that path is (any more) below ``AUDIO_DIR``.
    size, mtime_ns : int or None
        As the last scan saw them; None where no file was ever seen.
    quick_hash : str or None
        SHA-256 of size, first and last blocks: files that differ in it differ; files that do not may.
    content_hash : str or None
        SHA-256 of the whole file, known once extraction has read it. Equal in duplicates.
    content_version : int
        Counts the changes of the file's content that scans have seen.
    duration : float or None
        Seconds.
    error : str or None
        Why the last scan could not read the file; None if it could.
    artist_id : int or None
        The artist credit, as displayed: "A feat. B" is one row. Filters use each artist, see
        :func:`app.queries.metadata.artists_of_tracks`.
    bpm : float or None
        Tempo in beats per minute.
    key : str or None
        Key and scale, such as ``A minor``.
    external_id : str or None
        The streaming provider's number of the track.
    licence, page : str or None
        Addresses of the track's licence and of its page at the provider.
    """

    __tablename__ = "track"
    __table_args__ = (Index("ix_track_state_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(PathText, unique=True)
    state: Mapped[str] = mapped_column(String(16), default="present")
    size: Mapped[int | None] = mapped_column(BigInteger)
    mtime_ns: Mapped[int | None] = mapped_column(BigInteger)
    quick_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    content_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    content_version: Mapped[int] = mapped_column(default=0, server_default="0")
    duration: Mapped[float | None]
    error: Mapped[str | None] = mapped_column(Text)

    title: Mapped[str | None] = mapped_column(Text)
    year: Mapped[int | None]
    bpm: Mapped[float | None]
    key: Mapped[str | None] = mapped_column(String(16))
    artist_id: Mapped[int | None] = mapped_column(ForeignKey("artist.id", ondelete="SET NULL"), index=True)
    album_id: Mapped[int | None] = mapped_column(ForeignKey("album.id", ondelete="SET NULL"), index=True)
    external_id: Mapped[str | None] = mapped_column(String(64), index=True)
    licence: Mapped[str | None] = mapped_column(Text)
    page: Mapped[str | None] = mapped_column(Text)

    artist: Mapped[Artist | None] = relationship()
    album: Mapped[Album | None] = relationship()
    tags: Mapped[list[Tag]] = relationship(secondary=track_tags, order_by=Tag.id)
