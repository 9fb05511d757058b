"""Pages of other sites: what they may send here, and read. Nothing, unless ``CORS_ORIGINS`` names them.

A browser lets any page send requests to any server, but says where the page came from [1]_ [2]_. Programs
that are no browsers say nothing of that kind, and are told apart by that.

References
----------
.. [1] The Origin header: https://fetch.spec.whatwg.org/#origin-header
.. [2] Fetch Metadata: https://www.w3.org/TR/fetch-metadata/
"""

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

from app.web import context

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE"
REQUEST_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Range, X-Request-ID"
RESPONSE_HEADERS = "ETag, Content-Disposition, Content-Range, Location, Retry-After, X-Request-ID"
PREFLIGHT_SECONDS = 600


def init_app(app: Flask) -> None:
    """Answer the questions of browsers, and mark responses."""
    app.before_request(answer_preflight)
    app.before_request(refuse_cross_site)
    app.after_request(add_headers)


def answer_preflight() -> Response | None:
    """Tell a browser what pages of an origin may send, before it sends it: such questions carry no token."""
    if not is_preflight() or _allowed_origin() is None:
        return None
    response = Response(status=204)
    response.headers["Access-Control-Allow-Methods"] = METHODS
    response.headers["Access-Control-Allow-Headers"] = REQUEST_HEADERS
    response.headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return response


def is_preflight() -> bool:
    """Tell whether a browser asks what it may send."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def refuse_cross_site() -> None:
    """Refuse requests that may change something if a page of another site sends them."""
    if request.method in SAFE_METHODS or _allowed_origin() is not None:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    ours = site in ("same-origin", "none") if site is not None else origin is None or _is_here(origin)
    if not ours:
        abort(
            403,
            "Pages of other sites may not send this. To let those of some site, name it in CORS_ORIGINS.",
        )


def add_headers(response: Response) -> Response:
    """Let pages of allowed origins read answers."""
    if not context.settings().CORS_ORIGINS:
        return response
    response.vary.add("Origin")
    origin = _allowed_origin()
    if origin is not None:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = RESPONSE_HEADERS
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _allowed_origin() -> str | None:
    """Return where the page that asks came from, if the settings name it."""
    origin = request.headers.get("Origin")
    return origin if origin in context.settings().CORS_ORIGINS else None


def _is_here(origin: str) -> bool:
    try:
        return urlsplit(origin).netloc == request.host
    except ValueError:
        return False
