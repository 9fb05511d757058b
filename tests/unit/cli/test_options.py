"""Every command can be tried without harm, and says what its options are for."""

import click
import pytest

from cli import register
from tests.commands import with_names

OF_FLASK = {"db", "routes", "run", "shell"}
# They only look, unless asked to repair; and a demonstration is to be seen.
WITHOUT_DRY_RUN = {"status", "verify", "demo", "experiment", "playlists", "token list", "worker", "start"}


@pytest.fixture
def commands(app):
    register(app)
    ours = [
        command for name, command in app.cli.commands.items() if name not in OF_FLASK and not command.hidden
    ]
    return dict(found for command in ours for found in with_names(command))


def test_every_option_has_help(commands):
    silent = [
        (name, parameter.name)
        for name, command in commands.items()
        for parameter in command.params
        if parameter.param_type_name == "option" and not parameter.help
    ]
    assert silent == []


def test_every_command_that_writes_can_be_run_dry(commands):
    options = {
        name: {option for parameter in command.params for option in parameter.opts}
        for name, command in commands.items()
        if name not in WITHOUT_DRY_RUN and not isinstance(command, click.Group)
    }
    assert [name for name in options if "--dry-run" not in options[name]] == []


@pytest.mark.parametrize("command", ["extract-all", "process"])
def test_jobs_are_refused_when_more_than_the_setting_allows(runner, command):
    result = runner.invoke(args=[command, "--jobs", "1025", "--dry-run"])
    assert result.exit_code == 2
    assert "0<=x<=1024" in result.output
