"""Tokens: what is known of them, and who shows one."""

import hashlib
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import select

from app.models import Token, db

Scope = Literal["read", "analyse", "write"]
SCOPES: dict[Scope, str] = {
    "read": "to look, listen, search and export",
    "analyse": "to have audio of one's own analysed",
    "write": "to change what is kept, such as playlists",
}
PREFIX = "mex_"
RANDOM_CHARACTERS = 43  # 32 bytes in URL-safe base64
_FORM = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{{RANDOM_CHARACTERS}}}")


@dataclass(frozen=True)
class TokenFacts:
    """What may be told of a token: everything but itself.

    Attributes
    ----------
    state : str
        Only ``valid`` ones let anybody in.
    """

    id: int
    name: str
    scopes: tuple[str, ...]
    state: Literal["valid", "expired", "revoked"]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        plain = {name: value for name, value in asdict(self).items() if name != "id"}
        return {
            name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
            for name, value in plain.items()
        }


def digest_of(token: str) -> str:
    """Return what is kept of a token: its SHA-256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_token(token: str) -> TokenFacts | None:
    """Return what is known of a token that somebody shows, valid or not; None if there is none like it.

    It is looked up by its hash, so how long that takes says nothing about tokens that exist.
    """
    if not _FORM.fullmatch(token):
        return None
    row = db.session.scalar(select(Token).where(Token.digest == digest_of(token)))
    return None if row is None else facts_of(row)


def list_tokens() -> list[TokenFacts]:
    """Return all tokens, in the order in which they were made."""
    return [facts_of(row) for row in db.session.scalars(select(Token).order_by(Token.id))]


def facts_of(row: Token) -> TokenFacts:
    """Return what may be told of a token."""
    expired = row.expires_at is not None and row.expires_at <= datetime.now(UTC)
    return TokenFacts(
        id=row.id,
        name=row.name,
        scopes=tuple(row.scopes.split()),
        state="revoked" if row.revoked_at else "expired" if expired else "valid",
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
