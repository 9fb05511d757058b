"""A receiver of webhooks on this machine, which behaves as a test wants."""

import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behave = Callable[[BaseHTTPRequestHandler, threading.Event], None]


@dataclass
class Received:
    """A request as it came."""

    path: str
    headers: Message
    body: bytes


@dataclass
class Receiver:
    """What it was sent, and an event that is set once it is."""

    port: int = 0
    requests: list[Received] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def url(self, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}/hook?key=hush"


def answering(status: int, **headers: str) -> Behave:
    def behave(request: BaseHTTPRequestHandler, _released: threading.Event) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", "2")
        request.end_headers()
        request.wfile.write(b"ok")

    return behave


def hang(_request: BaseHTTPRequestHandler, released: threading.Event) -> None:
    """Never answer."""
    released.wait()


def drip(request: BaseHTTPRequestHandler, released: threading.Event) -> None:
    """Answer for ever, a byte at a time."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not released.is_set():
        request.wfile.write(b"x")
        time.sleep(0.01)


def drip_body(request: BaseHTTPRequestHandler, released: threading.Event) -> None:
    """Answer at once, but never come to the end of it."""
    request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while not released.is_set():
        request.wfile.write(b"x")
        time.sleep(0.01)


@contextlib.contextmanager
def receiving(behave: Behave, context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Receive until the block ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append(Received(self.path, self.headers, body))
            receiver.asked.set()
            with contextlib.suppress(OSError):
                behave(self, receiver.released)

        do_GET = do_CONNECT = do_POST  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as http:
        receiver.port = http.server_port
        if context is not None:
            http.socket = context.wrap_socket(http.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.released.set()
            http.shutdown()
            thread.join()
