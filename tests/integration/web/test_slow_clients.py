"""Clients that send drop by drop do not keep the server from others."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time

import pytest

from app.settings import PROJECT_DIR

THREADS = 2


@pytest.fixture
def server(library):
    """A server that has two threads and little patience; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {name: value for name, value in os.environ.items() if not name.startswith("MUSIC_EXPLORE_")}
    settings = {"ROOT_DIR": str(library.root), "WORKERS": "0", "CLIENT_TIMEOUT_SECONDS": "2"}
    own |= {f"MUSIC_EXPLORE_{name}": value for name, value in settings.items()}
    options = ["--bind", f"127.0.0.1:{port}", "--threads", str(THREADS), "--no-control-socket"]
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", *options, "wsgi:app"],
        cwd=PROJECT_DIR,
        env=own,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.1)
    yield port
    process.terminate()
    process.wait(30)


def status_of(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/health")
    status = connection.getresponse().status
    connection.close()
    return status


HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
BODY = (
    b"POST /api/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
)


@pytest.mark.parametrize("start", [HEAD, BODY], ids=["head", "body"])
def test_others_are_served_when_clients_send_drop_by_drop(server, start):
    slow = [socket.create_connection(("127.0.0.1", server)) for _ in range(2 * THREADS)]
    try:
        for client in slow:
            client.sendall(start)
        ended = 0
        deadline = time.monotonic() + 60
        while ended < len(slow) and time.monotonic() < deadline:
            for client in slow:
                with contextlib.suppress(OSError):
                    client.sendall(b"a")
            time.sleep(0.5)
            ended = sum(has_ended(client) for client in slow)
        assert ended == len(slow)
        assert status_of(server) == 200
    finally:
        for client in slow:
            client.close()


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
    with socket.create_connection(("127.0.0.1", server)) as client:
        client.sendall(head.encode())
        for first in range(0, len(body), 300):
            client.sendall(body[first : first + 300])
            time.sleep(0.3)
        client.settimeout(30)
        assert client.recv(100).startswith(b"HTTP/1.1 422")


def test_others_are_served_when_clients_take_nothing_of_their_answers(server):
    slow = []
    try:
        for _ in range(THREADS):
            client = socket.socket()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server))
            client.sendall(b"GET /vendor/plotly.js HTTP/1.1\r\nHost: localhost\r\n\r\n")
            slow.append(client)
        assert status_of(server) == 200
    finally:
        for client in slow:
            client.close()
