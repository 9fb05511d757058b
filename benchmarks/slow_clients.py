"""What others wait for while clients are slow: drop by drop, idle, at a large file, at event streams.

A synthetic library with a track of 2 GB is served on loopback, in one process with the settings that a user
has. While each attack goes on, a client of good manners asks for a small answer four times a second, each
time over a new connection. Connections that the server closes are opened again at once. Nothing but loopback
is attacked, and nothing for longer than a few seconds.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import PROJECT_DIR, Report, arguments, note

# isort: split
import numpy as np
import psutil
from sqlalchemy import update

from app import create_app
from app.models import Track, db
from tests.snapshot_factory import Spec, build_library, default_settings

BYTES = 2 * 2**30
GIVE_UP_SECONDS = 10.0
HOST = b"Host: localhost\r\n"
HEAD = b"GET /health HTTP/1.1\r\n" + HOST + b"X-Slow: "
BODY = (
    b"POST /api/upload HTTP/1.1\r\n" + HOST + b"Content-Length: 1000000\r\n"
    b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
)
FILE = b"GET /audio/track/1 HTTP/1.1\r\n" + HOST + b"\r\n"
PART = b"GET /audio/track/1 HTTP/1.1\r\n" + HOST + b"Range: bytes=1000000-\r\n\r\n"
EVENTS = b"GET /api/v1/jobs/events HTTP/1.1\r\n" + HOST + b"\r\n"
ATTACKS = {
    "nobody": (0, b"", b"", False),
    "40 heads drop by drop": (40, HEAD, b"a", False),
    "40 bodies drop by drop": (40, BODY, b"a", False),
    "200 idle": (200, b"", b"", False),
    "16 at a file of 2 GB": (16, FILE, b"", True),
    "16 at a part of it": (16, PART, b"", True),
    "60 event streams": (60, EVENTS, b"", True),
}


def main() -> None:
    """Serve a library, attack the server, ask meanwhile."""
    parser = arguments(__doc__)
    parser.add_argument("--port", type=int, help="attack what listens there, made with --library")
    parser.add_argument("--library", type=Path, metavar="DIR", help="keep the library there, or use that one")
    options = parser.parse_args()
    report = Report("Slow clients", options)
    with tempfile.TemporaryDirectory() as folder:
        root = options.library or Path(folder)
        if not (root / "audio").exists():
            _build(root)
        with _serving(root) if options.port is None else contextlib.nullcontext((options.port, 0)) as found:
            port, process = found
            rows = {}
            for name, (count, start, drop, reads) in ATTACKS.items():
                note(name)
                with _attack(port, count, start, drop, reads=reads):
                    rows[name] = _ask(port, 3 if options.quick else 15)
                rows[name]["MB"] = _memory(process)
            report.table("a small answer", rows)
    report.finish()


def _build(root: Path) -> None:
    build_library(root, Spec(tracks=20, segments=200), audio=True)
    with (root / "audio" / "large.wav").open("wb") as file:
        file.truncate(BYTES)
    with create_app(default_settings(root)).app_context():
        db.session.execute(update(Track).where(Track.id == 1).values(path="large.wav"))
        db.session.commit()


@contextmanager
def _serving(root: Path) -> Iterator[tuple[int, int]]:
    """Serve a library as ``make serve`` does; yields port and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}"]
    own = {"MUSIC_EXPLORE_ROOT_DIR": str(root), "MUSIC_EXPLORE_WORKERS": "0"}
    server = subprocess.Popen(
        [*command, "--no-control-socket"],
        cwd=PROJECT_DIR,
        env=os.environ | own,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            if _asked(port) is not None:
                break
            time.sleep(0.1)
        yield port, server.pid
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()


@contextmanager
def _attack(port: int, count: int, start: bytes, drop: bytes, *, reads: bool) -> Iterator[None]:
    """Keep so many slow connections open during the block."""
    over = threading.Event()

    def one() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError), socket.socket() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.connect(("127.0.0.1", port))
                client.sendall(start)
                _linger(client, over, drop, reads=reads)
            over.wait(0.05)

    threads = [threading.Thread(target=one, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    yield
    over.set()
    for thread in threads:
        thread.join()


def _linger(client: socket.socket, over: threading.Event, drop: bytes, *, reads: bool) -> None:
    client.settimeout(0.01)
    while not over.wait(0.5):
        if drop:
            client.send(drop)
        with contextlib.suppress(TimeoutError):
            if not client.recv(1, 0 if reads else socket.MSG_PEEK):
                return  # the server has hung up


def _ask(port: int, seconds: float) -> dict[str, float]:
    times: list[float] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end or not times:
        times.append(_asked(port) or float("inf"))
        time.sleep(0.25)
    good = [value for value in times if value < GIVE_UP_SECONDS]
    return {
        "asked": len(times),
        "unanswered": len(times) - len(good),
        "p50 ms": 1000 * float(np.median(good)) if good else float("nan"),
        "worst ms": 1000 * max(good, default=float("nan")),
    }


def _asked(port: int) -> float | None:
    """Seconds that a small answer takes; None without one."""
    start = time.monotonic()
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port), GIVE_UP_SECONDS) as client,
    ):
        client.sendall(b"GET /health HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n")
        if client.recv(100).startswith(b"HTTP/1.1 200"):
            return time.monotonic() - start
    return None


def _memory(process: int) -> float | None:
    """Resident memory of a process and those that it has started, in MB."""
    if not process:
        return None
    with_children = [psutil.Process(process), *psutil.Process(process).children(recursive=True)]
    return sum(one.memory_info().rss for one in with_children) / 1e6


if __name__ == "__main__":
    main()
