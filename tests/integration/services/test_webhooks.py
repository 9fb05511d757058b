"""Webhooks to receivers on this machine: what arrives, and what happens if they do not behave."""

import hashlib
import hmac
import itertools
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from app.errors import InputError, NotFoundError
from app.models import WebhookDelivery, db
from app.queries.webhooks import deliveries_of
from app.services.webhooks import SendReport, check_target, enqueue, retry_delivery, send_due, send_once
from app.services.webhooks.signature import verify
from app.settings import ENVIRONMENT_PREFIX, PROJECT_DIR, read_settings
from tests.webhook_receiver import answering, drip, drip_body, hang, receiving

SECRET = "a secret of some length"
SHORT = 0.3
FINISHED = {"status": "finished"}


@pytest.fixture
def settings_overrides():
    return {"WEBHOOK_SECRET": SECRET, "WEBHOOK_ALLOWED_HOSTS": "127.0.0.1"}


@pytest.fixture
def hurried(settings):
    """The settings, with little patience."""
    return changed(settings, WEBHOOK_TIMEOUT_SECONDS=SHORT)


def changed(settings, **values):
    return read_settings(settings.model_dump() | values)


def put(url, job_id="1"):
    delivery_id = enqueue(db.session, job_id, url, FINISHED)
    db.session.commit()
    return delivery_id


def here(_host, _port):
    return ["127.0.0.1"]


def only_delivery(job_id="1"):
    (delivery,) = deliveries_of(job_id)
    return delivery


