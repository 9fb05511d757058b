"""What serves the application under gunicorn: waitress, in gunicorn's processes.

Waitress receives whole requests and sends answers in one thread per process, whatever pace clients keep, so
that its other threads only ever compute. Gunicorn starts, watches over and ends the processes. What is added
here are limits: to how long a client may take, and to how many connections an address may have.
"""

import contextlib
import logging
import os
import socket
import sys
import time
from collections import Counter
from typing import Any, Final

from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker
from waitress import create_server, wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask
from waitress.utilities import Error

from app.settings import Settings
from app.web import holding
from app.web.access import may_send_much
from app.web.api.analyses import largest_upload
from app.web.api.operation import MAX_BODY
from app.web.proxies import Proxies

LARGEST_HEAD: Final = 32 * 1024
SLOWEST_BYTES_PER_SECOND: Final = 16 * 1024
SENDING: Final = 3
"""How many times as long a client may take nothing of its answer. A player that was paused asks again."""
_LOOK_SECONDS: Final = 1.0
_TURN_BYTES: Final = 2**20
_FOREVER: Final = 10**9

_TOO_MANY: Final = b"Too many connections from this address. Close some, or raise CONNECTIONS_PER_ADDRESS.\n"
_REFUSAL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 5\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(_TOO_MANY), _TOO_MANY)
)


class TooSlowError(Error):  # type: ignore[misc]  # waitress has no types
    """The answer to a request that does not come to its end."""

    code = 408
    reason = "Request Timeout"


