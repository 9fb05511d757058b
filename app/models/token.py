"""Tokens: what programs on other machines show to be let in."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, UtcDateTime, now


class Token(Base):
    """A token. Only its hash is kept: who has lost the token needs a new one.

    Attributes
    ----------
    name : str
        Who or what uses it.
    digest : str
        SHA-256 of the token, hexadecimal. Tokens are long and random, so no salt is needed.
    scopes : str
        What it allows, with spaces between: ``read``, ``analyse``, ``write``.
    last_used_at : datetime or None
        To the minute.
    """

    __tablename__ = "token"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