def make_due(**values):
    """Let time pass."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    db.session.execute(update(WebhookDelivery).values(next_try_at=past, **values))
    db.session.commit()


def seconds_until_next_try():
    delivery = only_delivery()
    return (delivery.next_try_at - delivery.attempts[-1].at).total_seconds()


def test_event_arrives_signed_and_is_noted(app, settings):
    with receiving(answering(200)) as receiver:
        delivery_id = put(receiver.url())
        assert send_due(settings) == SendReport(delivered=1)
        assert send_due(settings) == SendReport()
    (request,) = receiver.requests
    assert request.path == "/hook?key=hush"
    assert request.body == b'{"id": "1", "event": {"status": "finished"}}'
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert (
        request.headers["X-Matnn-Signature"]
        == hmac.digest(SECRET.encode(), request.body, hashlib.sha256).hex()
    )
    assert verify(SECRET, dict(request.headers), request.body) == delivery_id
    delivery = only_delivery()
    assert (delivery.id, delivery.state, delivery.tries, delivery.next_try_at) == (
        delivery_id,
        "delivered",
        1,
        None,
    )
    assert delivery.created_at <= delivery.attempts[0].at <= delivery.delivered_at
    assert [(attempt.status, attempt.error) for attempt in delivery.attempts] == [(200, None)]
    assert "hush" not in str(delivery.to_json())


def test_nothing_is_sent_when_the_transaction_is_rolled_back(app, settings):
    with receiving(answering(200)) as receiver:
        enqueue(db.session, "1", receiver.url(), FINISHED)
        db.session.rollback()
        assert send_due(settings) == SendReport()
    assert receiver.requests == []


def test_event_waits_when_there_is_no_secret(app, settings):
    with receiving(answering(200)) as receiver:
        put(receiver.url())
        assert send_due(changed(settings, WEBHOOK_SECRET="")) == SendReport()
        assert only_delivery().tries == 0
        assert send_due(settings) == SendReport(delivered=1)


def test_others_are_served_while_a_target_hangs(app, settings):
    with receiving(hang) as hanging:

        def behave(request, released):
            answering(204)(request, released)
            if len(receiver.requests) == 5:
                assert hanging.asked.wait(60)
                together.append(len(hanging.requests))
                hanging.released.set()

        together = []
        with receiving(behave) as receiver:
            for _ in range(5):
                put(hanging.url())
            for _ in range(5):
                put(receiver.url(), "2")
            report = send_due(changed(settings, WEBHOOK_TIMEOUT_SECONDS=60))
    assert report == SendReport(delivered=5, postponed=5)
    assert together == [1]  # one at a time to the same target


def test_round_ends_when_a_target_hangs_that_much_waits_for(app, hurried):
    with receiving(hang) as hanging:
        for _ in range(5):
            put(hanging.url())
        assert send_due(hurried) == SendReport(postponed=1)
    tried = [attempt for delivery in deliveries_of("1") for attempt in delivery.attempts]
    assert [(attempt.status, attempt.error) for attempt in tried] == [
        (None, "the target has not answered within 0.3 s")
    ]


def test_try_ends_when_the_target_sends_a_byte_now_and_then(app, hurried):
    with receiving(drip) as receiver:
        put(receiver.url())
        assert send_due(hurried) == SendReport(postponed=1)
    assert only_delivery().attempts[0].error == "the target has not answered within 0.3 s"


def test_event_is_delivered_when_the_body_of_the_answer_never_ends(app, settings):
    with receiving(drip_body) as receiver:
        put(receiver.url())
        assert send_due(changed(settings, WEBHOOK_TIMEOUT_SECONDS=1)) == SendReport(delivered=1)


def test_try_ends_when_no_name_server_answers(app, hurried):
    answered = threading.Event()
    put("http://hook.test/")
    assert send_due(hurried, resolve=lambda _host, _port: answered.wait() and []) == SendReport(postponed=1)
    answered.set()
    assert only_delivery().attempts[0].error == "the target has not answered within 0.3 s"


def test_try_ends_when_a_secure_target_does_not_shake_hands(app, hurried):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        put(f"https://127.0.0.1:{silent.getsockname()[1]}/")
        assert send_due(hurried) == SendReport(postponed=1)
    assert only_delivery().attempts[0].error == "the target has not answered within 0.3 s"


def test_reason_is_noted_when_nobody_listens(app, settings):
    with receiving(hang) as receiver:
        pass
    put(receiver.url())
    assert send_due(settings) == SendReport(postponed=1)
    assert only_delivery().attempts[0].error == "the target cannot be reached: Connection refused"


def test_reason_is_noted_when_the_answer_is_no_http(app, settings):
    with receiving(lambda request, _: request.wfile.write(b"hello\r\n")) as receiver:
        put(receiver.url())
        assert send_due(settings) == SendReport(postponed=1)
    assert only_delivery().attempts[0].error == "the target's answer is no HTTP (BadStatusLine)"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(app, settings, status):
    with receiving(answering(200)) as inside:
        with receiving(answering(status, Location=inside.url())) as receiver:
            put(receiver.url())
            assert send_due(settings) == SendReport(postponed=1)
        assert inside.requests == []
    (attempt,) = only_delivery().attempts
    assert attempt.status == status
    assert "not followed" in attempt.error


def test_name_is_resolved_once_and_the_connection_made_to_what_was_checked(app, settings):
    with receiving(answering(200)) as receiver:
        answers = itertools.chain([["127.0.0.1"]], itertools.repeat(["127.0.0.2"]))
        asked = []

        def resolve(host, port):
            asked.append((host, port))
            return next(answers)

        put(receiver.url("hook.test"))
        assert send_due(settings, resolve=resolve) == SendReport(delivered=1)
        assert asked == [("hook.test", receiver.port)]
    assert receiver.requests[0].headers["Host"] == f"hook.test:{receiver.port}"


def test_nothing_is_sent_when_the_name_leads_to_a_private_address_the_second_time(app, settings):
    strict = changed(settings, WEBHOOK_ALLOWED_HOSTS="")
    with receiving(answering(200)) as receiver:
        answers = iter([["8.8.8.8"], ["127.0.0.1"]])

        def resolve(_host, _port):
            return next(answers)

        check_target(strict, receiver.url("hook.test"), resolve=resolve)
        put(receiver.url("hook.test"))
        assert send_due(strict, resolve=resolve) == SendReport(postponed=1)
        assert receiver.requests == []
    assert "private or reserved" in only_delivery().attempts[0].error


def test_second_address_is_tried_when_nobody_listens_at_the_first(app, settings):
    both = changed(settings, WEBHOOK_ALLOWED_HOSTS="hook.test")
    with receiving(answering(200)) as receiver:
        put(receiver.url("hook.test"))
        resolve = lambda _host, _port: ["127.0.0.9", "127.0.0.1"]  # noqa: E731
        assert send_due(both, resolve=resolve) == SendReport(delivered=1)


def test_proxies_of_the_environment_are_not_used(app, settings, monkeypatch):
    with receiving(answering(200)) as proxy, receiving(answering(200)) as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        put(receiver.url())
        assert send_due(settings) == SendReport(delivered=1)
    assert proxy.requests == []


@pytest.mark.parametrize(
    ("answer", "low", "high"),
    [
        (answering(500), 10, 12.5),
        (answering(404), 10, 12.5),
        (answering(503, Retry_After="120"), 120, 150),
        (answering(429, Retry_After="3"), 10, 12.5),
        (answering(503, Retry_After="1e9"), 86_400, 108_000),
        (answering(503, Retry_After="Fri, 31 Dec 9999 23:59:59 GMT"), 86_400, 108_000),
        (answering(503, Retry_After="soon"), 10, 12.5),
        (answering(503, Retry_After="-5"), 10, 12.5),
    ],
)
def test_next_try_is_later_when_the_target_refuses(app, settings, answer, low, high):
    with receiving(answer) as receiver:
        put(receiver.url())
        assert send_due(settings) == SendReport(postponed=1)
        assert low <= seconds_until_next_try() <= high + 5
        assert send_due(settings) == SendReport()


def test_pauses_grow(app, settings):
    pauses = []
    with receiving(answering(500)) as receiver:
        put(receiver.url())
        for _ in range(7):
            make_due()
            send_due(settings)
            pauses.append(seconds_until_next_try())
    for pause, expected in zip(pauses, [10, 60, 300, 1800, 7200, 21_600, 21_600], strict=True):
        assert expected <= pause <= expected * 1.25 + 5


def test_delivery_is_given_up_after_all_tries_and_can_be_tried_again(app, settings):
    settings = changed(settings, WEBHOOK_TRIES=2)
    status = 500

    def behave(request, released):
        answering(status)(request, released)

    with receiving(behave) as receiver:
        delivery_id = put(receiver.url())
        with pytest.raises(InputError, match="is pending"):
            retry_delivery(delivery_id)
        assert send_due(settings) == SendReport(postponed=1)
        make_due()
        assert send_due(settings) == SendReport(failed=1)
        make_due()
        assert send_due(settings) == SendReport()
        assert (only_delivery().state, only_delivery().next_try_at) == ("failed", None)
        retry_delivery(delivery_id)
        assert send_due(settings) == SendReport(postponed=1)
        status = 200
        make_due()
        assert send_due(settings) == SendReport(delivered=1)
        with pytest.raises(InputError, match="is delivered"):
            retry_delivery(delivery_id)
    assert [attempt.status for attempt in only_delivery().attempts] == [500, 500, 500, 200]
    assert {request.headers["X-Music-Explore-Delivery"] for request in receiver.requests} == {delivery_id}


def test_delivery_that_does_not_exist_cannot_be_tried_again(app):
    with pytest.raises(NotFoundError):
        retry_delivery("0" * 32)


def test_delivery_is_given_up_at_once_when_the_target_is_gone(app, settings):
    with receiving(answering(410)) as receiver:
        put(receiver.url())
        assert send_due(settings) == SendReport(failed=1)


def test_no_more_are_sent_than_asked_for(app, settings):
    with receiving(answering(200)) as receiver:
        for _ in range(3):
            put(receiver.url())
        assert send_due(settings, 2) == SendReport(delivered=2)


def test_each_is_sent_once_when_several_senders_are_at_work(app, settings):
    allowed = changed(settings, WEBHOOK_ALLOWED_HOSTS=[f"hook{number}.test" for number in range(8)])
    start = threading.Barrier(3)

    def send():
        with app.app_context():
            start.wait()
            send_due(allowed, resolve=here)

    with receiving(answering(200)) as receiver:
        ids = {put(receiver.url(f"hook{number % 8}.test")) for number in range(40)}
        threads = [threading.Thread(target=send) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        send_due(allowed, resolve=here)  # what was left while each target had a sender
    sent = [request.headers["X-Music-Explore-Delivery"] for request in receiver.requests]
    assert sorted(sent) == sorted(ids)
    assert set(db.session.scalars(select(WebhookDelivery.state))) == {"delivered"}


SENDER = """
from app import create_app, current_settings
from app.services.webhooks import send_due
app = create_app()
with app.app_context():
    send_due(current_settings(app))
