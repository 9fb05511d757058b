"""Commands and the names by which they are typed."""

import click


def with_names(command: click.Command, before: str = "") -> list[tuple[str, click.Command]]:
    """A command by what is typed after ``flask``; a group, and each command in it."""
    name = f"{before}{command.name}"
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return [(name, command), *(found for one in inner for found in with_names(one, f"{name} "))]
