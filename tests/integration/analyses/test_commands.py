"""``flask analyse`` and ``analyse-file``: several files, a bad one among them; people and programs."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from app import create_app
from app.audio.tags import read_tags
from cli import register
from tests.audio_files import write_music, write_signal
from tests.webhook_receiver import answering, receiving

SECRET = "a secret that both sides know, and nobody else"


@pytest.fixture
def settings_overrides(models_dir):
    return {"MODELS_DIR": models_dir, "WEBHOOK_SECRET": SECRET, "WEBHOOK_ALLOWED_HOSTS": "127.0.0.1"}


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    return [write_music(tmp_path / name, 8.0) for name in ("one.mp3", "two.flac")]


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.mp3"
    path.write_text("no music " * 500)
    return path


def everything_in(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_all_that_can_be_told_is_told_to_people(runner, songs):
    result = runner.invoke(args=["analyse", str(songs[0])])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == str(songs[0])
    assert any(line.startswith("  Tempo: 120.") for line in lines)
    assert any(line.startswith("  Key: ") and "strength" in line for line in lines)
    assert any(line.startswith("    mtt-musicnn: ") for line in lines)
    assert any(line.startswith("  Genre: tags of Last.fm: ") for line in lines)
    assert "Embeddings" not in result.stdout
    assert "Analysing: " in result.stderr


def test_a_line_of_json_comes_for_each_file(runner, songs):
    options = ["--json", "--attribute", "bpm", "--attribute", "embeddings", "--network", "mtt-musicnn"]
    result = runner.invoke(args=["analyse", *map(str, songs), *options])
    assert result.exit_code == 0
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [one["file"] for one in told] == list(map(str, songs))
    for one in told:
        assert list(one["results"]) == ["bpm", "embeddings"]
        (network,) = one["results"]["embeddings"]["networks"]
        assert network == "mtt-musicnn"


def test_others_go_on_when_a_file_is_bad(runner, songs, bad, tmp_path):
    files = [songs[0], bad, tmp_path / "gone.mp3", songs[1]]
    result = runner.invoke(args=["analyse", *map(str, files), "--json", "--attribute", "key"])
    assert result.exit_code == 1
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert ["error" in one for one in told] == [False, True, True, False]
    assert "not an audio file" in told[1]["error"]
    assert "vanished" in told[2]["error"]
    assert "2 of 4 files failed." in result.stderr
    assert "Analysing: 4 of 4" in result.stderr
    people = runner.invoke(args=["analyse", str(bad), "--attribute", "key"])
    assert "Failed: not an audio file" in people.stdout


def test_sidecars_and_tags_are_written_when_wanted(runner, songs):
    options = ["--attribute", "bpm", "--attribute", "key", "--attribute", "genre_musicnn"]
    result = runner.invoke(args=["analyse", str(songs[0]), *options, "--sidecar", "--write-tags"])
    assert result.exit_code == 0
    bpm = Path(f"{songs[0]}.bpm").read_text().strip()
    assert bpm.startswith("120.")
    tags = read_tags(songs[0])
    assert tags.bpm == 120
    assert tags.key == Path(f"{songs[0]}.key").read_text().strip()
    assert list(tags.genres) == Path(f"{songs[0]}.genre").read_text().splitlines()
    assert "Wrote one.mp3.bpm, one.mp3.key, one.mp3.genre, one.mp3" in result.stdout
    assert "The file as it was: one.mp3.bak" in result.stdout


@pytest.mark.parametrize("command", ["analyse", "analyse-file"])
def test_nothing_is_written_when_it_is_a_dry_run(runner, songs, bad, tmp_path, command):
    before = everything_in(tmp_path)
    if command == "analyse":
        options = ["analyse", str(songs[0]), str(bad), "--sidecar", "--write-tags", "--dry-run"]
    else:
        options = ["analyse-file", "-f", str(songs[0]), "-b", "--dry-run"]
    result = runner.invoke(args=options)
    assert everything_in(tmp_path) == before
    assert f"{songs[0]}: would tell bpm" in result.stdout
    assert "then write sidecar files" in result.stdout
    assert result.exit_code == (1 if command == "analyse" else 0)


def test_format_without_tags_is_told_of_before_anything_is_done(runner, tmp_path):
    path = write_music(tmp_path / "song.au", 4.0)
    result = runner.invoke(args=["analyse", str(path), "--write-tags", "--dry-run"])
    assert result.exit_code == 1
    assert "No tags can be written into a file of this format." in result.stdout


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--attribute", "mood"], 2, "Unknown analysis 'mood'. Known: bpm, key"),
        (["--network", "nosuch"], 2, "Unknown network 'nosuch'"),
        (["--attribute", "tags", "--write-tags"], 2, "Choose from: bpm, key, genre_discogs_effnet"),
        (["--attribute", "tags", "--network", "audioset-vggish"], 2, "gives no taggrams"),
        (["--attribute", "genre_discogs_effnet"], 1, "flask download-models --official"),
    ],
)
def test_wish_is_refused_when_it_cannot_be(runner, songs, tmp_path, options, code, message):
    before = everything_in(tmp_path)
    result = runner.invoke(args=["analyse", str(songs[0]), *options])
    assert result.exit_code == code
    assert message in result.stderr
    assert everything_in(tmp_path) == before


def test_what_was_found_before_stays_told_when_tags_cannot_be_written(runner, tmp_path):
    path = write_music(tmp_path / "song.au", 8.0)
    result = runner.invoke(args=["analyse", str(path), "--attribute", "bpm", "--sidecar", "--write-tags"])
    assert result.exit_code == 1
    assert "Tempo: 120." in result.stdout
    assert "Failed: No tags can be written" in result.stdout
    assert Path(f"{path}.bpm").is_file()


def test_flags_choose_the_sidecars(runner, songs):
    result = runner.invoke(args=["analyse-file", "-f", str(songs[0]), "-g", "magnatagatune", "-k"])
    assert result.exit_code == 0
    written = {path.name for path in songs[0].parent.glob("one.mp3.*")}
    assert written == {"one.mp3.genre", "one.mp3.key"}


def test_everything_that_can_be_is_written_when_there_are_no_flags(runner, songs):
    assert runner.invoke(args=["analyse-file", "-f", str(songs[0])]).exit_code == 0
    written = {path.name for path in songs[0].parent.glob("one.mp3.*")}
    assert written >= {"one.mp3.bpm", "one.mp3.genre", "one.mp3.key"}


def test_address_is_told_when_it_is_done(runner, songs, bad):
    with receiving(answering(200)) as receiver:
        options = ["-b", "-w", receiver.url(), "-i", "17"]
        assert runner.invoke(args=["analyse-file", "-f", str(songs[0]), *options]).exit_code == 0
        assert runner.invoke(args=["analyse-file", "-f", str(bad), *options]).exit_code == 1
    bodies = [json.loads(request.body) for request in receiver.requests]
    assert bodies == [
        {"id": "17", "event": {"status": "finished"}},
        {"id": "17", "event": {"status": "failed"}},
    ]
    assert all("X-Matnn-Signature" in request.headers for request in receiver.requests)


def test_address_is_told_when_nothing_can_be_done(runner, songs):
    with receiving(answering(200)) as receiver:
        options = ["-g", "discogseffnet", "-w", receiver.url(), "-i", "18"]
        result = runner.invoke(args=["analyse-file", "-f", str(songs[0]), *options])
    assert result.exit_code == 1
    assert "discogs-effnet is not installed" in result.stderr
    (request,) = receiver.requests
    assert json.loads(request.body) == {"id": "18", "event": {"status": "failed"}}


def test_failure_is_told_when_the_address_does_not_take_it(runner, songs):
    with receiving(answering(500)) as receiver:
        result = runner.invoke(args=["analyse-file", "-f", str(songs[0]), "-b", "-w", receiver.url()])
    assert result.exit_code == 1
    assert "The webhook was not taken" in result.stderr
    assert Path(f"{songs[0]}.bpm").is_file()


def test_address_is_refused_before_the_work_when_it_is_none(runner, songs):
    result = runner.invoke(args=["analyse-file", "-f", str(songs[0]), "-b", "-w", "file:///etc/passwd"])
    assert result.exit_code == 2
    assert not Path(f"{songs[0]}.bpm").exists()


def test_what_can_be_done_is_written_when_a_network_is_missing(runner, songs):
    options = ["-g", "discogseffnet", "-b", "-k", "-a", "-i"]
    result = runner.invoke(args=["analyse-file", "-f", str(songs[0]), *options])
    assert result.exit_code == 3
    written = {path.name for path in songs[0].parent.glob("one.mp3.*")}
    assert written == {"one.mp3.bpm", "one.mp3.key"}
    assert "Skipped genre_discogs_effnet: " in result.stderr
    assert "Skipped classifiers: No classifier is installed" in result.stderr
    assert re.search(r"^Job ID: [0-9a-f]{32}$", result.stdout, re.MULTILINE)


def test_it_is_said_what_is_left_out_when_no_attribute_is_named(runner, songs):
    result = runner.invoke(args=["analyse", str(songs[0])])
    assert result.exit_code == 0
    assert "Skipped classifiers: No classifier is installed" in result.stderr


@pytest.mark.parametrize("command", [["analyse"], ["analyse-file", "-b", "-f"]])
def test_a_card_that_is_missing_is_never_replaced_when_files_are_analysed(models_dir, songs, command):
    app = create_app({"MODELS_DIR": models_dir, "ROOT_DIR": songs[0].parent, "ONNX_PROVIDER": "cuda"})
    register(app)
    result = app.test_cli_runner().invoke(args=[*command, str(songs[0])])
    assert result.exit_code == 1
    assert "ONNX_PROVIDER = 'cuda'" in result.stderr


def test_skipped_analyses_are_listed_in_json(runner, songs):
    result = runner.invoke(args=["analyse", "--json", str(songs[0])])
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["missing"].keys() == {"genre_discogs_effnet", "classifiers"}
    assert "flask download-models --official" in told["missing"]["classifiers"]


def test_sound_without_tempo_is_reported_when_the_tempo_should_be_written(runner, tmp_path):
    song = write_signal(tmp_path / "silence.flac", np.zeros((1, 44_100 * 8), np.float32))
    result = runner.invoke(args=["analyse-file", "-b", "-k", "-f", str(song)])
    assert result.exit_code == 3
    assert "Not found, so not written: bpm, key" in result.stdout
    assert [path.name for path in tmp_path.glob("silence.*")] == ["silence.flac"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--attribute", "bpm", "--network", "mtt-vgg"], "--network applies only to tags and embeddings"),
        (["--attribute", "tags", "--sidecar"], "None of these can be written to sidecar files"),
        (["--attribute", "classifiers", "--write-tags"], "No classifier is installed"),
        (["--attribute", "tags", "--write-tags"], "None of these can be written to tags"),
    ],
)
def test_option_without_effect_is_refused(runner, songs, options, message):
    before = everything_in(songs[0].parent)
    result = runner.invoke(args=["analyse", str(songs[0]), *options])
    assert result.exit_code != 0
    assert message in result.stderr
    assert everything_in(songs[0].parent) == before