"""


def test_event_is_sent_again_with_the_same_id_when_a_sender_is_killed_before_it_has_written(app, settings):
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)
    } | {
        f"{ENVIRONMENT_PREFIX}ROOT_DIR": str(settings.ROOT_DIR),
        f"{ENVIRONMENT_PREFIX}WEBHOOK_SECRET": SECRET,
        f"{ENVIRONMENT_PREFIX}WEBHOOK_ALLOWED_HOSTS": "127.0.0.1,hooks.lan",
    }
    killed = threading.Event()

    def behave(request, released):
        hang(request, released) if not killed.is_set() else answering(200)(request, released)

    with receiving(behave) as receiver:
        delivery_id = put(receiver.url())
        with subprocess.Popen([sys.executable, "-c", SENDER], cwd=PROJECT_DIR, env=environment) as sender:
            assert receiver.asked.wait(60)
            sender.kill()
        killed.set()
        assert send_due(settings) == SendReport()  # until the lease has run out
        assert only_delivery().state == "pending"
        make_due(lease_until=datetime.now(UTC) - timedelta(seconds=1))
        assert send_due(settings) == SendReport(delivered=1)
    sent = [request.headers["X-Music-Explore-Delivery"] for request in receiver.requests]
    assert sent == [delivery_id] * 2
    assert len({request.body for request in receiver.requests}) == 1


def test_log_holds_neither_secret_nor_path(app, settings, caplog):
    caplog.set_level("DEBUG")
    with receiving(answering(500)) as receiver:
        put(receiver.url())
        send_due(settings)
        assert f"http://127.0.0.1:{receiver.port}, try 1: pending" in caplog.text
    assert SECRET not in caplog.text
    assert "hush" not in caplog.text


def test_one_event_is_sent_at_once_without_a_row(app, settings):
    with receiving(answering(202)) as receiver:
        sent = send_once(settings, receiver.url(), {"status": "failed", "reason": "no sound"}, "7")
    assert (sent.result.status, sent.result.error, sent.answer) == (202, None, b"ok")
    assert receiver.requests[0].body == b'{"id": "7", "event": {"status": "failed", "reason": "no sound"}}'
    assert db.session.scalar(select(WebhookDelivery.id)) is None
    with pytest.raises(InputError, match="WEBHOOK_SECRET"):
        send_once(changed(settings, WEBHOOK_SECRET=""), receiver.url(), FINISHED, "7")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of hook.test, signed by itself, and its key, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    path = tmp_path_factory.mktemp("certificate") / "hook.pem"
    subject = ["-subj", "/CN=hook.test", "-addext", "subjectAltName=DNS:hook.test", "-days", "2"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path]
    made = subprocess.run(["openssl", "req", "-x509", *subject, *key], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + made.stdout)
    return path


@pytest.fixture
def secure(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with receiving(answering(200), context) as receiver:
        yield receiver


def test_event_arrives_when_the_certificate_is_of_the_host(app, settings, secure, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    put(secure.url("hook.test", "https"))
    assert send_due(settings, resolve=here) == SendReport(delivered=1)
    assert secure.requests[0].headers["Host"] == f"hook.test:{secure.port}"


def test_nothing_is_sent_when_the_certificate_is_of_another_host(
    app, settings, secure, certificate, monkeypatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    put(secure.url("other.test", "https"))
    assert send_due(settings, resolve=here) == SendReport(postponed=1)
    assert "certificate is not valid: Hostname mismatch" in only_delivery().attempts[0].error
    assert secure.requests == []


def test_nothing_is_sent_when_nobody_vouches_for_the_certificate(app, settings, secure):
    put(secure.url("hook.test", "https"))
    assert send_due(settings, resolve=here) == SendReport(postponed=1)
    assert "certificate is not valid" in only_delivery().attempts[0].error
    assert secure.requests == []
