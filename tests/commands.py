"""Commands and the names by which they are typed."""

import importlib
import pkgutil

import click

import cli


def with_names(command: click.Command, before: str = "") -> list[tuple[str, click.Command]]:
    """A command by what is typed after ``flask``; a group, and each command in it."""
    name = f"{before}{command.name}"
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return [(name, command), *(found for one in inner for found in with_names(one, f"{name} "))]


def all_commands() -> list[tuple[str, click.Command]]:
    """All commands of ours."""
    return [
        found
        for info in pkgutil.iter_modules(cli.__path__)
        for command in getattr(importlib.import_module(f"cli.{info.name}"), "COMMANDS", ())
        for found in with_names(command)
    ]
