"""``flask export-site`` over a synthetic library."""

import pytest

from cli import register
from tests.read_side import library, own_app, own_library

__all__ = ["library", "own_app", "own_library"]


@pytest.fixture
def export(own_app):
    register(own_app)

    def export(*arguments):
        return own_app.test_cli_runner().invoke(args=["export-site", *map(str, arguments)])

    return export


def test_nothing_is_written_when_run_dry(export, tmp_path):
    dry = export(tmp_path / "copy", "--dry-run", "--network", "mtt-musicnn")
    assert not (tmp_path / "copy").exists()
    done = export(tmp_path / "copy", "--network", "mtt-musicnn")
    assert dry.stdout.removeprefix("Would write").rstrip(".\n") in done.stdout
    assert (tmp_path / "copy" / "index.html").stat().st_size > 1000
    assert not list(tmp_path.glob(".copy*"))


def test_only_what_is_chosen_is_copied(export, tmp_path):
    choice = ["--network", "mtt-musicnn", "--projection", "umap"]
    assert export(tmp_path / "copy", *choice).exit_code == 0
    index = (tmp_path / "copy/data/index.js").read_text()
    assert "|audioset-vggish|" not in index
    assert "|pca|" not in index
    assert "|original|" not in index
    assert "axis|mtt-musicnn|embeddings|segments|umap|1" in index
    assert "/similarity" not in (tmp_path / "copy/index.html").read_text()


def test_older_copy_is_replaced_and_nothing_else(export, tmp_path):
    choice = ["--network", "mtt-musicnn", "--projection", "umap"]
    export(tmp_path / "copy", *choice)
    (tmp_path / "copy/data/99999.js").write_text("of an older copy")
    assert export(tmp_path / "copy", *choice).exit_code == 0
    assert not (tmp_path / "copy/data/99999.js").exists()
    (tmp_path / "copy/notes.txt").write_text("my own")
    (tmp_path / "project/data").mkdir(parents=True)
    (tmp_path / "project/data/index.js").write_text("export const work = 'of years';")
    for name, kept in (("copy", "notes.txt"), ("project", "data/index.js")):
        refused = export(tmp_path / name, *choice)
        assert refused.exit_code == 2
        assert "no copy of the page" in refused.stderr
        assert (tmp_path / name / kept).exists()


def test_tracks_without_sound_are_listed(export, own_library, tmp_path):
    sounds = sorted((own_library.root / "audio").rglob("*.wav"))
    sounds[0].unlink()
    sounds[1].write_bytes(b"no sound")
    choice = ["--network", "audioset-vggish", "--projection", "umap"]
    done = export(tmp_path / "copy", *choice, "--audio", "--seconds", "2")
    assert done.exit_code == 0
    assert "10 excerpts" in done.stdout
    assert done.stderr.count(".wav: ") == 2
    assert len(list((tmp_path / "copy/audio").glob("*.mp3"))) == 10


@pytest.mark.parametrize("choice", [["--network", "none"], ["--projection", "none"]])
def test_reason_is_told_when_there_is_no_such_thing(export, tmp_path, choice):
    refused = export(tmp_path / "copy", *choice)
    assert (refused.exit_code, "'none'" in refused.stderr) == (2, True)
    assert not (tmp_path / "copy").exists()
