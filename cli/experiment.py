"""``flask experiment``."""

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask import current_app

from app import current_settings
from cli.base import command
from cli.processing import level_option, network_option

if TYPE_CHECKING:
    from app.queries.experiments import Result


@command(
    "experiment",
    examples="""
    flask experiment hubness                        which spaces have hubs
    flask experiment spread --plot spread.html      how far the segments of a track lie apart
    flask experiment agreement --csv                what the listening test came to
    """,
)
@click.argument("name", type=click.Choice(["agreement", "hubness", "spread"]))
@network_option
@level_option
@click.option("--json", "form", flag_value="json", help="The table as JSON.")
@click.option("--csv", "form", flag_value="csv", help="The table as CSV, all digits.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.html",
    help="Write a figure, too, that opens in a browser without a network.",
)
def experiment(name: str, networks: tuple[str, ...], level: str, form: str | None, plot: Path | None) -> None:
    """Measure something in all spaces of the published map, and show it as a table."""
    from app.queries.experiments import EXPERIMENTS
    from app.services import database
    from app.services.plots import write_plot
    from app.store.snapshots import parse_levels

    database.check()
    result = EXPERIMENTS[name](current_settings(current_app), networks, parse_levels(level))
    if form == "json":
        click.echo(json.dumps(result.rows, indent=2, allow_nan=False, ensure_ascii=False))
    elif form == "csv":
        table = csv.DictWriter(sys.stdout, result.columns)
        table.writeheader()
        table.writerows(result.rows)
    else:
        _show(result)
    if plot is not None:
        write_plot(plot, result.figure)
        click.echo(f"Wrote {plot}.", err=True)


def _show(result: "Result") -> None:
    """Print a table: numbers to the right, three digits."""
    if not result.rows:
        click.echo("There is nothing to show yet.")
        return
    lines = [list(result.columns), *([_cell(row[name]) for name in result.columns] for row in result.rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    is_text = [isinstance(result.rows[0][name], str) for name in result.columns]
    for line in lines:
        cells = (
            cell.ljust(width) if text else cell.rjust(width)
            for cell, width, text in zip(line, widths, is_text, strict=True)
        )
        click.echo("  ".join(cells).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value


COMMANDS = (experiment,)
