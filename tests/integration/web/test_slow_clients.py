"""Slow clients hold no thread that others need, and not even a connection for ever."""

import contextlib
import hashlib
import http.client
import itertools
import os
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import time

import psutil
import pytest
from sqlalchemy import update

from app import create_app
from app.models import Track, db
from app.services.tokens import create_token
from app.settings import PROJECT_DIR

THREADS = 2


PATIENCE = 2


class Server:
    """A server that has two threads and little patience."""

    def __init__(self, library, **settings):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        own = {name: value for name, value in os.environ.items() if not name.startswith("MUSIC_EXPLORE_")}
        settings = {"ROOT_DIR": str(library.root), "WORKERS": "0", **settings}
        own |= {f"MUSIC_EXPLORE_{name}": value for name, value in settings.items()}
        options = ["--bind", f"127.0.0.1:{self.port}", "--threads", str(THREADS), "--no-control-socket"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", *options, "wsgi:app"],
            cwd=PROJECT_DIR,
            env=own,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        pytest.fail("The server does not start.")

    def connect(self, start=b""):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(60)
        client.connect(("127.0.0.1", self.port))
        client.sendall(start)
        return client

    def status(self, path="/health", timeout=60):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        connection.request("GET", path)
        status = connection.getresponse().status
        connection.close()
        return status

    def stop(self):
        self.process.terminate()
        return self.process.wait(60)


@pytest.fixture(scope="module")
def server(library):
    server = Server(library, CLIENT_TIMEOUT_SECONDS=str(PATIENCE))
    yield server
    server.stop()


HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
BODY = (
    b"POST /api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
)


READERS = b"GET /vendor/plotly.js HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("start", "drop"),
    [(HEAD, b"a"), (BODY, b"a"), (b"", b""), (b"\r", b"\n\r")],
    ids=["head", "body", "idle", "empty lines"],
)
def test_others_are_served_and_connections_end_when_clients_send_drop_by_drop(server, start, drop):
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(server.connect(start)) for _ in range(20 * THREADS)]
        assert server.status() == 200
        ended = 0
        deadline = time.monotonic() + 60
        while ended < len(slow) and time.monotonic() < deadline:
            for client in slow:
                with contextlib.suppress(OSError):
                    client.sendall(drop)
            time.sleep(0.5)
            ended = sum(has_ended(client) for client in slow)
        assert ended == len(slow)


def has_ended(client):
    """Whether the server has answered or hung up."""
    client.settimeout(0.01)
    try:
        client.recv(1, socket.MSG_PEEK)
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def test_reason_is_given_when_a_body_came_too_slowly(server):
    with server.connect(BODY) as client:
        assert client.recv(1000).startswith(b"HTTP/1.1 408")


def test_body_is_taken_when_it_comes_in_pieces(server):
    body = (
        b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\n"
        + b"a" * 1000
        + b"\r\n--x--\r\n"
    )
    head = (
        f"POST /api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nConnection: close\r\n\r\n"
    )
    with server.connect(head.encode()) as client:
        for first in range(0, len(body), 300):
            client.sendall(body[first : first + 300])
            time.sleep(0.3)
        assert client.recv(100).startswith(b"HTTP/1.1 422")


def large_body(head=b""):
    return (
        b"POST /api/v1/analyses HTTP/1.1\r\nHost: music.example\r\nContent-Length: 5000000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n" + head + b"\r\n--x\r\n"
    )


@pytest.mark.parametrize("head", [b"", b"Authorization: Bearer mex_guessed\r\n"], ids=["nothing", "a guess"])
def test_large_body_is_refused_at_its_head_when_whoever_sends_it_may_not(server, head):
    with server.connect(large_body(head)) as client:
        assert client.recv(1000).split(b" ")[1] in (b"401", b"403")


