"""How often may be asked, by token or address. This machine and probes may ask as often as they like.

Requests are counted before it is decided who may have what they ask for, so that who guesses at tokens, or
asks in vain, is counted, too.
"""

import math
import time

from flask import Flask, Response, current_app, g, request
from flask_limiter import ApplicationLimit, Limiter, RateLimitExceeded, RequestLimit
from limits.errors import ConfigurationError
from werkzeug.exceptions import RequestEntityTooLarge, TooManyRequests

from app.errors import SettingsError
from app.queries.tokens import find_token
from app.settings import Settings
from app.web.access import COOKIE, bearer, is_probe, is_this_machine
from app.web.api.operation import operation_of
from app.web.errors import answer_http
from app.web.origins import is_preflight


def init_app(app: Flask) -> None:
    """Count the requests of others, and refuse those that are too many.

    Raises
    ------
    SettingsError
        If the counts cannot be kept where ``RATELIMIT_STORAGE_URI`` says.
    """
    settings: Settings = app.extensions["settings"]
    limiter = Limiter(
        _asker,
        application_limits=[
            ApplicationLimit(settings.RATE_LIMIT, scope="requests"),
            ApplicationLimit(settings.RATE_LIMIT_ANALYSE, scope="analyses", exempt_when=_analyses_nothing),
        ],
        strategy="moving-window",
        storage_uri=settings.RATELIMIT_STORAGE_URI,
        in_memory_fallback_enabled=not settings.RATELIMIT_STORAGE_URI.startswith("memory:"),
        on_breach=_note_when_to_ask_again,
    )
    limiter.request_filter(is_this_machine)
    limiter.request_filter(is_preflight)
    limiter.request_filter(is_probe)
    try:
        limiter.init_app(app)
    except ConfigurationError as error:
        raise SettingsError(f"Wrong settings:\n  RATELIMIT_STORAGE_URI: {error}") from error
    app.register_error_handler(RateLimitExceeded, _answer)


def _asker() -> str:
    """Return who is counted: a valid token, or an address."""
    shown = _shown_token()
    token = None if shown is None else find_token(shown)
    if token is not None and token.state == "valid":
        return f"token {token.id}"
    return f"address {request.remote_addr}"


def _shown_token() -> str | None:
    """Return the token that a request shows, in any of the ways that there are."""
    if request.blueprint == "subsonic":
        try:
            key = request.values.get("apiKey")
        except RequestEntityTooLarge:
            key = request.args.get("apiKey")
        if key is not None:
            return key
    token = bearer()
    return request.cookies.get(COOKIE) if token is None else token


def _analyses_nothing() -> bool:
    operation = operation_of(current_app, request.endpoint or "")
    return operation is None or operation.scope != "analyse"


def _note_when_to_ask_again(limit: RequestLimit) -> None:
    g.retry_after = max(1, math.ceil(limit.reset_at - time.time()))
    g.rate_limit = str(limit.limit)


def _answer(_error: RateLimitExceeded) -> Response:
    message = f"Too many requests: {g.rate_limit} are allowed. Ask again in {g.retry_after} seconds."
    return answer_http(TooManyRequests(message, retry_after=g.retry_after))
