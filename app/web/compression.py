"""Compression of text. Binary columns hardly shrink (4 % of a million positions), files are streamed."""

import gzip
from collections.abc import Callable, Mapping

from backports import zstd
from flask import Flask, Response, request

MIMETYPES = frozenset({"application/json", "text/html"})
MIN_BYTES = 1024

ENCODINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "zstd": lambda body: zstd.compress(body, 3),
    "gzip": lambda body: gzip.compress(body, 5, mtime=0),
}
"""Best first. At these levels both pack about as tight, and zstd is four to five times as fast."""


def init_app(app: Flask) -> None:
    """Compress responses of the application."""
    app.after_request(compress)


def compress(response: Response) -> Response:
    """Compress a response if it is worth it and the client takes it. Its ETag becomes a weak one."""
    if response.mimetype not in MIMETYPES:
        return response
    response.vary.add("Accept-Encoding")
    encoding = accepted_encoding()
    if response.status_code == 200 and encoding is not None and not response.is_streamed:
        body = response.get_data()
        if len(body) >= MIN_BYTES:
            response.set_data(ENCODINGS[encoding](body))
            response.content_encoding = encoding
            etag, is_weak = response.get_etag()
            if etag is not None and not is_weak:  # the same content, but not the same bytes
                response.set_etag(etag, weak=True)
    return response


def accepted_encoding() -> str | None:
    """Return the encoding that the client likes best; None if it likes things as they are better."""
    accepted = request.accept_encodings
    best = max(ENCODINGS, key=accepted.quality)  # the first of those that are liked the same
    liked = accepted.quality(best)
    return best if liked > 0 and liked >= accepted.quality("identity") else None
