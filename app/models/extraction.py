"""The ledger of extraction: which rows of which part belong to which track."""

from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, Text, UniqueConstraint, or_
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, UtcDateTime, now
from app.models.track import Track


class Part(Base):
    """The files that one batch of extraction wrote for one network: ``<network>/<name>.<layer>.npy``."""

    __tablename__ = "part"
    __table_args__ = (UniqueConstraint("network", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    network: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    n_rows: Mapped[int]
    weights_sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class Extraction(Base):
    """What became of one track under one network. This row is extraction's commit point.

    Attributes
    ----------
    state : str
        ``done`` or ``failed``. A track without a row is still to be extracted.
    reason : str or None
        Why it failed; or, when done, what was odd about the file.
    content_version : int or None
        The track's, at the time: another one means that the file has changed since. None where the rows
        were imported for a track without a file.
    part_id, row_start, n_rows : int or None
        Where the vectors are. Duplicates share them.
    """

    __tablename__ = "extraction"
    __table_args__ = (
        UniqueConstraint("track_id", "network"),
        Index("ix_extraction_network_state", "network", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    track_id: Mapped[int] = mapped_column(ForeignKey("track.id", ondelete="CASCADE"))
    network: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=1)
    content_version: Mapped[int | None]
    part_id: Mapped[int | None] = mapped_column(ForeignKey("part.id"), index=True)
    row_start: Mapped[int | None]
    n_rows: Mapped[int | None]
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, onupdate=now)

    track: Mapped[Track] = relationship()
    part: Mapped[Part | None] = relationship()


def is_current() -> ColumnElement[bool]:
    """Tell whether what an extraction says is of the file as it is now; joined with the track."""
    return or_(Extraction.content_version.is_(None), Extraction.content_version == Track.content_version)
