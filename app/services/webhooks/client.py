"""One POST to addresses that are known already, within a time that nothing can stretch.

``http.client`` as it is resolves names by itself, and gives each single wait a time-out, so that a target
that sends a byte now and then keeps it for ever. Here the connection goes to the given addresses while
certificate and ``Host`` are those of the name, and every wait ends at one deadline. It knows no proxies, and
does not follow redirects.
"""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from app.services.webhooks.targets import Address, Target

READ_AT_MOST: Final = 4096
"""Bytes of an answer's body."""


@dataclass(frozen=True)
class Deadline:
    """A moment after which nobody waits any more.

    Attributes
    ----------
    seconds : float
        How long it was away at first.
    ends : float
        By the monotonic clock.
    """

    seconds: float
    ends: float

    @classmethod
    def within(cls, seconds: float) -> Self:
        """Return the one that is so many seconds away."""
        return cls(seconds, time.monotonic() + seconds)

    def left(self) -> float:
        """Return how many seconds there are left.

        Raises
        ------
        TimeoutError
            If there are none.
        """
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True)
class Answer:
    """What a target has answered.

    Attributes
    ----------
    retry_after : str or None
        The header of that name.
    body : bytes
        The beginning, as far as it came in time.
    """

    status: int
    retry_after: str | None
    body: bytes


def post(
    target: Target, addresses: Sequence[Address], body: bytes, headers: Mapping[str, str], deadline: Deadline
) -> Answer:
    """Send a body and return the answer.

    Parameters
    ----------
    addresses : sequence
        Of the target; tried in this order until one takes the connection.

    Raises
    ------
    TimeoutError
        If there is no answer before the deadline.
    OSError, http.client.HTTPException
        If there is none at all, the certificate is not the host's, or it is no HTTP.
    """
    connection = _PinnedConnection(target, addresses, deadline)
    try:
        connection.connect()
        connection.request("POST", target.path, body=body, headers={**headers, "Connection": "close"})
        response = connection.getresponse()
        return Answer(response.status, response.headers.get("Retry-After"), _beginning(response))
    finally:
        connection.close()


def _beginning(response: http.client.HTTPResponse) -> bytes:
    """Read some of the body. The status is all that counts, so a body that breaks off is as good as none."""
    with response:
        try:
            return response.read(READ_AT_MOST)
        except (OSError, http.client.HTTPException):
            return b""


class _PinnedConnection(http.client.HTTPConnection):
    """A connection to addresses that somebody else has found and checked."""

    def __init__(self, target: Target, addresses: Sequence[Address], deadline: Deadline) -> None:
        super().__init__(target.host, target.port)
        self.default_port = http.client.HTTPS_PORT if target.scheme == "https" else http.client.HTTP_PORT
        self._target = target
        self._addresses = addresses
        self._deadline = deadline

    def connect(self) -> None:
        """Connect to the first address that lets us."""
        plain = _connect(self._addresses, self._target.port, self._deadline)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock = _Channel(self._secure(plain), self._deadline)
        except BaseException:
            plain.close()
            raise

    def _secure(self, plain: socket.socket) -> socket.socket:
        if self._target.scheme != "https":
            return plain
        plain.settimeout(self._deadline.left())  # holds for the handshake as a whole
        return ssl.create_default_context().wrap_socket(plain, server_hostname=self._target.host)


def _connect(addresses: Sequence[Address], port: int, deadline: Deadline) -> socket.socket:
    problem: OSError | None = None
    for place, address in enumerate(addresses):
        seconds = deadline.left() / (len(addresses) - place)
        try:
            return socket.create_connection((str(address), port), timeout=seconds)
        except OSError as error:
            problem = error
    raise problem or OSError("there is no address")


class _Channel:
    """A socket whose every wait ends at the deadline, with what ``http.client`` asks of a socket."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send all of it."""
        rest = memoryview(data)
        while rest:
            self._socket.settimeout(self._deadline.left())
            rest = rest[self._socket.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return what is received as a file. The socket stays open until it is closed, too."""
        return io.BufferedReader(_Received(self._socket, self._deadline))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


class _Received(io.RawIOBase):
    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._socket = connected
        self._deadline = deadline
        self._file = connected.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int | None:  # type: ignore[override]
        self._socket.settimeout(self._deadline.left())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()
