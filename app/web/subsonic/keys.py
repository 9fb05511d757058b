"""Who asks: a program with one of our tokens as its API key, or anyone on this machine.

https://opensubsonic.netlify.app/docs/extensions/apikeyauth/
"""

import hashlib
from datetime import UTC, datetime

from flask import request
from sqlalchemy import or_, select

from app.models import Token, db
from app.web.subsonic.answers import (
    CONFLICTING,
    FORBIDDEN,
    INVALID_KEY,
    NO_PASSWORDS,
    NO_TOKENS,
    SubsonicError,
)

HOW = "Use a token of this server as apiKey ('flask token create' makes one), or ask from its own machine."


def check_key() -> Token | None:
    """Return the token that a request shows; None if it shows none, and need not.

    Raises
    ------
    SubsonicError
        If it shows something else: passwords are not kept here, and neither is what their hashes need.
    """
    shown = [name for name in ("apiKey", "u", "p", "t", "s") if name in request.values]
    if not shown:
        return None
    if "apiKey" in shown:
        if len(shown) > 1:
            raise SubsonicError(CONFLICTING, f"An apiKey comes alone, not with {', '.join(shown[1:])}.")
        return _allowed(find_token(request.values["apiKey"]))
    if "t" in shown or "s" in shown:
        raise SubsonicError(NO_TOKENS, f"Hashed passwords are not supported. {HOW}")
    raise SubsonicError(NO_PASSWORDS, f"User names and passwords are not supported. {HOW}")


def find_token(text: str) -> Token | None:
    """Return the token that a text is; None if it is none, or none any more."""
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    is_current = or_(Token.expires_at.is_(None), Token.expires_at > datetime.now(UTC))
    return db.session.scalar(
        select(Token).where(Token.digest == digest, Token.revoked_at.is_(None), is_current)
    )


def _allowed(token: Token | None) -> Token:
    if token is None:
        raise SubsonicError(INVALID_KEY, "This apiKey is not known, has expired or has been revoked.")
    if "read" not in token.scopes.split():
        raise SubsonicError(FORBIDDEN, f"The token {token.name!r} does not allow reading.")
    return token
