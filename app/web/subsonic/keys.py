"""Who asks: a program with one of our tokens as its API key, or whoever may ask without.

https://opensubsonic.netlify.app/docs/extensions/apikeyauth/
"""

from flask import request
from werkzeug.exceptions import Forbidden, Unauthorized

from app.queries.tokens import TokenFacts
from app.web.access import bearer, granted, shown_token
from app.web.subsonic.answers import (
    CONFLICTING,
    FORBIDDEN,
    INVALID_KEY,
    NO_PASSWORDS,
    NO_TOKENS,
    SubsonicError,
)

HOW = "Use a token of this server as apiKey ('flask token create' makes one), or ask from its own machine."


def check_key() -> TokenFacts | None:
    """Return the token that a request shows; None if it shows none, and need not.

    Raises
    ------
    SubsonicError
        If whoever asks may not, or shows something else: passwords are not kept here, and neither is what
        their hashes need.
    """
    key = _read_key()
    try:
        scopes = granted(key)
    except Unauthorized as error:
        raise SubsonicError(INVALID_KEY, f"This apiKey cannot be used. {error.description}") from error
    except Forbidden as error:
        raise SubsonicError(FORBIDDEN, str(error.description)) from error
    if "read" not in scopes:
        raise SubsonicError(FORBIDDEN, "The token does not allow reading.")
    return shown_token()


def _read_key() -> str | None:
    shown = [name for name in ("apiKey", "u", "p", "t", "s") if name in request.values]
    if "apiKey" in shown and len(shown) > 1:
        raise SubsonicError(CONFLICTING, f"An apiKey comes alone, not with {', '.join(shown[1:])}.")
    if "t" in shown or "s" in shown:
        raise SubsonicError(NO_TOKENS, f"Hashed passwords are not supported. {HOW}")
    if "u" in shown or "p" in shown:
        raise SubsonicError(NO_PASSWORDS, f"User names and passwords are not supported. {HOW}")
    return request.values.get("apiKey", bearer())
