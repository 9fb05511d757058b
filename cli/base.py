"""What all commands share: application context, errors as messages, clean stops, examples in the help.

Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 done in part, 130 stopped by the user.
"""

import contextlib
import errno
import functools
import logging
import signal
import sys
import textwrap
import threading
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any, NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from app.errors import MusicExploreError
from app.former import FORMER_OPTIONS, GUIDE
from app.services.database import explain

EXIT_FAILED = 1
EXIT_INCOMPLETE = 3
EXIT_STOPPED = 130
SHOWN_PROBLEMS = 20

_FREE_SPACE = "Free some space, then run the command again."
_CHECK_PERMISSIONS = "Check its permissions, or choose another place in the settings."
_WAYS_OUT = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EACCES: _CHECK_PERMISSIONS,
    errno.EPERM: _CHECK_PERMISSIONS,
    errno.EROFS: _CHECK_PERMISSIONS,
}

dry_run_option = click.option(
    "-d", "--dry-run", is_flag=True, help="Show what would be done and change nothing."
)

vanished_option = click.option(
    "--yes-they-are-gone",
    "may_vanish",
    is_flag=True,
    help="Mark tracks as missing even if most of them, or all in a folder, have disappeared.",
)


class _Command(click.Command):
    """A command that says what to do instead of options that only the prototype had."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            instead = FORMER_OPTIONS.get(self.name or "", {}).get(error.option_name)
            if instead is None:
                raise
            raise click.UsageError(
                f"{error.option_name!r} was an option of music-explore 0.3; {instead}. See {GUIDE}.", ctx
            ) from error


def command(name: str, *, examples: str = "", **kwargs: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a click command of a function, with everything that all commands share.

    Parameters
    ----------
    name : str
        As typed after ``flask``.
    examples : str
        Command lines, one per line, shown as they are at the end of ``--help``.
    **kwargs
        Passed on to :func:`click.command`.
    """
    if examples:
        kwargs["epilog"] = _epilog(examples)

    make_command = click.command(name, cls=_Command, **kwargs)

    def decorate(function: Callable[..., Any]) -> click.Command:
        @functools.wraps(function)
        def run(*args: Any, **options: Any) -> Any:
            # What a command asks of the application itself is no request that anybody sent.
            current_app.logger.getChild("requests").setLevel(logging.WARNING)
            with told_errors():
                return function(*args, **options)

        return make_command(with_appcontext(run))

    return decorate


def group(name: str, commands: Iterable[click.Command], *, examples: str, **kwargs: Any) -> click.Group:
    """Make one command of several, which are typed as ``flask NAME COMMAND``.

    Parameters
    ----------
    **kwargs
        Passed on to :class:`click.Group`.
    """
    return click.Group(name, {str(one.name): one for one in commands}, epilog=_epilog(examples), **kwargs)


def _epilog(examples: str) -> str:
    lines = textwrap.indent(textwrap.dedent(examples).strip("\n"), "  ")
    return f"\b\nExamples:\n{lines}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: "no problems", "1 problem", "2 problems"."""
    return f"{f'{number:,}' if number else 'no'} {noun}{'' if number == 1 else 's'}"


def print_problems(problems: Iterable[tuple[str, str]]) -> None:
    """Print what went wrong where on standard error; a long list is cut."""
    from app.queries.status import printable

    lines = [f"  {printable(place)}: {reason}" for place, reason in problems]
    for line in lines[:SHOWN_PROBLEMS]:
        click.echo(line, err=True)
    if len(lines) > SHOWN_PROBLEMS:
        click.echo(f"  ... and {len(lines) - SHOWN_PROBLEMS:,} more", err=True)


@contextlib.contextmanager
def told_errors() -> Iterator[None]:
    """End the command with a message and an exit code where the reason is known; let bugs show themselves."""
    try:
        with _terminate_like_interrupt():
            yield
    except MusicExploreError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("Stopped. Run the command again to go on.", EXIT_STOPPED, prefix="")
    except DBAPIError as error:
        explained = explain(error)
        if explained is None:
            raise
        _fail(str(explained), explained.exit_code)
    except OSError as error:
        if error.errno not in _WAYS_OUT:
            raise
        place = error.filename or "a file"
        _fail(f"Cannot use {place}: {error.strerror}. {_WAYS_OUT[error.errno]}", EXIT_FAILED)


@contextlib.contextmanager
def _terminate_like_interrupt() -> Iterator[None]:
    """Let SIGTERM stop a command as Ctrl-C does, so that it cleans up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _fail(message: str, exit_code: int, *, prefix: str = "Error: ") -> NoReturn:
    click.echo(f"{prefix}{message}", err=True)
    sys.exit(exit_code)
