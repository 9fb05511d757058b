"""``flask playlists`` and ``flask export-playlist``."""

import json
from pathlib import Path

import click
from flask import current_app

from app import current_settings
from cli.base import command, dry_run_option


@command(
    "playlists",
    examples="""
    flask playlists             numbers, names and lengths
    flask playlists --json      for programs
    """,
)
@click.option("--json", "as_json", is_flag=True, help="Everything that is known of them, as JSON.")
def playlists(as_json: bool) -> None:
    """List the playlists."""
    from app.queries.playlists import all_playlists
    from app.services import database

    database.check()
    found = all_playlists()
    if as_json:
        click.echo(json.dumps([one.to_json() for one in found], indent=2, ensure_ascii=False))
        return
    if not found:
        click.echo("There are none yet. Make them on the page, or by the API.")
    for one in found:
        click.echo(f"{one.id:>6}  {one.length:>6,} entries  {one.name}")


@command(
    "export-playlist",
    examples="""
    flask export-playlist 3 ~/calm.m3u8             for a player on this machine
    flask export-playlist 3 calm.xspf --windows     for one on a machine with Windows
    """,
)
@click.argument("playlist", type=click.IntRange(min=1), metavar="NUMBER")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option(
    "--windows/--no-windows",
    default=None,
    help="Paths in the Windows manner, or not; else as the settings say.",
)
@dry_run_option
def export_playlist(playlist: int, file: Path, windows: bool | None, dry_run: bool) -> None:
    """Write a playlist with the paths of its files into FILE, which ends with .m3u8, .xspf or .csv.

    'flask playlists' shows the numbers.
    """
    from app.services import database
    from app.services.playlist_file import write_playlist

    database.check()
    path = file.expanduser()
    written = write_playlist(
        current_settings(current_app), playlist, path, windows_paths=windows, dry_run=dry_run
    )
    facts = f"{written.length:,} entries of {written.name!r}"
    click.echo(f"Would write {facts} to {path}." if dry_run else f"Wrote {facts} to {path}.")


COMMANDS = (playlists, export_playlist)