@pytest.mark.parametrize("path", ["/sign-in", "/rest/ping", "/nowhere", "/api/v1/jobs"])
def test_large_body_is_refused_at_its_head_when_the_route_takes_none(server, path):
    start = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000000\r\n\r\nabc"
    with server.connect(start.encode()) as client:
        assert client.recv(1000).startswith(b"HTTP/1.1 ")


def test_large_chunked_body_is_refused_when_whoever_sends_it_may_not(server):
    start = (
        large_body().replace(b"Content-Length: 5000000", b"Transfer-Encoding: chunked").partition(b"--x")[0]
    )
    block = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    with server.connect(start) as client, contextlib.suppress(ConnectionError):
        for _ in range(40):
            client.sendall(block)
        assert client.recv(1000).startswith(b"HTTP/1.1 403")


def test_large_body_is_received_when_whoever_sends_it_may(server):
    start = large_body().replace(b"music.example", b"localhost")
    with server.connect(start) as client:
        assert client.recv(1000).startswith(b"HTTP/1.1 408")  # waited for until it was too slow


def test_others_are_served_when_checks_of_large_bodies_wait_for_the_database(own_library):
    with create_app(own_library.settings).app_context():
        token, _ = create_token("sender", ("read", "analyse"))
        db.engine.dispose()
    server = Server(own_library, CLIENT_TIMEOUT_SECONDS=str(PATIENCE))
    try:
        head = f"Authorization: Bearer {token}\r\n".encode()
        with contextlib.closing(sqlite3.connect(own_library.root / "db.sqlite")) as other:
            other.execute("BEGIN IMMEDIATE")  # the use of a token cannot be recorded
            with contextlib.ExitStack() as stack:
                senders = [stack.enter_context(server.connect(large_body(head))) for _ in range(2 * THREADS)]
                time.sleep(2 * PATIENCE)
                assert server.status("/healthz", timeout=15) == 200  # waiting for the database takes 30 s
                for sender in senders:  # unread senders have not been too slow
                    sender.setblocking(False)
                    with pytest.raises(BlockingIOError):
                        sender.recv(1000)
            other.rollback()
    finally:
        server.stop()


