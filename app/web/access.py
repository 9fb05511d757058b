"""Who may ask: this machine, those who show a token, and everyone if the settings say so.

================== =========================================== ================================
asks               without a token                             with a token
================== =========================================== ================================
this machine       everything                                  what the token's scopes allow
another machine    nothing; ``read`` if ALLOW_ANONYMOUS_READ   what the token's scopes allow
================== =========================================== ================================

A token comes in the header ``Authorization: Bearer``, or, from browsers that have signed in, as a cookie.
"""

from collections.abc import Collection
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request
from sqlalchemy.exc import DBAPIError
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import HTTPException

from app.errors import MusicExploreError
from app.queries.tokens import SCOPES, Scope, TokenFacts, find_token
from app.services.tokens import note_use
from app.web import context
from app.web.api.operation import MAX_BODY, operation_of
from app.web.assets import plain_name
from app.web.origins import SAFE_METHODS
from app.web.proxies import askers, hosts, look_behind

COOKIE = "mex_token"
# Signing in, and what tells those that watch over the server whether it lives.
PROBES = frozenset({"pages.alive", "pages.ready"})
OPEN_ENDPOINTS = frozenset({"sign_in.form", "sign_in.enter", "sign_in.leave"}) | PROBES
OWN_REFUSALS = frozenset({"subsonic"})
"""Blueprints that ask :func:`granted` themselves, as they refuse in a shape of their own."""
OPEN_FILES = frozenset({"css/base.css", "css/error.css", "css/sign-in.css", "favicon.svg"})

HOW_TO_SIGN_IN = (
    "Make a token on that machine, 'flask token create NAME', and send it as 'Authorization: Bearer ...', "
    "or sign in with it at /sign-in."
)
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
        if shown_token() is not None and response.cache_control.public:  # not for others behind a proxy
            response.cache_control.public = False
            response.cache_control.private = True
        return response

    app.before_request(check_access)
    app.after_request(add_headers)


def check_access() -> None:
    """Refuse the request unless whoever asks may have it."""
    if request.endpoint in OPEN_ENDPOINTS or _is_open_file() or request.blueprint in OWN_REFUSALS:
        return
    operation = operation_of(current_app, request.endpoint or "")
    if operation is not None:
        scope = operation.scope
    else:
        scope = "read" if request.method in SAFE_METHODS or request.endpoint is None else "write"
    if scope not in granted(bearer(), anonymous=operation is None or operation.anonymous):
        abort(
            403,
            f"This needs a token with the scope {scope!r}, which allows {SCOPES[scope]}. See 'flask token'.",
        )


def may_send_much(app: Flask, environ: dict[str, Any]) -> bool:
    """Tell whether a body that is not small is worth receiving: before any of it is kept on disk."""
    look_behind(app, environ)
    with app.request_context(environ):
        operation = operation_of(app, request.endpoint or "")
        if operation is None or not (operation.upload or operation.max_body > MAX_BODY):
            return False
        try:
            check_access()
        except (HTTPException, MusicExploreError, DBAPIError):  # the application says so itself
            return False
    return True


def shown_token() -> TokenFacts | None:
    """Return the token that lets the current request in; None if it needs none."""
    found: TokenFacts | None = g.get("token")
    return found


def _is_open_file() -> bool:
    return request.endpoint == "static" and plain_name((request.view_args or {})["filename"]) in OPEN_FILES


def bearer() -> str | None:
    """Return the token in the header of the current request; None without."""
    shown = request.authorization
    return shown.token or "" if shown is not None and shown.type == "bearer" else None


def granted(token: str | None, *, anonymous: bool = True) -> Collection[Scope | str]:
    """Return what whoever asks may do, with the token that is shown, or without; refuse a bad token."""
    if token is not None:
        return _use(token)
    if is_this_machine():
        return SCOPES
    open_to_all = anonymous and context.settings().ALLOW_ANONYMOUS_READ
    cookie = request.cookies.get(COOKIE)
    if cookie is not None and (not open_to_all or is_valid(cookie)):
        return _use(cookie)
    if not open_to_all:
        _refuse()
    return ("read",)


def is_this_machine() -> bool:
    """Tell whether the request comes from this machine, under its own name, and that counts."""
    return (
        context.settings().TRUST_THIS_MACHINE
        and all(is_loopback(address) for address in askers())
        and all(map(is_local_host, hosts()))
    )


def is_probe() -> bool:
    """Tell whether something that watches over the server asks whether it lives."""
    return request.endpoint in PROBES


def is_valid(token: str) -> bool:
    """Tell whether a token lets anybody in."""
    found = find_token(token)
    return found is not None and found.state == "valid"


def _use(token: str) -> tuple[str, ...]:
    """Return the scopes of a token; refuse one that is not valid."""
    found = find_token(token)
    if found is None or found.state != "valid":
        reason = "not known" if found is None else found.state
        challenge = WWWAuthenticate("bearer", {"realm": "Music Explore", "error": "invalid_token"})
        abort(401, f"The token is {reason}. {HOW_TO_SIGN_IN}", www_authenticate=challenge)
    g.token = found
    note_use(found)
    return found.scopes


def _refuse() -> None:
    """Say who is served.

    The check of the host closes a door that the one of the address leaves open: a page of some site whose
    name has been made to lead to 127.0.0.1 would be asked for by the browser on this machine.
    """
    if all(is_loopback(address) for address in askers()) and not all(map(is_local_host, hosts())):
        abort(
            403,
            f"This library is served as localhost or 127.0.0.1, not as {request.host!r}, without a token. "
            f"{HOW_TO_SIGN_IN} {HOW_TO_ALLOW}",
        )
    abort(
        403,
        f"This library is served to the machine it runs on, and to others that show a token. "
        f"{HOW_TO_SIGN_IN} {HOW_TO_ALLOW}",
    )


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
