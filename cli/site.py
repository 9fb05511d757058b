"""``flask export-site``."""

from pathlib import Path

import click
from flask import current_app

from app import current_settings
from cli.base import command, dry_run_option, print_problems
from cli.processing import network_option
from cli.progress import ConsoleReporter

SECONDS = 30.0


@command(
    "export-site",
    examples="""
    flask export-site ~/map                                  everything, without sound
    flask export-site ~/map --audio                          with 30 seconds of each track
    flask export-site ~/map --network mtt-musicnn --projection umap
    """,
)
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@network_option
@click.option("--projection", "projections", multiple=True, help="Only this projection; repeatable.")
@click.option("--audio", is_flag=True, help="Add an excerpt of each track.")
@click.option(
    "--seconds",
    type=click.FloatRange(1, 3600),
    default=SECONDS,
    show_default=True,
    help="Length of the excerpts, from the start.",
)
@dry_run_option
def export_site(
    folder: Path,
    networks: tuple[str, ...],
    projections: tuple[str, ...],
    audio: bool,
    seconds: float,
    dry_run: bool,
) -> None:
    """Write a copy of the page into DIR that opens without a server: for papers, talks and supplements.

    The music itself is not copied, unless --audio adds excerpts: mind whose music it is.
    """
    from app.services import database
    from app.services.site.data import Choice
    from app.services.site.export import export_site as export

    database.check()
    report = export(
        current_settings(current_app),
        ConsoleReporter(),
        folder.expanduser().resolve(),
        Choice(networks, projections),
        audio_seconds=seconds if audio else 0,
        dry_run=dry_run,
    )
    print_problems(report.problems)
    sound = f", {report.excerpts:,} excerpts" if audio else ""
    facts = f"{report.networks} networks, {report.n_bytes / 2**20:.1f} MB of data{sound}"
    if dry_run:
        click.echo(f"Would write {facts}.")
    else:
        click.echo(f"Wrote {facts}. Open {folder / 'index.html'}")


COMMANDS = (export_site,)