def test_a_request_is_answered_once_when_a_large_one_after_it_is_refused(own_library):
    server = Server(own_library)
    body = b'{"name": "Once", "entries": []}'
    first = (
        b"POST /api/v1/playlists HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    try:
        with contextlib.closing(sqlite3.connect(own_library.root / "db.sqlite")) as other:
            other.execute("BEGIN IMMEDIATE")  # the first waits
            with server.connect(first) as client:
                time.sleep(0.5)
                client.sendall(large_body())
                time.sleep(0.5)
                other.rollback()
                answer = b"".join(iter(lambda: client.recv(4096), b""))
            (made,) = other.execute("SELECT count(*) FROM playlist WHERE name = 'Once'").fetchone()
        assert made == 1
        assert answer.startswith(b"HTTP/1.1 201")
        assert b"HTTP/1.1 400" not in answer
    finally:
        server.stop()


def test_connection_stays_open_when_a_response_has_no_body(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", "/api/v1/networks")
    first = connection.getresponse()
    first.read()
    kept = connection.sock
    for _ in range(3):
        connection.request("GET", "/api/v1/networks", headers={"If-None-Match": first.headers["ETag"]})
        answer = connection.getresponse()
        assert (answer.status, answer.read(), answer.headers["Connection"]) == (304, b"", None)
    assert kept is not None
    assert connection.sock is kept
    connection.close()


def test_a_request_gets_its_full_time_when_it_comes_late_on_a_persistent_connection(library):
    patience = 8  # so long that a busy machine does not matter
    body = b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\nabc\r\n--x--\r\n"
    head = (
        f"POST /api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nConnection: close\r\n\r\n"
    )
    server = Server(library, CLIENT_TIMEOUT_SECONDS=str(patience))
    try:
        with server.connect(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n") as client:
            answer = b""
            while not answer.endswith(b"ok\n"):
                answer += client.recv(4096)
            time.sleep(0.6 * patience)
            client.sendall(head.encode())
            time.sleep(0.6 * patience)
            client.sendall(body)
            assert client.recv(100).startswith(b"HTTP/1.1 422")
    finally:
        server.stop()


def test_others_are_served_when_clients_take_nothing_of_their_answers(server):
    with contextlib.ExitStack() as stack:
        for _ in range(4 * THREADS):
            stack.enter_context(server.connect(READERS))
        assert server.status() == 200


def test_second_request_is_not_answered_when_it_comes_before_the_first_answer(server):
    with server.connect(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3) as client:
        answers = b"".join(iter(lambda: client.recv(4096), b""))
    assert answers.count(b"HTTP/1.1 200") == 1
    assert b"Connection: close" in answers


def test_head_is_refused_when_it_is_too_large(server):
    assert server.status("/health?" + "a" * 40_000) == 431


@pytest.fixture
def large(own_library):
    """A track of 2 GB that takes no room on disk; yields its last bytes."""
    end = hashlib.sha256(b"end").digest()
    with (own_library.root / "audio" / "large.wav").open("wb") as file:
        file.seek(2 * 2**30 - len(end))
        file.write(end)
    return end


@pytest.fixture
def large_server(own_library, large):
    with create_app(own_library.settings).app_context():
        db.session.execute(update(Track).where(Track.id == 1).values(path="large.wav"))
        db.session.commit()
    server = Server(own_library, CONNECTIONS_PER_ADDRESS="5", TRUSTED_PROXIES="10.0.0.0/8")
    yield server
    server.stop()


@pytest.mark.parametrize("asked", [b"", b"Range: bytes=1000-\r\n"], ids=["whole", "part"])
def test_file_is_neither_kept_in_memory_nor_holds_a_thread_when_clients_take_it_slowly(large_server, asked):
    start = b"GET /audio/track/1 HTTP/1.1\r\nHost: localhost\r\n" + asked + b"\r\n"
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(large_server.connect(start)) for _ in range(2 * THREADS)]
        for client in slow:
            assert client.recv(12).startswith(b"HTTP/1.1 20")
        assert large_server.status() == 200
        processes = psutil.Process(large_server.process.pid).children(recursive=True)
        assert sum(process.memory_info().rss for process in processes) < 2**30
        assert sum(process.io_counters().write_bytes for process in processes) < 2**24


def test_end_of_a_large_file_arrives_when_it_is_asked_for(large_server, large):
    start = b"GET /audio/track/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nRange: bytes=-32\r\n\r\n"
    with large_server.connect(start) as client:
        answer = b"".join(iter(lambda: client.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 206")
    assert answer.endswith(b"\r\n\r\n" + large)


def test_connection_is_refused_with_a_reason_when_an_address_has_too_many(large_server):
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(large_server.connect())
        time.sleep(0.2)
        with large_server.connect() as client:
            assert client.recv(1000).startswith(b"HTTP/1.1 503")
    for _ in range(100):  # until those that were closed are counted no more
        if large_server.status() == 200:
            return
        time.sleep(0.1)
    pytest.fail("Nobody gets in any more.")


def test_answers_are_finished_when_the_server_is_told_to_end(own_library):
    server = Server(own_library)
    with server.connect(READERS) as client:
        got = client.recv(10)
        server.process.send_signal(signal.SIGTERM)
        blocks = itertools.takewhile(bool, iter(lambda: client.recv(65536), None))
        answer = got + b"".join(blocks)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Length: %d\r\n" % len(body) in head + b"\r\n"
    assert server.process.wait(30) == 0


def test_others_are_served_when_refused_clients_have_gone_at_once(large_server):
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(large_server.connect())
        time.sleep(0.2)
        for _ in range(200):
            with large_server.connect() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
    for _ in range(100):  # until those that were closed are counted no more
        with contextlib.suppress(ConnectionError, http.client.HTTPException):
            if large_server.status() == 200:
                return
        time.sleep(0.1)
    pytest.fail("The server does not listen any more.")
