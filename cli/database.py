"""``flask init-db``."""

import click
from flask import current_app

from app import current_settings
from cli.base import command, dry_run_option


@command(
    "init-db",
    examples="""
    flask init-db              create folders and database, or bring them up to date
    flask init-db --dry-run    only say what would be done
    """,
)
@dry_run_option
def init_db(dry_run: bool) -> None:
    """Create the folders and the database, or bring them up to date.

    Safe to run at any time: what is there already stays as it is.
    """
    from app.services import database

    settings = current_settings(current_app)
    folders = database.missing_folders(settings)
    before, after = database.current_revision(), database.latest_revision()
    if not dry_run:
        database.upgrade(settings)
    for folder in folders:
        click.echo(f"{'Would create' if dry_run else 'Created'} the folder {folder}")
    address = database.shown_address()
    if before == after:
        click.echo(f"The database is up to date: {address}")
    elif before is None:
        click.echo(f"{'Would create' if dry_run else 'Created'} the database {address}")
    else:
        verb = "Would bring" if dry_run else "Brought"
        click.echo(f"{verb} the database from revision {before} to {after}: {address}")


COMMANDS = (init_db,)
