"""Users of the prototype, music-explore 0.3: one sentence each, and nothing of theirs is changed."""

import re
import sqlite3
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app import create_app
from app.former import FORMER_ADDRESSES, FORMER_COMMANDS, FORMER_OPTIONS, FORMER_SETTINGS, GUIDE
from app.settings import PROJECT_DIR, Settings
from cli import register
from tests.commands import all_commands

TEXT = (PROJECT_DIR / GUIDE).read_text("utf-8")
CELLS = [
    [cell.strip() for cell in line.split("|")[1:3]] for line in TEXT.splitlines() if line.startswith("|")
]
SNIPPETS = re.findall(r"`([^`\n]+)`", TEXT)
COMMANDS = dict(all_commands())


@pytest.fixture
def their_root(tmp_path: Path) -> Path:
    """A folder with a database and derived files of the prototype."""
    with sqlite3.connect(tmp_path / "db.sqlite") as database:
        database.executescript(
            "CREATE TABLE track (id INTEGER PRIMARY KEY, path VARCHAR);"
            "CREATE TABLE segmentation (id INTEGER, length INTEGER, start_id INTEGER, stop_id INTEGER,"
            " PRIMARY KEY (id, length));"
            "INSERT INTO track VALUES (1, 'a.mp3')"
        )
    database.close()
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        "init-db",
        "process",
        "status",
        "verify",
        "index-all-audio",
        "extract-all",
        "reduce-all",
        "experiment spread",
    ],
)
def test_their_database_is_refused_and_left_alone_by_every_command(their_root: Path, command: str) -> None:
    path = their_root / "db.sqlite"
    before = path.read_bytes()
    app = create_app({"ROOT_DIR": their_root})
    register(app)
    result = app.test_cli_runner().invoke(args=command.split())
    assert result.exit_code == 1
    assert "belongs to another program, perhaps music-explore 0.3" in result.stderr
    assert "Set ROOT_DIR or SQLALCHEMY_DATABASE_URI" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert path.read_bytes() == before


def test_their_settings_are_reported_in_one_line(tmp_path: Path, monkeypatch, caplog) -> None:
    (tmp_path / "instance").mkdir()
    lines = [f"{name} = 'x'" for name in FORMER_SETTINGS]
    (tmp_path / "instance" / "config.py").write_text("\n".join([*lines, "DEBUG = False"]))
    monkeypatch.setattr("app.PROJECT_DIR", tmp_path)
    create_app({"ROOT_DIR": tmp_path})
    [told] = [record.getMessage() for record in caplog.records]
    assert [name for name in FORMER_SETTINGS if f"{name} (" not in told] == []


@pytest.mark.parametrize("rule", FORMER_ADDRESSES)
def test_their_route_names_its_replacement(app: Flask, rule: str) -> None:
    method, replacement = FORMER_ADDRESSES[rule]
    response = app.test_client().open(re.sub(r"<[^>]+>", "a/b", rule), method=method)
    assert response.status_code == 410
    assert response.json["error"]["code"] == "gone"
    assert f"replaced by {replacement}; " in response.json["error"]["message"]


@pytest.mark.parametrize("rule", [rule for rule, (method, _) in FORMER_ADDRESSES.items() if method == "GET"])
def test_their_route_responds_when_only_the_headers_are_requested(app: Flask, rule: str) -> None:
    assert app.test_client().head(rule).status_code == 410


def test_their_segment_number_is_explained(app: Flask) -> None:
    response = app.test_client().get("/audio/segment/3000/5")
    assert response.status_code == 400
    assert "as in music-explore 0.3" in response.json["error"]["message"]


@pytest.mark.parametrize("name", [name for name in FORMER_COMMANDS if name != "load-jamendo-metadata"])
def test_their_command_names_its_replacement(runner: FlaskCliRunner, name: str) -> None:
    result = runner.invoke(args=[name, "in", "out", "-n", "3", "--projection", "pca"])
    assert result.exit_code == 2
    assert f"Use: {FORMER_COMMANDS[name]};" in result.stderr


def test_their_table_is_loaded_under_the_former_name(runner: FlaskCliRunner, tmp_path: Path) -> None:
    table = tmp_path / "table.tsv"
    table.write_text(
        "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n"
        "track_0000214\tartist_000014\talbum_000031\t14/214.mp3\t124.6\tgenre---punkrock\n"
    )
    result = runner.invoke(args=["load-jamendo-metadata", str(table)])
    assert result.exit_code == 0
    assert "Tracks: 1 new" in result.stdout


@pytest.mark.parametrize(
    ("command", "option"), [(name, option) for name, options in FORMER_OPTIONS.items() for option in options]
)
def test_their_option_names_what_to_do_instead(runner: FlaskCliRunner, command: str, option: str) -> None:
    result = runner.invoke(args=[command, option, "3"])
    assert result.exit_code == 2
    assert FORMER_OPTIONS[command][option] in result.stderr


def test_option_is_simply_unknown_when_the_prototype_had_no_such_command(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["status", "-n", "3"])
    assert result.exit_code == 2
    assert "music-explore 0.3" not in result.stderr


def test_nothing_of_ours_is_called_former() -> None:
    assert not set(FORMER_SETTINGS) & set(Settings.model_fields)
    assert not set(FORMER_COMMANDS) & set(COMMANDS)
    ours = {name: [opt for one in command.params for opt in one.opts] for name, command in COMMANDS.items()}
    assert [name for name, options in FORMER_OPTIONS.items() if set(options) & set(ours[name])] == []


def test_guide_names_everything_former() -> None:
    options = {option for options in FORMER_OPTIONS.values() for option in options} - {"--n_tracks"}
    places = {rule.partition("<")[0].rstrip("/") for rule in FORMER_ADDRESSES}
    former = {*FORMER_SETTINGS, *FORMER_COMMANDS, *options, *places}
    theirs = " ".join(cell[0] for cell in CELLS)
    assert {name for name in former if not re.search(rf"[` ]{re.escape(name)}[`/ ]", theirs)} == set()


def test_guide_names_only_settings_that_exist() -> None:
    named = {name for text in SNIPPETS for name in re.findall(r"^([A-Z]{2,}_[A-Z_]+)(?: = .*)?$", text)}
    assert len(named) > 15
    assert named - set(Settings.model_fields) - set(FORMER_SETTINGS) == set()


def test_guide_names_only_commands_and_options_that_exist() -> None:
    typed = [text.split()[1:] for text in SNIPPETS if text.startswith("flask ")]
    typed += [value.split()[1:] for value in FORMER_COMMANDS.values()]
    assert len(typed) > 20
    for name, *arguments in typed:
        subject = f"{name} {arguments[0]}" if arguments and f"{name} {arguments[0]}" in COMMANDS else name
        assert subject in COMMANDS
        known = {option for one in COMMANDS[subject].params for option in one.opts}
        assert {part for part in arguments if part.startswith("-")} <= known


def test_guide_names_only_routes_that_exist(app: Flask) -> None:
    asked = [text for cell in CELLS for text in re.findall(r"`((?:GET|POST) /[^`]*)`", cell[1])] + [
        replacement for _, replacement in FORMER_ADDRESSES.values()
    ]
    assert len(asked) > 12
    rules = {
        f"{method} {re.sub('<[^>]*>', '<>', rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    assert {text for text in asked if re.sub("<[^>]*>", "<>", text) not in rules} == set()
