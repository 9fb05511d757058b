"""Users of the prototype, music-explore 0.3: one sentence each, and nothing of theirs is changed."""

import re
import sqlite3

import pytest

from app import create_app
from app.former import FORMER_SETTINGS, GUIDE
from app.settings import PROJECT_DIR, Settings
from cli import register
from tests.commands import all_commands

TEXT = (PROJECT_DIR / GUIDE).read_text("utf-8")


def test_their_database_is_left_alone_when_ours_is_to_be_set_up(tmp_path):
    path = tmp_path / "db.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE track (id INTEGER PRIMARY KEY, path TEXT)")
        database.execute("INSERT INTO track VALUES (1, 'a.mp3')")
    database.close()
    before = path.read_bytes()
    app = create_app({"ROOT_DIR": tmp_path})
    register(app)
    result = app.test_cli_runner().invoke(args=["init-db"])
    assert result.exit_code == 1
    assert "belongs to another program" in result.stderr
    assert "Set ROOT_DIR" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert path.read_bytes() == before


@pytest.mark.parametrize("path", ["/metadata", "/audio/playlist"])
def test_their_address_says_what_took_its_place(app, path):
    response = app.test_client().get(path)
    assert response.status_code == 410
    assert "took its place" in response.get_data(as_text=True)


def test_every_former_setting_is_explained_and_none_is_ours():
    assert not set(FORMER_SETTINGS) & set(Settings.model_fields)
    assert [name for name in FORMER_SETTINGS if f"`{name}`" not in TEXT] == []


def test_the_guide_names_only_settings_and_commands_that_there_are():
    known = set(Settings.model_fields) | set(FORMER_SETTINGS) | {"POST"}
    named = set(re.findall(r"`([A-Z][A-Z_]{3,})[ `]", TEXT))
    assert named - known == set()
    commands = {name for name, _ in all_commands()}
    assert {name for name in re.findall(r"`flask ([a-z0-9-]+)", TEXT) if name not in commands} == set()
