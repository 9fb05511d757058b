"""The commands under ``flask``: parse, call a service, show progress.

A module of this package offers its commands in ``COMMANDS``, a tuple of click commands made with
:func:`cli.base.command`. It imports services inside the functions, so that ``flask --help`` and the
web server start without loading what only a command needs.
"""

import importlib
import pkgutil

import click
from flask import Flask

from cli.former import former_commands


def register(app: Flask) -> None:
    """Add the commands of every module of this package to ``app.cli``, and the prototype's, hidden."""
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        commands: tuple[click.Command, ...] = getattr(module, "COMMANDS", ())
        for command in commands:
            app.cli.add_command(command)
    for command in former_commands():
        app.cli.add_command(command)
