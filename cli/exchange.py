"""``flask export``, ``import-embeddings``, ``forget-embeddings``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app

from app import current_settings
from cli.base import command, dry_run_option, print_problems
from cli.progress import ConsoleReporter, reporter_for

if TYPE_CHECKING:
    from app.queries.exports import VectorFormat
    from app.store.snapshots import Level


@command(
    "export",
    examples="""
    flask export mtt-musicnn embeddings segments.npy
    flask export mtt-musicnn taggrams tags.parquet --level tracks
    flask export mtt-musicnn embeddings segments.npy --dry-run    only say how large it would be
    """,
)
@click.argument("network")
@click.argument("layer")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option(
    "--level",
    type=click.Choice(["tracks", "segments"]),
    default="segments",
    show_default=True,
    help="What a row stands for.",
)
@click.option(
    "--format", "form", type=click.Choice(["npy", "parquet"]), help="Default: as the end of FILE says."
)
@dry_run_option
def export(
    network: str, layer: str, path: Path, level: "Level", form: "VectorFormat | None", dry_run: bool
) -> None:
    """Write all vectors of LAYER of NETWORK in the published map to FILE.npy or FILE.parquet.

    With each come the id of its track, the number of its segment and where that starts, in seconds.
    """
    from app.services import database
    from app.services.export import export_space
    from app.store.snapshots import Space

    database.check()
    settings = current_settings(current_app)
    path = path.expanduser()
    n_rows, n_bytes = export_space(
        settings, ConsoleReporter(), Space(network, layer, level), path, form=form, dry_run=dry_run
    )
    verb = "Would write" if dry_run else "Wrote"
    click.echo(f"{verb} {n_rows:,} {level} ({n_bytes / 2**20:.1f} MB) to {path}.")


FILE = click.Path(dir_okay=False, path_type=Path)


@command(
    "import-embeddings",
    examples="""
    flask import-embeddings openl3 vectors.npy --ids paths.txt              one row for each track
    flask import-embeddings openl3 vectors.npy --ids rows.csv --segment-seconds 0.5
    flask import-embeddings openl3 vectors.parquet --segment-seconds 0.5
    flask import-embeddings moods activations.npy --ids paths.txt --tags moods.txt
    flask import-embeddings openl3 vectors.npy --ids paths.txt --dry-run    only check it
    """,
)
@click.argument("name")
@click.argument("path", type=FILE, metavar="FILE")
@click.option("--ids", type=FILE, help="A line for each row of an .npy matrix: track id or path[,start].")
@click.option(
    "--segment-seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="From the start of one segment to the start of the next, where tracks have several rows.",
)
@click.option("--tags", type=FILE, help="A tag per line, if the values are activations, 0 to 1.")
@click.option("--replace", is_flag=True, help="Take the place of the set of that name.")
@dry_run_option
def import_embeddings(
    name: str,
    path: Path,
    ids: Path | None,
    segment_seconds: float | None,
    tags: Path | None,
    replace: bool,
    dry_run: bool,
) -> None:
    """Take in vectors that another program computed, from FILE.npy or FILE.parquet, as the set NAME.

    The set then has maps, neighbours, comparison and export like a network's.
    """
    from app.services.embeddings.take_in import ImportRequest
    from app.services.embeddings.take_in import import_embeddings as take_in

    settings = current_settings(current_app)
    request = ImportRequest(name, path, ids, segment_seconds, tags, replace)
    found = take_in(settings, reporter_for(settings), request, dry_run=dry_run)
    print_problems((str(owner), "not in the catalogue") for owner in found.unknown)
    print_problems((one.track.path, one.reason) for one in found.rejected)
    left_out = len(found.unknown) + len(found.rejected)
    verb = "Would take in" if dry_run else "Took in"
    click.echo(
        f"{verb} {found.n_segments:,} segments of {len(found.groups):,} tracks as {name} {found.layer} "
        f"({found.values.shape[1]} values); {left_out:,} tracks left out."
    )
    if not dry_run:
        click.echo("To see them on the map, run: flask process")


@command(
    "forget-embeddings",
    examples="""
    flask forget-embeddings openl3
    flask forget-embeddings openl3 --dry-run    only say what it holds
    """,
)
@click.argument("name")
@dry_run_option
def forget_embeddings(name: str, dry_run: bool) -> None:
    """Remove the set NAME that was imported."""
    from app.services.embeddings.stored import forget_embeddings as forget

    n_tracks = forget(current_settings(current_app), name, dry_run=dry_run)
    click.echo(f"{'Would remove' if dry_run else 'Removed'} {name}: rows of {n_tracks:,} tracks.")
    if not dry_run:
        click.echo("It leaves the map with the next: flask reduce-all")


COMMANDS = (export, import_embeddings, forget_embeddings)
