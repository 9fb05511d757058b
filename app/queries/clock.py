"""The database's clock: the one that all workers share, whatever their own clocks say."""

import time

from sqlalchemy import Double, cast, extract, func, select

from app.models import db


def database_now() -> float:
    """Return the time in seconds since 1970 as the database sees it; an SQLite file has this machine's."""
    if db.engine.dialect.name == "sqlite":
        return time.time()
    return float(db.session.scalars(select(cast(extract("epoch", func.clock_timestamp()), Double))).one())
