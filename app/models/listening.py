"""The listening test: what raters found alike."""

from datetime import datetime

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, UtcDateTime, now


class ListeningAnswer(Base):
    """Which of three segments a rater found most like a reference, and which a network did.

    Tracks and segments are kept as they were numbered in the snapshot that the question was made from.

    Attributes
    ----------
    rater : str
        A random name that the rater's browser keeps: nobody's in particular.
    question : str
        Names the question; a rater answers each once.
    choices : str
        The three in the order shown, as ``track:segment`` with spaces between.
    nearest, chosen : int
        Places among the choices, 0 to 2: the network's nearest neighbour, and the rater's answer.
    """

    __tablename__ = "listening_answer"
    __table_args__ = (
        UniqueConstraint("rater", "question"),
        Index("ix_listening_answer_network_layer", "network", "layer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    rater: Mapped[str] = mapped_column(String(64))
    question: Mapped[str] = mapped_column(String(64))
    snapshot: Mapped[str] = mapped_column(String(64))
    network: Mapped[str] = mapped_column(String(64))
    layer: Mapped[str] = mapped_column(String(64))
    reference: Mapped[str] = mapped_column(String(32))
    choices: Mapped[str] = mapped_column(String(96))
    nearest: Mapped[int]
    chosen: Mapped[int]
