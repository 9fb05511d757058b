"""Runs the migrations on the database of the application; Alembic loads this file."""  # noqa: INP001

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from app.models import db
from app.models.base import PathText


def render_item(kind: str, item: Any, _autogen_context: Any) -> str | Literal[False]:
    """Write our own column types as what the database sees, so that migrations import nothing of ours."""
    if kind == "type" and isinstance(item, PathText):
        return "sa.Text()"
    return False


def run_migrations(connection: Connection) -> None:
    """Run everything in one transaction: a run that is killed leaves the database as it was."""
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        # Altering a table there means copying and dropping it, which would cascade to its children.
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.commit()
    with connection.begin():
        if is_sqlite:
            # The driver itself begins a transaction only before INSERT, UPDATE and DELETE.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            render_item=render_item,
            compare_type=True,
        )
        context.run_migrations()
    if is_sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.commit()


with db.engine.connect() as connection:
    run_migrations(connection)
