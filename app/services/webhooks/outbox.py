"""The outbox: events that wait to be sent, as rows.

A row is added in the transaction that makes its event true, so there is no event without a row and no row
without an event. A sender takes a row by a lease of limited time; if it dies, the row is due again when the
lease has run out. So an event arrives at least once, and twice if a sender dies after the target has
answered and before that is written. Both times it has the same delivery id.
"""

import json
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import ConflictError, NotFoundError
from app.models import WebhookAttempt, WebhookDelivery, db
from app.queries.clock import AnySession, database_time
from app.services.webhooks.targets import parse_target

PAUSES: Final = (10.0, 60.0, 300.0, 1800.0, 7200.0, 21_600.0)
"""Seconds after the first, second, ... try; the last one repeats."""
JITTER: Final = 0.25
LONGEST_RETRY_AFTER: Final = 86_400.0
LEASE_GRACE: Final = 60.0
"""Seconds between the end of a try and the end of its lease: time to write what came of it."""


@dataclass(frozen=True)
class Claim:
    """A delivery that this sender, and no other, may send now.

    Attributes
    ----------
    tries : int
        This one included.
    started : datetime
        When it was taken, by the database's clock.
    """

    delivery_id: str
    url: str
    target: str
    body: str
    tries: int
    lease: str
    started: datetime


@dataclass(frozen=True)
class Result:
    """What came of a try.

    Attributes
    ----------
    status : int or None
        Of the answer; None if there was none.
    error : str or None
        Why it was no success; None if it was one.
    seconds : float
        How long it took.
    retry_after : float or None
        Seconds after which the target wants to be asked again.
    final : bool
        Whether there is no sense in trying again.
    """

    status: int | None
    error: str | None
    seconds: float
    retry_after: float | None = None
    final: bool = False


def encode_body(job_id: str, event: Mapping[str, Any]) -> str:
    """Return what is signed and sent: ``{"id": job_id, "event": event}``, in ASCII."""
    return json.dumps({"id": job_id, "event": dict(event)})


def enqueue(session: AnySession, job_id: str, url: str, event: Mapping[str, Any]) -> str:
    """Add an event to the open transaction; it is sent once that is committed. Commits nothing.

    Parameters
    ----------
    event : mapping
        ``{"status": "finished"}``, or ``{"status": "failed", "reason": ...}``.

    Returns
    -------
    str
        Id of the delivery.

    Raises
    ------
    InputError
        If the address is none; it is not resolved.
    """
    now = database_time(session)
    delivery = WebhookDelivery(
        id=uuid.uuid4().hex,
        job_id=job_id,
        url=url,
        target=parse_target(url).origin,
        body=encode_body(job_id, event),
        state="pending",
        tries=0,
        next_try_at=now,
        created_at=now,
    )
    session.add(delivery)
    session.flush()
    return delivery.id


def claim_next(session: Session, lease_seconds: float) -> Claim | None:
    """Take the delivery that has been due for longest; None if there is none. Commits.

    A target that is being sent to already has to wait: one that hangs keeps one sender busy, not all.
    """
    now = database_time(session)
    lease = uuid.uuid4().hex
    others = WebhookDelivery.__table__.alias("others")
    busy = select(others.c.target).where(others.c.state == "pending", others.c.lease_until > now)
    due = (
        select(WebhookDelivery.id)
        .where(_is_due(now), WebhookDelivery.target.not_in(busy))
        .order_by(WebhookDelivery.next_try_at, WebhookDelivery.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(WebhookDelivery)
        .where(WebhookDelivery.id == due.scalar_subquery(), _is_due(now))  # IN would lock anew for each row
        .values(
            lease=lease,
            lease_until=now + timedelta(seconds=lease_seconds),
            tries=WebhookDelivery.tries + 1,
        )
        .returning(
            WebhookDelivery.id,
            WebhookDelivery.url,
            WebhookDelivery.target,
            WebhookDelivery.body,
            WebhookDelivery.tries,
        )
    )
    row = session.execute(taken, execution_options={"synchronize_session": False}).one_or_none()
    session.commit()
    return None if row is None else Claim(*row, lease=lease, started=now)


def count_due_targets(session: Session) -> int:
    """Return to how many targets something is due."""
    count = select(func.count(WebhookDelivery.target.distinct())).where(_is_due(database_time(session)))
    return session.scalars(count).one()


def record(session: Session, claim: Claim, result: Result, tries: int) -> str:
    """Write what came of a try, and commit. Returns the state of the delivery.

    A success counts even if the lease has run out meanwhile; anything else does not then, for another sender
    has the delivery.

    Parameters
    ----------
    tries : int
        After which a delivery is given up.
    """
    now = database_time(session)
    state = _next_state(claim, result, tries)
    values: dict[str, Any] = {"state": state, "lease": None, "lease_until": None}
    if state == "pending":
        values["next_try_at"] = now + timedelta(seconds=_pause(claim.tries, result.retry_after))
    if state == "delivered":
        values["delivered_at"] = now
    mine = WebhookDelivery.id == claim.delivery_id
    if state != "delivered":
        mine = and_(mine, WebhookDelivery.lease == claim.lease)
    session.execute(
        update(WebhookDelivery).where(mine).values(values),
        execution_options={"synchronize_session": False},
    )
    session.add(
        WebhookAttempt(
            delivery_id=claim.delivery_id,
            at=claim.started,
            status=result.status,
            error=result.error,
            seconds=result.seconds,
        )
    )
    try:
        session.commit()
    except IntegrityError:  # the delivery has been deleted meanwhile
        session.rollback()
    return state


def retry_delivery(delivery_id: str) -> None:
    """Let a delivery that was given up be sent again, from now on, with all its tries.

    Raises
    ------
    NotFoundError
        If there is none of that id.
    InputError
        If it was not given up.
    """
    failed = (WebhookDelivery.id == delivery_id, WebhookDelivery.state == "failed")
    values = {"state": "pending", "tries": 0, "next_try_at": database_time(db.session)}
    again = update(WebhookDelivery).where(*failed).values(values).returning(WebhookDelivery.id)
    if db.session.scalar(again, execution_options={"synchronize_session": False}) is not None:
        db.session.commit()
        return
    db.session.rollback()
    state = db.session.scalar(select(WebhookDelivery.state).where(WebhookDelivery.id == delivery_id))
    if state is None:
        raise NotFoundError(f"There is no delivery {delivery_id}.")
    raise ConflictError(f"Delivery {delivery_id} is {state}: only one that has failed can be tried again.")


def _is_due(now: datetime) -> Any:
    free = or_(WebhookDelivery.lease_until.is_(None), WebhookDelivery.lease_until <= now)
    return and_(WebhookDelivery.state == "pending", WebhookDelivery.next_try_at <= now, free)


def _next_state(claim: Claim, result: Result, tries: int) -> str:
    if result.error is None:
        return "delivered"
    return "failed" if result.final or claim.tries >= tries else "pending"


def _pause(tries: int, retry_after: float | None) -> float:
    """Return the seconds until the next try, a little more at random, so that not all come back at once."""
    pause = PAUSES[min(tries, len(PAUSES)) - 1]
    if retry_after is not None:
        pause = max(pause, min(retry_after, LONGEST_RETRY_AFTER))
    return pause * (1 + random.uniform(0, JITTER))
