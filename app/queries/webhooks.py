"""Webhooks as they are read: what was sent to whom, and what came of each try."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.models import WebhookAttempt, WebhookDelivery, db


@dataclass(frozen=True)
class AttemptFacts:
    """One try to deliver.

    Attributes
    ----------
    status : int or None
        Of the target's answer; None if there was none.
    error : str or None
        Why it was no success; None if it was one.
    """

    at: datetime
    status: int | None
    error: str | None
    seconds: float


@dataclass(frozen=True)
class DeliveryFacts:
    """What may be told of a delivery.

    Attributes
    ----------
    target : str
        Scheme, host and port: the rest of the address may hold secrets of the receiver.
    state : str
        ``pending``, ``delivered`` or ``failed``.
    tries : int
        Since it was added, or last retried by hand.
    next_try_at : datetime or None
        None unless it is pending.
    attempts : tuple of AttemptFacts
        In the order of time.
    """

    id: str
    job_id: str
    target: str
    state: str
    tries: int
    next_try_at: datetime | None
    created_at: datetime
    delivered_at: datetime | None
    attempts: tuple[AttemptFacts, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return _plain(asdict(self)) | {"attempts": [_plain(asdict(attempt)) for attempt in self.attempts]}


def deliveries_of(job_id: str) -> list[DeliveryFacts]:
    """Return the deliveries of a job with their tries, in the order in which they were added."""
    deliveries = (
        select(WebhookDelivery)
        .where(WebhookDelivery.job_id == job_id)
        .order_by(WebhookDelivery.created_at, WebhookDelivery.id)
        .options(selectinload(WebhookDelivery.attempts))
        .execution_options(populate_existing=True)
    )
    return [_facts_of(row) for row in db.session.scalars(deliveries)]


def _facts_of(row: WebhookDelivery) -> DeliveryFacts:
    return DeliveryFacts(
        id=row.id,
        job_id=row.job_id,
        target=row.target,
        state=row.state,
        tries=row.tries,
        next_try_at=_in_utc(row.next_try_at) if row.state == "pending" else None,
        created_at=_in_utc(row.created_at),
        delivered_at=None if row.delivered_at is None else _in_utc(row.delivered_at),
        attempts=tuple(_attempt_of(attempt) for attempt in row.attempts),
    )


def _attempt_of(row: WebhookAttempt) -> AttemptFacts:
    return AttemptFacts(_in_utc(row.at), row.status, row.error, row.seconds)


def _in_utc(moment: datetime) -> datetime:
    """Return a time of the database as what it is, UTC: SQLite gives it back without."""
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else value
        for name, value in values.items()
    }
