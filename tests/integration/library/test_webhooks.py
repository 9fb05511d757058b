"""The outbox of webhooks on SQLite and on PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app import current_settings
from app.models import WebhookAttempt, WebhookDelivery, db
from app.queries.webhooks import deliveries_of
from app.services import database
from app.services.webhooks import enqueue, retry_delivery
from app.services.webhooks.outbox import Result, claim_next, record

LEASE = 3600.0
SUCCESS = Result(200, None, 0.1)
FAILURE = Result(500, "the target has answered 500", 0.1)


@pytest.fixture
def engine(bare_app):
    database.upgrade(current_settings(bare_app))
    return db.engine


@pytest.fixture
def session(engine):
    with Session(engine) as session:
        yield session


def put(session, count=1, url="https://hook{}.test/"):
    ids = [enqueue(session, "1", url.format(number), {"status": "finished"}) for number in range(count)]
    session.commit()
    return ids


def let_leases_run_out(session):
    session.execute(update(WebhookDelivery).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))
    session.commit()


def state_of(delivery_id):
    (delivery,) = [delivery for delivery in deliveries_of("1") if delivery.id == delivery_id]
    return delivery.state


def test_each_delivery_is_taken_once_when_many_take_at_the_same_time(engine, session):
    ids = put(session, 40)
    start = threading.Barrier(8)

    def take(_):
        taken = []
        start.wait()
        with Session(engine) as own:
            for _ in range(40):
                claim = claim_next(own, LEASE)
                taken += [claim.delivery_id] if claim else []
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = [one for some in pool.map(take, range(8)) for one in some]
    assert sorted(taken) == sorted(ids)
    assert claim_next(session, LEASE) is None


def test_nothing_is_taken_before_its_transaction_is_committed(engine, session):
    with Session(engine) as other:
        enqueue(session, "1", "https://hook.test/", {"status": "finished"})
        if engine.dialect.name == "postgresql":  # in SQLite one writer waits for the other
            assert claim_next(other, LEASE) is None
        session.rollback()
        assert claim_next(other, LEASE) is None


def test_oldest_is_taken_first_and_one_at_a_time_for_a_target(session):
    first, second = put(session, 2, "https://hook.test/{}?a=b")
    (other,) = put(session, 1, "https://hook.test:8443/")
    claim = claim_next(session, LEASE)
    assert (claim.delivery_id, claim.url) == (first, "https://hook.test/0?a=b")
    assert claim_next(session, LEASE).delivery_id == other
    assert claim_next(session, LEASE) is None
    record(session, claim, SUCCESS, 8)
    assert claim_next(session, LEASE).delivery_id == second


def test_delivery_is_taken_again_when_its_lease_has_run_out(session):
    (delivery_id,) = put(session)
    assert claim_next(session, LEASE).tries == 1
    assert claim_next(session, LEASE) is None
    let_leases_run_out(session)
    claim = claim_next(session, LEASE)
    assert (claim.delivery_id, claim.tries) == (delivery_id, 2)


@pytest.mark.parametrize(
    ("late", "later", "state"),
    [
        (SUCCESS, FAILURE, "delivered"),
        (FAILURE, SUCCESS, "delivered"),
        (Result(410, "the target has answered 410", 0.1, final=True), None, "pending"),
    ],
)
def test_one_success_counts_when_a_sender_was_slower_than_its_lease(session, late, later, state):
    (delivery_id,) = put(session)
    slow = claim_next(session, LEASE)
    let_leases_run_out(session)
    quick = claim_next(session, LEASE)
    record(session, slow, late, 8)
    if later:
        record(session, quick, later, 8)
    assert state_of(delivery_id) == state
    assert claim_next(session, LEASE) is None
    noted = session.scalars(select(func.count()).select_from(WebhookAttempt)).one()
    assert noted == (2 if later else 1)


def test_nothing_is_noted_when_the_delivery_was_deleted_meanwhile(session):
    put(session)
    claim = claim_next(session, LEASE)
    session.execute(delete(WebhookDelivery))
    session.commit()
    record(session, claim, SUCCESS, 8)
    assert session.scalars(select(WebhookAttempt)).all() == []


def test_attempts_go_with_their_delivery(session):
    put(session)
    record(session, claim_next(session, LEASE), FAILURE, 8)
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.job_id == "1"))
    session.commit()
    assert session.scalars(select(WebhookAttempt)).all() == []


def test_times_are_those_of_the_database(session):
    before = datetime.now(UTC) - timedelta(seconds=1)
    (delivery_id,) = put(session)
    record(session, claim_next(session, LEASE), FAILURE, 1)
    (delivery,) = deliveries_of("1")
    after = datetime.now(UTC) + timedelta(seconds=1)
    assert before < delivery.created_at <= delivery.attempts[0].at < after
    assert delivery.to_json()["attempts"][0]["at"].endswith("+00:00")
    assert (delivery.state, delivery.next_try_at) == ("failed", None)
    retry_delivery(delivery_id)
    assert claim_next(session, LEASE).tries == 1
    assert deliveries_of("2") == []
