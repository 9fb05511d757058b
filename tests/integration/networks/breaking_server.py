"""A web server on this machine that serves a folder and breaks connections."""

import contextlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class BreakingServer:
    """What it serves, how it behaves, and what it was asked.

    Attributes
    ----------
    files : dict
        Content by path.
    lasts : int or None
        Bytes after which a connection breaks.
    breaks : int
        How many more connections break; -1 for all.
    steady : str or None
        A path whose connections do not break.
    knows_ranges : bool
        Whether it can begin in the middle of a file.
    ranges : list
        The header ``Range`` of each request.
    """

    files: dict[str, bytes]
    lasts: int | None = None
    breaks: int = 0
    steady: str | None = None
    knows_ranges: bool = True
    ranges: list[str | None] = field(default_factory=list)
    root: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        self.ranges.append(request.headers.get("Range"))
        content = self.files.get(request.path)
        if content is None:
            request.send_error(404)
            return
        start = self._start(request)
        if start >= len(content) > 0:
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(content)}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if request.path.endswith("/"):
            request.send_header("Content-Type", "text/html")
        request.send_header("Content-Length", str(len(content) - start))
        request.end_headers()
        end = len(content)
        if self.lasts is not None and self.breaks and request.path != self.steady:
            self.breaks -= 1
            end = min(start + self.lasts, end)
        request.wfile.write(content[start:end])

    def _start(self, request: BaseHTTPRequestHandler) -> int:
        match = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        return int(match[1]) if match and self.knows_ranges else 0


@contextlib.contextmanager
def serving(files: dict[str, bytes]) -> Iterator[BreakingServer]:
    """Serve files until the block ends."""
    server = BreakingServer(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server.root = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
