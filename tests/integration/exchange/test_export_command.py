"""``flask export``: the file that the API sends, written whole or not at all."""

import errno

import pytest

from app.queries.exports import formats
from cli import register

NETWORK = "mtt-musicnn"


@pytest.fixture
def flask(served):
    if "export" not in served.cli.commands:
        register(served)
    runner = served.test_cli_runner()
    return lambda *arguments: runner.invoke(args=["export", *map(str, arguments)])


@pytest.mark.parametrize(
    ("layer", "name", "options"),
    [
        ("embeddings", "rows.npy", ()),
        ("taggrams", "rows.PARQUET", ()),
        ("embeddings", "rows.npy", ("--level", "tracks")),
        ("embeddings", "rows", ("--format", "parquet")),
    ],
)
def test_file_is_the_one_that_the_api_sends(flask, client, tmp_path, layer, name, options):
    path = tmp_path / "new folder" / name
    result = flask(NETWORK, layer, path, *options)
    assert result.exit_code == 0, result.stderr
    form = "npy" if name.endswith("npy") else "parquet"
    level = "tracks" if "tracks" in options else "segments"
    sent = client.get(f"/api/v1/export/{NETWORK}/{layer}.{form}?level={level}").data
    assert path.read_bytes() == sent
    assert f"Wrote {12 if level == 'tracks' else 90} {level}" in result.stdout
    assert [found.name for found in path.parent.iterdir()] == [name]


def test_size_is_told_and_nothing_written_when_run_dry(flask, tmp_path):
    result = flask(NETWORK, "embeddings", tmp_path / "rows.npy", "--dry-run")
    assert "Would write 90 segments (0.0 MB)" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_former_file_stays_when_writing_fails(flask, tmp_path, monkeypatch):
    path = tmp_path / "rows.npy"
    path.write_bytes(b"former")

    def break_off(table):
        yield b"some"
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(formats, "write_npy", break_off)
    result = flask(NETWORK, "embeddings", path)
    assert (result.exit_code, path.read_bytes()) == (1, b"former")
    assert f"Cannot write {path}: No space left on device. Free some space" in result.stderr
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("no-network", "embeddings", "a.npy"), "The snapshot has no network 'no-network'. It has: "),
        ((NETWORK, "no-layer", "a.npy"), "has no layer 'no-layer' here. It has: "),
        ((NETWORK, "embeddings", "a.csv"), "Let it end in .npy or .parquet, or give --format."),
        ((NETWORK, "embeddings", "a.npy", "--format", "csv"), "'csv' is not one of"),
    ],
)
def test_wrong_argument_is_refused(flask, arguments, says):
    result = flask(*arguments)
    assert result.exit_code == 2
    assert says in result.stderr


def test_message_says_what_to_do_when_there_is_no_map(runner, tmp_path):
    result = runner.invoke(args=["export", NETWORK, "embeddings", str(tmp_path / "a.npy")])
    assert result.exit_code == 1
    assert "There is no map yet. Make one with: flask process" in result.stderr
