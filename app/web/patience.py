"""How long clients may take: those that send their requests drop by drop must not hold the server's threads.

Gunicorn waits for the head of a request and for its body as long as the connection stands. Here the head must
be there after a while as a whole, and the body must keep coming at a pace that a bad connection keeps. A
thread that waits is woken by closing the connection's way in.
"""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, Final

from flask import Flask
from gunicorn.workers.gthread import ThreadWorker
from werkzeug.exceptions import RequestTimeout

SLOWEST_BYTES_PER_SECOND: Final = 16 * 1024
SENDING: Final = 3
"""How many times as long a client may take nothing of its answer. A player that was paused asks again."""
_LOOK_SECONDS: Final = 0.5

leaving = threading.Event()
"""Set once this process is told to end: whoever waits shall wait no longer."""

_deadlines: dict[socket.socket, float] = {}


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's worker with threads, with an end to its patience."""

    def init_process(self) -> None:
        """Watch over those that are waited for, in a thread of this process."""
        threading.Thread(target=_watch, daemon=True, name="patience").start()
        super().init_process()

    def handle(self, conn: Any) -> Any:
        """Read the head of a request, and answer it."""
        seconds = self.wsgi.extensions["settings"].CLIENT_TIMEOUT_SECONDS
        conn.sock.setsockopt(
            socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(SENDING * seconds), 0)
        )
        with _waiting_for(conn.sock, time.monotonic() + seconds):
            return super().handle(conn)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """End after the requests at hand."""
        leaving.set()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: Any) -> None:
        """End at once."""
        leaving.set()
        super().handle_quit(sig, frame)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer a request whose head has been read."""
        _deadlines.pop(conn.sock, None)
        return super().handle_request(req, conn)


class PatientInput:
    """The body of a request, as long as it keeps coming.

    Parameters
    ----------
    environ : dict
        Of the request; where gunicorn serves, it says which connection is meant.
    seconds : float
        What every body may take, however small it is.
    """

    def __init__(self, environ: dict[str, Any], seconds: float) -> None:
        self._stream: IO[bytes] = environ["wsgi.input"]
        self._socket: socket.socket | None = environ.get("gunicorn.socket")
        self._length = int(environ.get("CONTENT_LENGTH") or 0)
        self._end = time.monotonic() + seconds
        self._size = 0

    def read(self, size: int = -1) -> bytes:
        """Return up to so many bytes.

        Raises
        ------
        RequestTimeout
            If they come too slowly.
        """
        return self._wait(lambda: self._stream.read(size), size)

    def readline(self, size: int = -1) -> bytes:
        """Return what is left of a line."""
        return self._wait(lambda: self._stream.readline(size), size)

    def _wait(self, read: Callable[[], bytes], size: int) -> bytes:
        if self._socket is None:
            return read()
        expected = size if size >= 0 else self._length - self._size
        deadline = self._end + (self._size + expected) / SLOWEST_BYTES_PER_SECOND
        with _waiting_for(self._socket, deadline):
            block = read()
        self._size += len(block)
        if time.monotonic() > deadline:
            raise RequestTimeout("The request came too slowly. Send it again over a better connection.")
        return block


def init_app(app: Flask) -> None:
    """Read the bodies of requests with an end to one's patience."""
    inner = app.wsgi_app
    seconds = app.extensions["settings"].CLIENT_TIMEOUT_SECONDS

    def patient(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["wsgi.input"] = PatientInput(environ, seconds)
        return inner(environ, start_response)

    app.wsgi_app = patient  # type: ignore[method-assign]


@contextlib.contextmanager
def _waiting_for(connection: socket.socket, deadline: float) -> Iterator[None]:
    _deadlines[connection] = deadline
    try:
        yield
    finally:
        _deadlines.pop(connection, None)


def _watch() -> None:
    while True:
        time.sleep(_LOOK_SECONDS)
        now = time.monotonic()
        for connection, deadline in list(_deadlines.items()):
            if now > deadline:
                with contextlib.suppress(OSError):
                    # Of the socket below TLS, so that what is answered still goes out through it.
                    socket.socket.shutdown(connection, socket.SHUT_RD)
