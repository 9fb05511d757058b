"""Who may ask: this machine alone unless the settings say otherwise. What a browser may do with answers."""

import re
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

from app.web import context

HOW_TO_ALLOW = (
    "To let everyone who can reach it look and listen, set ALLOW_ANONYMOUS_READ = True; "
    "config-example.py says what that means."
)


def init_app(app: Flask) -> None:
    """Check every request, static files included, and mark every response."""
    hosts = context.provider(app.extensions["settings"]).media_hosts
    policy = "; ".join(
        [
            "default-src 'self'",
            "img-src 'self' data: blob:",
            " ".join(["media-src 'self'", *hosts]),
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )

    def add_headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        # Other sites' pages may not embed what only this machine may see.
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    app.before_request(check_access)
    app.after_request(add_headers)


def check_access() -> None:
    """Refuse requests from other machines, and those for a host name that is not this machine's.

    The second closes a door that the first leaves open: a page of some site whose name has been made to
    lead to 127.0.0.1 would be asked for by the browser on this machine.
    """
    if context.settings().ALLOW_ANONYMOUS_READ:
        return
    if not all(is_loopback(address) for address in _askers()):
        abort(403, f"This library is served to the machine it runs on. {HOW_TO_ALLOW}")
    if not is_local_host(request.host):
        abort(
            403, f"This library is served as localhost or 127.0.0.1, not as {request.host!r}. {HOW_TO_ALLOW}"
        )


def _askers() -> Iterator[str]:
    """Addresses that the request came from: the last one, and what proxies say about those before."""
    if request.remote_addr:  # empty for a Unix socket
        yield request.remote_addr
    for name in ("X-Forwarded-For", "X-Real-IP"):
        for line in request.headers.getlist(name):
            yield from (address.strip() for address in line.split(","))
    for line in request.headers.getlist("Forwarded"):
        yield from re.findall(r'for="?\[?([^]",;\s]+)', line, re.IGNORECASE)


def is_loopback(address: str) -> bool:
    """Tell whether an IP address is this machine's own, ``127.0.0.1`` written as IPv6 among them."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return parsed.is_loopback


def is_local_host(host: str) -> bool:
    """Tell whether a Host header (name or address, with or without port) names this machine."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or name.endswith(".localhost") or is_loopback(name)
