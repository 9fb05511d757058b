"""What all commands share."""

import errno
import os
import signal

import click
import pytest
from flask import current_app
from sqlalchemy import text

from app.errors import BusyError, InputError
from app.models import db
from cli import register
from cli.base import command, counted, print_problems

CHECK = "Check its permissions, or choose another place in the settings."
FREE_SPACE = "Free some space, then run the command again."


@pytest.fixture
def invoke(app):
    def invoke(function, *arguments, **options):
        app.cli.add_command(command("try-it", **options)(function))
        return app.test_cli_runner().invoke(args=["try-it", *arguments])

    return invoke


def raising(error):
    def function():
        raise error

    return function


def query(statement):
    return lambda: db.session.execute(text(statement))


def test_a_command_runs_within_the_application(invoke):
    result = invoke(lambda: click.echo(current_app.name))
    assert (result.exit_code, result.stdout) == (0, "app\n")


@pytest.mark.parametrize(
    ("error", "message", "exit_code"),
    [
        (BusyError("Another run is at work."), "Error: Another run is at work.\n", 1),
        (InputError("No such folder."), "Error: No such folder.\n", 2),
        (KeyboardInterrupt(), "Stopped. Run the command again to go on.\n", 130),
        (
            OSError(errno.ENOSPC, "No space left on device", "/disk/file"),
            f"Error: Cannot use /disk/file: No space left on device. {FREE_SPACE}\n",
            1,
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/disk/file"),
            f"Error: Cannot use /disk/file: Permission denied. {CHECK}\n",
            1,
        ),
    ],
)
def test_an_error_becomes_a_message_and_an_exit_code_when_its_reason_is_known(
    invoke, error, message, exit_code
):
    result = invoke(raising(error))
    assert (result.exit_code, result.stderr, result.stdout) == (exit_code, message, "")


@pytest.mark.parametrize("error", [ZeroDivisionError("a bug"), OSError(errno.EBADF, "a bug")])
def test_an_error_shows_itself_when_it_is_a_bug(invoke, error):
    assert invoke(raising(error)).exception is error


def test_a_missing_table_is_explained(invoke):
    result = invoke(query("SELECT * FROM absent"))
    assert (result.exit_code, result.stderr) == (
        1,
        "Error: The database is not set up. Run 'flask init-db' first.\n",
    )


def test_a_wrong_statement_shows_itself_when_it_is_a_bug(invoke):
    assert "syntax error" in str(invoke(query("SELEKT 1")).exception)


def test_a_command_stops_as_by_interrupt_when_terminated(invoke):
    before = signal.getsignal(signal.SIGTERM)
    result = invoke(lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert (result.exit_code, result.stderr) == (130, "Stopped. Run the command again to go on.\n")
    assert signal.getsignal(signal.SIGTERM) is before


def test_examples_are_shown_as_they_are_when_help_is_asked_for(invoke):
    examples = """
    flask try-it          once
    flask try-it again    twice
    """
    help_text = invoke(lambda: None, "--help", examples=examples).stdout
    assert "  Examples:\n    flask try-it          once\n    flask try-it again    twice\n" in help_text


def test_all_commands_are_found_and_show_examples(app):
    register(app)
    runner = app.test_cli_runner()
    for name in ("init-db", "index-all-audio", "index-audio", "load-id3-metadata", "load-jamendo-data"):
        help_text = runner.invoke(args=[name, "--help"]).stdout
        assert "--dry-run" in help_text
        assert f"flask {name}" in help_text


def test_a_long_list_of_problems_is_cut_and_strange_paths_stay_on_one_line(app, capsys):
    print_problems(
        [("new\nline.mp3", "no audio"), *((f"{number}.mp3", "no audio") for number in range(1500))]
    )
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "  new\\nline.mp3: no audio"
    assert lines[-1] == "  ... and 1,481 more"


def test_requests_that_a_command_makes_of_the_application_are_not_logged(invoke, caplog):
    result = invoke(lambda: current_app.test_client().get("/health"))
    assert result.exit_code == 0
    assert caplog.records == []


@pytest.mark.parametrize(
    ("number", "text"), [(0, "no problems"), (1, "1 problem"), (2, "2 problems"), (1200, "1,200 problems")]
)
def test_the_noun_agrees_with_its_number(number, text):
    assert counted(number, "problem") == text