class Limits:
    """How many connections each address has. Used by the thread that opens and closes them."""

    def __init__(self, settings: Settings) -> None:
        self._most = settings.CONNECTIONS_PER_ADDRESS
        self._exempt = Proxies(settings.TRUSTED_PROXIES)
        self._counts: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Count a connection; tell whether its address may have it."""
        self._counts[address] += 1
        return not self._most or self._counts[address] <= self._most or address in self._exempt

    def leave(self, address: str) -> None:
        """Count a connection no more."""
        self._counts[address] -= 1
        if not self._counts[address]:
            del self._counts[address]


class Answering(WSGITask):  # type: ignore[misc]
    """A response. After one without a body, such as 304, waitress would close the connection."""

    def set_close_on_finish(self) -> None:
        """Close the connection after the response if that marks its end, or if it was requested."""
        if self.has_body or self.version == "1.0" or self._is_closing:
            super().set_close_on_finish()

    @property
    def _is_closing(self) -> bool:
        wanted: str = self.request.headers.get("CONNECTION", "")
        return wanted.lower() == "close"


class Admission:
    """A check of whether a large body may be sent, in a thread that may wait for the database."""

    def __init__(self, channel: "Channel", request: Any) -> None:
        self._channel = channel
        self._request = request

    def service(self) -> None:
        """Check, and report the result to the channel."""
        environ = WSGITask(self._channel, self._request).get_environment()
        may = False
        try:
            may = may_send_much(self._channel.server.application, environ)
        finally:  # back in the receiving thread
            self._channel.server.trigger.pull_trigger(lambda: self._channel.admit(self._request, may=may))

    def cancel(self) -> None:
        """Skip the check, as the server is shutting down."""


class Channel(HTTPChannel):  # type: ignore[misc]
    """One connection."""

    task_class = Answering
    request: Any
    """The request that is arriving; None between requests."""
    _questioned: Any = None
    _is_held: bool = False
    _has_begun: bool = False

    def __init__(self, server: Any, sock: socket.socket, addr: Any, *others: Any, **named: Any) -> None:
        self._address: str | None = str(addr[0])
        self._waiting_since: float | None = None
        self._sent = 0
        super().__init__(server, sock, addr, *others, **named)
        if not server.limits.enter(self._address):
            with contextlib.suppress(OSError):  # it may have gone; raised here, that would end the listening
                sock.send(_REFUSAL)
            self.will_close = True

    def received(self, data: bytes) -> bool:
        """Take in what has come. What comes behind a request before its answer has to be sent again."""
        before = self.request
        taken: bool = super().received(data)
        if self.request is not before and not self._has_begun:  # once, as empty lines begin requests, too
            self._has_begun, self._waiting_since = True, None
        with self.requests_lock:
            if len(self.requests) > 1:
                self.requests[0].headers["CONNECTION"] = "close"
        if self.request is not None and self.request is not self._questioned and self._is_large:
            self._questioned, self._is_held = self.request, True
            self.server.doorkeeper.add_task(Admission(self, self.request))
        return taken

    @property
    def _is_large(self) -> bool:
        size: int = max(self.request.content_length, self.request.body_bytes_received)
        return size > MAX_BODY

    def readable(self) -> bool:
        """Return whether to receive more: nothing of a large body until it has been checked."""
        may: bool = super().readable()
        return may and not self._is_held

    def admit(self, request: Any, *, may: bool) -> None:
        """Continue receiving a large body, or let the application refuse it at once, without the rest."""
        self._is_held = False
        if not may and request is self.request:
            request.close()
            request.body_rcv = None
            request.headers["CONNECTION"] = "close"
            self._answer()

    def handle_write(self) -> None:
        """Send some of the answer, and then let others have their turn."""
        self._sent = 0
        super().handle_write()

    def write_soon(self, data: Any) -> int:
        """Take in some of the answer."""
        self._sent = 0
        self._has_begun, self._waiting_since = False, None
        taken: int = super().write_soon(data)
        return taken

    def send(self, data: bytes, *others: Any, **named: Any) -> int:
        """Send what the client takes; nothing once it is the turn of others."""
        if self._sent >= _TURN_BYTES:
            return 0
        sent: int = super().send(data, *others, **named)
        self._sent += sent
        return sent

    def look(self, now: float, patience: float) -> None:
        """Close the connection if nothing comes, or nothing is taken, for too long."""
        if self.is_answering or self._is_held:
            self._waiting_since = None
            if self.total_outbufs_len and time.time() - self.last_activity > SENDING * patience:
                self.will_close = True
            return
        if self._waiting_since is None:
            self._waiting_since = now
        came = 0 if self.request is None else self.request.body_bytes_received
        if now - self._waiting_since > patience + came / SLOWEST_BYTES_PER_SECOND:
            self._give_up()

    @property
    def is_answering(self) -> bool:
        """Whether a request is at work, or some of its answer is still to be sent."""
        return bool(self.requests or self.total_outbufs_len)

    @property
    def is_busy(self) -> bool:
        """Whether something has been asked, or is being asked."""
        return self.is_answering or self.request is not None

    def del_channel(self, *others: Any, **named: Any) -> None:
        """Forget the connection."""
        super().del_channel(*others, **named)
        if self._address is not None:
            self.server.limits.leave(self._address)
            self._address = None

    def _give_up(self) -> None:
        """Say that the request takes too long; nothing to those that have begun none."""
        if self.request is None:
            self.will_close = True
            return
        self.request.error = TooSlowError(
            "The request arrived too slowly. Send it again over a faster connection."
        )
        self._answer()

    def _answer(self) -> None:
        """Answer a request whose remainder will not be received, after any earlier requests."""
        with self.requests_lock:
            self.requests.append(self.request)
            self.request = None
            if len(self.requests) == 1:
                self.server.add_task(self)


class ServingWorker(Worker):  # type: ignore[misc]  # gunicorn has no types
    """A process of gunicorn's in which waitress serves."""

    _looked = 0.0

    def __init__(self, *others: Any) -> None:
        super().__init__(*others)
        self._map: dict[int, Any] = {}

    def run(self) -> None:
        """Serve until told to end, then answer what has been asked."""
        settings: Settings = self.wsgi.extensions["settings"]
        self._patience = settings.CLIENT_TIMEOUT_SECONDS
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.set_thread_count(self.cfg.threads)
        self._doorkeeper = ThreadedTaskDispatcher()  # one thread, so that checks never occupy the others
        self._doorkeeper.set_thread_count(1)
        for listener in self.sockets:  # one by one, as each may be of the network or a Unix socket
            create_server(
                self.wsgi,
                map=self._map,
                _dispatcher=self._dispatcher,
                sockets=[listener.sock],
                **self._adjustments(settings),
            )
        limits = Limits(settings)
        for server in self._servers():
            server.channel_class = Channel
            server.limits = limits
            server.doorkeeper = self._doorkeeper
        while self.alive:
            self._turn()
        self._end()

    def init_process(self) -> None:
        """Refuse what is not served here, before anything is loaded."""
        if self.cfg.is_ssl:
            self.log.error("TLS is left to a proxy: see docs/deploy.md. Remove --certfile and --keyfile.")
            sys.exit(Arbiter.APP_LOAD_ERROR)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # requests that wait for a moment
        super().init_process()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """End after the requests at hand."""
        super().handle_exit(sig, frame)
        holding.leaving.set()
        for server in self._servers():
            server.pull_trigger()

    def handle_quit(self, sig: int, frame: Any) -> None:
        """End at once."""
        holding.leaving.set()
        super().handle_quit(sig, frame)

    def _adjustments(self, settings: Settings) -> dict[str, Any]:
        return {
            "asyncore_use_poll": True,
            "channel_timeout": _FOREVER,  # see Channel.look
            "clear_untrusted_proxy_headers": False,  # see app/web/proxies.py
            "connection_limit": self.cfg.worker_connections,
            "ident": None,
            "log_socket_errors": False,
            "max_request_body_size": largest_upload(settings) + 1,
            "max_request_header_size": LARGEST_HEAD,
            "url_prefix": os.environ.get("SCRIPT_NAME", ""),
        }

    def _servers(self) -> list[BaseWSGIServer]:
        return [one for one in self._map.values() if isinstance(one, BaseWSGIServer)]

    def _channels(self) -> list[Channel]:
        return [one for one in self._map.values() if isinstance(one, Channel)]

    def _turn(self) -> None:
        """Receive and send for a while, and tell gunicorn that this process lives."""
        self.notify()
        if self.ppid != os.getppid():
            self.log.info("Parent changed, shutting down: %s", self)
            self.alive = False
        wasyncore.loop(timeout=_LOOK_SECONDS, use_poll=True, map=self._map, count=1)
        now = time.monotonic()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            for channel in self._channels():
                channel.look(now, self._patience)

    def _end(self) -> None:
        """Take no more connections, answer the requests at hand, and end."""
        for server in self._servers():
            server.accepting = False
        deadline = time.monotonic() + self.cfg.graceful_timeout
        while time.monotonic() < deadline and any(channel.is_busy for channel in self._channels()):
            self._turn()
        self._dispatcher.shutdown(timeout=0)
        self._doorkeeper.shutdown(timeout=0)
