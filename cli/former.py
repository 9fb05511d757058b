"""Commands of the prototype: ``load-jamendo-metadata`` still works, the others name their replacements."""

import copy
from collections.abc import Iterator

import click

from app.former import FORMER_COMMANDS, GUIDE
from cli.library import load_jamendo_data

RENAMED = {"load-jamendo-metadata": load_jamendo_data}
"""Former name to the command that takes the same arguments."""


def former_commands() -> Iterator[click.Command]:
    """Yield hidden commands under the names that the prototype used."""
    for name in FORMER_COMMANDS:
        yield _rename(RENAMED[name], name) if name in RENAMED else _refusal(name)


def _rename(command: click.Command, name: str) -> click.Command:
    renamed = copy.copy(command)
    renamed.name, renamed.hidden = name, True
    return renamed


def _refusal(name: str) -> click.Command:
    """Make a command that accepts any arguments and names its replacement."""

    def refuse(**_arguments: object) -> None:
        raise click.UsageError(
            f"{name!r} was a command of music-explore 0.3. Use: {FORMER_COMMANDS[name]}; see {GUIDE}."
        )

    return click.Command(
        name,
        callback=refuse,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True},
        hidden=True,
    )
