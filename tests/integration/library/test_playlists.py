"""Playlists on SQLite and on PostgreSQL: the same rows, the same refusals; and the commands for them."""

import json

import pytest

from app import current_settings
from app.errors import ChangedError, InputError, NotFoundError
from app.models import Track, db
from app.queries.playlists import find_playlist, list_playlists, playlist_entries
from app.services import database
from app.services.playlists import (
    MAX_ENTRIES,
    NewEntry,
    append_entries,
    create_playlist,
    delete_playlist,
    rename_playlist,
    replace_entries,
)
from cli import register


@pytest.fixture
def settings(bare_app):
    """A library of five tracks of 10, 20, ... seconds; the length of the last one is not known."""
    settings = current_settings(bare_app)
    database.upgrade(settings)
    for number in range(1, 6):
        duration = 10.0 * number if number < 5 else None
        db.session.add(Track(id=number, path=f"{number}.wav", title=f"Title {number}", duration=duration))
    db.session.commit()
    return settings


def kept(settings, playlist):
    return [(entry.facts.id, entry.times) for entry in playlist_entries(settings, playlist)]


def test_playlist_keeps_what_it_is_given(settings):
    playlist = create_playlist("Früh", [NewEntry(3), NewEntry(1, 0.5, 4), NewEntry(5), NewEntry(3)])
    facts = find_playlist(playlist)
    assert (facts.name, facts.version, facts.length, facts.seconds) == ("Früh", 1, 4, 63.5)
    assert kept(settings, playlist) == [(3, None), (1, (0.5, 4.0)), (5, None), (3, None)]
    append_entries(playlist, [NewEntry(2)])
    replace_entries(playlist, [NewEntry(2), NewEntry(4)], versions=[2])
    append_entries(playlist, [NewEntry(2)])
    rename_playlist(playlist, "Spät", versions=[1, 4])
    assert kept(settings, playlist) == [(2, None), (4, None), (2, None)]
    facts = find_playlist(playlist)
    assert (facts.name, facts.version) == ("Spät", 5)
    assert facts.changed_at > facts.created_at
    other = create_playlist("Empty", [])
    total, page = list_playlists(playlist, 10)
    assert (total, [(one.id, one.length, one.seconds) for one in page]) == (2, [(other, 0, 0.0)])


def test_nothing_changes_when_a_change_is_refused(settings):
    playlist = create_playlist("x", [NewEntry(1)])
    for change, refusal in (
        (lambda: replace_entries(playlist, [NewEntry(2), NewEntry(9)]), NotFoundError),
        (lambda: replace_entries(playlist, [NewEntry(1, 10, 12)]), InputError),
        (lambda: append_entries(playlist, [NewEntry(1)] * MAX_ENTRIES), InputError),
        (lambda: append_entries(playlist, [NewEntry(2)], versions=[2]), ChangedError),
        (lambda: rename_playlist(playlist, "y", versions=[]), ChangedError),
        (lambda: delete_playlist(playlist, versions=[7]), ChangedError),
        (lambda: delete_playlist(playlist + 1), NotFoundError),
        (lambda: create_playlist("y", [NewEntry(9)]), NotFoundError),
    ):
        with pytest.raises(refusal):
            change()
        assert (find_playlist(playlist).name, find_playlist(playlist).version) == ("x", 1)
        assert kept(settings, playlist) == [(1, None)]
        assert list_playlists(0, 10)[0] == 1
    delete_playlist(playlist, versions=[1])
    assert list_playlists(0, 10) == (0, [])
    assert db.session.get(Track, 1)


def test_commands_list_playlists_and_write_them(settings, bare_app, tmp_path):
    register(bare_app)

    def flask(*arguments, exit_code=0):
        result = bare_app.test_cli_runner().invoke(args=list(map(str, arguments)))
        assert result.exit_code == exit_code, result.output
        return result.output

    assert "none yet" in flask("playlists")
    playlist = create_playlist("Früh", [NewEntry(3), NewEntry(1, 0.5, 4)])
    assert f"{playlist:>6}       2 entries  Früh" in flask("playlists")
    assert json.loads(flask("playlists", "--json"))[0]["name"] == "Früh"

    path = tmp_path / "früh.m3u8"
    assert "Would write 2 entries" in flask("export-playlist", playlist, path, "--dry-run")
    assert not path.exists()
    assert "Wrote 2 entries of 'Früh'" in flask("export-playlist", playlist, path)
    lines = path.read_text("utf-8").splitlines()
    assert lines[1] == "#PLAYLIST:Früh"
    assert str(settings.AUDIO_DIR / "3.wav") in lines
    flask("export-playlist", playlist, path, "--windows")
    assert "\\3.wav" in path.read_text("utf-8")
    before = path.read_bytes()
    assert "There is no playlist 99" in flask("export-playlist", 99, path, exit_code=2)
    assert "does not end with" in flask("export-playlist", playlist, tmp_path / "früh.doc", exit_code=2)
    assert path.read_bytes() == before
    flask("export-playlist", playlist, "/proc/no/such.csv", exit_code=1)
