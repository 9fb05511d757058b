"""What people said about the music: artists, albums, tags."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base

track_tags = Table(
    "track_tag",
    Base.metadata,
    Column("track_id", ForeignKey("track.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_track_tag_tag_id", "tag_id"),
)


track_artists = Table(
    "track_artist",
    Base.metadata,
    Column("track_id", ForeignKey("track.id", ondelete="CASCADE"), primary_key=True),
    Column("artist_id", ForeignKey("artist.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_track_artist_artist_id", "artist_id"),
)
"""Artists of tracks that have several. Other tracks have no rows here, only their own column."""


class Artist(Base):
    """An artist, or a credit to several. ``external_id`` is the provider's, such as ``artist_000014``."""

    __tablename__ = "artist"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, index=True)
    external_id: Mapped[str | None] = mapped_column(String(64), unique=True)


class Album(Base):
    """An album of an artist, or of nobody known."""

    __tablename__ = "album"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text, index=True)
    artist_id: Mapped[int | None] = mapped_column(ForeignKey("artist.id", ondelete="SET NULL"), index=True)
    external_id: Mapped[str | None] = mapped_column(String(64), unique=True)

    artist: Mapped[Artist | None] = relationship()


class Tag(Base):
    """A word in a group: ``genre``, ``instrument``, ``mood/theme``."""

    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("group", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    group: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(Text)


class MetadataVersion(Base):
    """One row, which triggers of the database change with everything that attributes and titles are made of.

    So no writer can forget it, and whoever reads it sees it change in the transaction that changes them.

    Attributes
    ----------
    value : str
        12 random hexadecimal digits: never the same again, not even after a transaction that was undone.
    transaction : int or None
        PostgreSQL only: the number of the transaction that wrote the value. It writes one, however often
        it changes something.
    """

    __tablename__ = "metadata_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(String(12))
    transaction: Mapped[int | None] = mapped_column(BigInteger)
