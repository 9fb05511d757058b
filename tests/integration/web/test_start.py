"""``flask start``, as a container runs it: from empty folders to a page that one can sign in to."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.errors import InputError
from app.settings import PROJECT_DIR
from cli.start import check_address


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def environment(tmp_path: Path, models_dir: Path) -> dict[str, str]:
    return os.environ | {
        "MUSIC_EXPLORE_ROOT_DIR": str(tmp_path / "data"),
        "MUSIC_EXPLORE_AUDIO_DIR": str(tmp_path / "music"),
        "MUSIC_EXPLORE_MODELS_DIR": str(models_dir),
        "MUSIC_EXPLORE_TRUST_THIS_MACHINE": "false",
        "MUSIC_EXPLORE_WORKERS": "0",
    }


def start(environment: dict[str, str], log: Path, port: int) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        server = subprocess.Popen(
            [sys.executable, "-m", "flask", "start", "--host", "0.0.0.0", "--port", str(port)],
            cwd=PROJECT_DIR, env=environment, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError):
            status(port)
            return server
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def status(port: int, token: str = "") -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        connection.request("GET", "/api/v1/playlists", headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def stop(server: subprocess.Popen[bytes]) -> None:
    server.send_signal(signal.SIGTERM)
    server.wait(30)


def test_the_printed_token_opens_the_page_when_it_starts_for_the_first_time(environment, tmp_path) -> None:
    port = free_port()
    server = start(environment, tmp_path / "log", port)
    try:
        (token,) = re.findall(r"^    (\S+)$", (tmp_path / "log").read_text(), re.MULTILINE)
        assert status(port) == 403
        assert status(port, token) == 200
    finally:
        stop(server)
    again = start(environment, tmp_path / "second log", port)
    stop(again)
    assert token not in (tmp_path / "second log").read_text()
    assert "Sign in" not in (tmp_path / "second log").read_text()


ADDRESSES = Path("/proc/net/if_inet6")
needs_ipv6 = pytest.mark.skipif(
    not (ADDRESSES.exists() and f"{1:032x}" in ADDRESSES.read_text()), reason="this machine has no IPv6"
)


@pytest.mark.parametrize(
    ("host", "port", "says"),
    [
        (
            "127.0.0.1",
            None,
            r"127\.0\.0\.1:\d+: Address already in use\. Choose another port: make ",
        ),
        pytest.param(
            "::1", None, r"\[::1\]:\d+: Address already in use\. Choose another port", marks=needs_ipv6
        ),
        ("192.0.2.7", 5000, r"192\.0\.2\.7:5000: .*\. Choose an address of this machine with --host\."),
        ("ä..b", 5000, "'ä..b' is not a valid host name or address"),
        ("nowhere.invalid", 5000, r"nowhere\.invalid:5000: .*\. Choose an address of this machine"),
    ],
)
def test_the_reason_is_given_when_the_page_cannot_be_served(host: str, port: int | None, says: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as taken:
        if port is None:
            taken.bind((host, 0))
            taken.listen()
        with pytest.raises(InputError, match=says):
            check_address(host, port or taken.getsockname()[1])


@needs_ipv6
def test_a_free_address_is_accepted_when_it_is_ipv6() -> None:
    with socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        port = probe.getsockname()[1]
    check_address("::1", port)
