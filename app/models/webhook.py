"""Webhooks: what is to be told to whom, and what came of each try."""

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base


class WebhookDelivery(Base):
    """An event that is to be sent to an address. It is added in the transaction that makes the event true.

    All times are the database's, so that senders on machines whose clocks differ agree.

    Attributes
    ----------
    id : str
        UUID, hexadecimal; the same in every try, so that receivers can tell a repeated event.
    job_id : str
        Of the job that the event is of. The job may be gone.
    url : str
        Where to. May hold secrets of the receiver in its path or query.
    target : str
        The origin of ``url``, such as ``https://example.org:443``: what may be shown of it.
    body : str
        What is signed and sent, byte for byte: JSON in UTF-8.
    state : str
        ``pending``, ``delivered`` or ``failed`` (given up).
    tries : int
        How often it was sent or begun to be; counted when a sender takes it.
    next_try_at : datetime
        When it is due, if it is pending.
    lease, lease_until : str and datetime, or None
        Who sends it now, and until when nobody else may.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (Index("ix_webhook_delivery_state_next_try_at", "state", "next_try_at"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    job_id: Mapped[str] = mapped_column(String(32), index=True)
    url: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16), default="pending")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    lease: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    attempts: Mapped[list["WebhookAttempt"]] = relationship(
        order_by="WebhookAttempt.id", cascade="all, delete-orphan", passive_deletes=True
    )


class WebhookAttempt(Base):
    """One try to deliver.

    Attributes
    ----------
    status : int or None
        Of the target's answer; None if there was none.
    error : str or None
        Why it was no success; None if it was one.
    seconds : float
        How long it took.
    """

    __tablename__ = "webhook_attempt"

    id: Mapped[int] = mapped_column(primary_key=True)
    delivery_id: Mapped[str] = mapped_column(
        ForeignKey("webhook_delivery.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)
    seconds: Mapped[float]
