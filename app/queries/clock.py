"""The database's clock: the one that all workers share, whatever their own clocks say."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, scoped_session

from app.models import db

AnySession = Session | scoped_session[Any]


def database_time(session: AnySession) -> datetime:
    """Return the time by the database's clock. An SQLite file is on this machine, and so is its clock."""
    if session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = session.scalars(select(func.clock_timestamp())).one()
    return now


def database_now() -> float:
    """Return it in seconds since 1970, for this thread's session."""
    return database_time(db.session).timestamp()
