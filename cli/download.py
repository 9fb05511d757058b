"""``flask download-models``: get the networks."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app

from app import current_settings
from cli.base import command, dry_run_option
from cli.progress import ConsoleReporter

if TYPE_CHECKING:
    from app.networks import Network


@command(
    "download-models",
    examples="""
    flask download-models                              the four freely licensed networks
    flask download-models --list                       which there are, and which are here
    flask download-models --only mtt-musicnn           only this one
    flask download-models --official                   the publisher's: VGGish, EffNet and its heads, too
    flask download-models --official --only audioset-vggish
    flask download-models --official --only mood_happy-msd-musicnn    a head: what classifiers need
    """,
)
@click.argument(
    "directory", metavar="[DIR]", required=False, type=click.Path(file_okay=False, path_type=Path)
)
@click.option("--official", is_flag=True, help="Fetch Essentia's files (CC BY-NC-SA 4.0) from their site.")
@click.option("--list", "only_list", is_flag=True, help="Show the networks and stop.")
@click.option(
    "--only", "names", metavar="NAME", multiple=True, help="Only this network or head; may be repeated."
)
@click.option("--mirror", metavar="URL", help="Take the official files from a copy of Essentia's site.")
@dry_run_option
def download_models(
    directory: Path | None,
    official: bool,
    only_list: bool,
    names: tuple[str, ...],
    mirror: str | None,
    dry_run: bool,
) -> None:
    """Get the networks into DIR, by default the setting MODELS_DIR.

    By default they are made of the checkpoints in the musicnn package, which are under the ISC licence.
    Files that are there and whole are left alone; a download that was interrupted goes on.
    """
    from app.networks.weights.download import OFFICIAL_ROOT, download_default, download_official

    models_dir = directory or current_settings(current_app).MODELS_DIR
    reporter = ConsoleReporter()
    if only_list:
        _show(models_dir)
    elif official or mirror:
        root = mirror or OFFICIAL_ROOT
        download_official(models_dir, reporter, names=names, root=root, dry_run=dry_run)
    else:
        download_default(models_dir, reporter, names=names, dry_run=dry_run)


def _show(models_dir: Path) -> None:
    from app.networks.weights.download import list_networks

    for file in list_networks(models_dir):
        network = file.network
        layers = ", ".join(f"{layer.name} {layer.size}" for layer in network.layers)
        if file.state == "missing":
            where = f"missing; {_way_to_get(network, models_dir)}"
        else:
            origin = f", from {file.source} ({file.licence})" if file.source else ""
            where = f"{file.state}{origin}"
        click.echo(f"{network.name:16} {layers:30} {where}")
    _show_heads(models_dir)


def _show_heads(models_dir: Path) -> None:
    from app.networks.heads import HEADS
    from app.networks.heads.download import is_whole

    here = [head for head in HEADS.values() if head.is_installed(models_dir)]
    for head in here:
        state = "whole" if is_whole(head, models_dir) else "damaged"
        click.echo(f"{head.name:47} {state}")
    missing = len(HEADS) - len(here)
    if missing:
        click.echo(f"{missing} heads missing; get them with: flask download-models --official [--only HEAD]")


def _way_to_get(network: "Network", models_dir: Path) -> str:
    if network.file_format == "onnx":
        return f"put it there: {network.file_in(models_dir)}"
    way = "flask download-models" if network.checkpoint else "flask download-models --official"
    return f"get it with: {way} --only {network.name}"


COMMANDS = (download_models,)
