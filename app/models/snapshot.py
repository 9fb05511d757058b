"""The published snapshots."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, UtcDateTime


class Snapshot(Base):
    """One consistent version of everything that the map and the search read.

    The row is written when all files of the snapshot are on disk; readers use the row with the
    greatest ``published_at``, so publishing is one atomic step.

    Attributes
    ----------
    key : str
        Hash of what went in; name of the folder below ``AGGRDATA_DIR``.
    """

    __tablename__ = "snapshot"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    n_tracks: Mapped[int]
    n_segments: Mapped[int]
