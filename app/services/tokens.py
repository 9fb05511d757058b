"""Making, revoking and using tokens."""

import re
import secrets
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.errors import InputError, NotFoundError
from app.models import Token, db
from app.queries.tokens import PREFIX, SCOPES, Scope, TokenFacts, digest_of, facts_of

RANDOM_BYTES = 32
USE_IS_NOTED_EVERY = timedelta(minutes=1)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@-]{0,63}")


def check_token_name(name: str) -> None:
    """Make sure that a token may be called so.

    Raises
    ------
    InputError
        If the name does not fit into a line of a log, or is taken.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{name!r} is no name of a token: up to 64 letters, digits, spaces and . _ @ -, "
            "a letter or digit first."
        )
    if db.session.scalar(select(Token.id).where(Token.name == name)) is not None:
        raise InputError(
            f"There is a token called {name!r} already, valid or not: 'flask token list' shows all. "
            "Choose another name."
        )


def create_token(
    name: str, scopes: Collection[Scope], lifetime: timedelta | None = None
) -> tuple[str, TokenFacts]:
    """Make a token and return it. This is the only time that it is known.

    Raises
    ------
    InputError
        If the name cannot be used.
    """
    check_token_name(name)
    token = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    now = datetime.now(UTC)
    row = Token(
        name=name,
        digest=digest_of(token),
        scopes=" ".join(scope for scope in SCOPES if scope in scopes),
        created_at=now,
        expires_at=None if lifetime is None else now + lifetime,
    )
    db.session.add(row)
    try:
        db.session.commit()
    except IntegrityError as error:
        db.session.rollback()
        raise InputError(f"A token called {name!r} was made just now. Choose another name.") from error
    return token, facts_of(row)


def find_named(name: str) -> Token:
    """Return a token by its name.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    row = db.session.scalar(select(Token).where(Token.name == name))
    if row is None:
        raise NotFoundError(f"There is no token {name!r}. 'flask token list' shows all.")
    return row


def revoke_token(name: str) -> bool:
    """Let a token open nothing any more; return whether it did until now.

    Raises
    ------
    NotFoundError
        If there is none of that name.
    """
    row = find_named(name)
    was_open = row.revoked_at is None
    if was_open:
        row.revoked_at = datetime.now(UTC)
        db.session.commit()
    return was_open


def note_use(token: TokenFacts) -> None:
    """Keep when a token was used last, to the minute. Not worth a failing request if it cannot be written."""
    now = datetime.now(UTC)
    long_ago = now - USE_IS_NOTED_EVERY
    if token.last_used_at is not None and token.last_used_at > long_ago:
        return
    unnoted = or_(Token.last_used_at.is_(None), Token.last_used_at <= long_ago)
    try:
        db.session.execute(
            update(Token).where(Token.id == token.id, unnoted).values(last_used_at=now),
            execution_options={"synchronize_session": False},
        )
        db.session.commit()
    except DBAPIError:
        db.session.rollback()
