"""``flask process`` on good and bad files: from audio to maps, indexes, status, verification."""

import json
import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.errors import AudioUnavailableError
from app.networks import NETWORKS
from app.services.extract_worker import Task, prepare_worker
from tests.audio_files import BAD, write_music
from tests.integration.process.conftest import NETWORKS as USED
from tests.integration.process.conftest import flask_environment, run_flask

PCA = ["reduce-all", "--projection", "pca"]
VGG = ["extract-all", "--network", "mtt-vgg"]


@pytest.fixture(scope="module")
def processed(tmp_path_factory: pytest.TempPathFactory, music: Path, two_networks: Path) -> dict[str, str]:
    """The environment of a library of six good clips, a copy of one, and every bad file, processed once."""
    base = tmp_path_factory.mktemp("processed")
    audio = Path(shutil.copytree(music, base / "music"))
    first = min(path for path in audio.rglob("*") if path.suffix in {".ogg", ".mp3", ".flac"})
    shutil.copy(first, audio / f"copy{first.suffix}")
    broken = audio / "broken"
    broken.mkdir()
    for bad in BAD.values():
        bad.write(broken / bad.file_name)
    environment = flask_environment(base / "library", audio, two_networks)
    done = run_flask(["process"], environment)
    environment["OUTPUT"] = done.stdout + done.stderr
    return environment


@pytest.fixture
def status(processed: dict[str, str]) -> dict[str, Any]:
    return json.loads(run_flask(["status", "--json"], processed).stdout)


def _network(status: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in status["networks"] if row["network"] == name)


def test_every_file_is_extracted_or_listed_when_some_are_bad(status: dict[str, Any]) -> None:
    expected = sum(bad.outcome == "failed" for bad in BAD.values())
    for name in USED:
        row = _network(status, name)
        assert (row["done"], row["pending"]) == (status["tracks"] - expected, 0)
    assert len(status["failures"]) == expected
    reasons = {
        Path(problem["path"]).name: problem["reason"] for problem in status["failures"] + status["warnings"]
    }
    for bad in BAD.values():
        assert bad.says in reasons.get(bad.file_name, ""), bad.file_name


def test_identical_files_share_vectors_when_one_is_a_copy(
    processed: dict[str, str], status: dict[str, Any]
) -> None:
    assert status["duplicates"] >= 1
    assert "share the vectors of an identical file" in processed["OUTPUT"]


def test_second_run_does_nothing_when_nothing_changed(processed: dict[str, str]) -> None:
    again = run_flask(["process"], processed)
    assert "Extraction: nothing to do." in again.stdout
    assert "0 projections computed" in again.stdout
    assert "Indexes: 0 built" in again.stdout


def test_nothing_is_wrong_when_verified(processed: dict[str, str]) -> None:
    assert "no problems" in run_flask(["verify"], processed).stdout


def _umap(environment: dict[str, str]) -> Path:
    snapshot = json.loads(run_flask(["status", "--json"], environment).stdout)["snapshot"]["id"]
    folder = Path(environment["MUSIC_EXPLORE_ROOT_DIR"]) / "aggrdata" / snapshot
    return folder / "mtt-vgg" / "embeddings" / "tracks" / "umap.npy"


def test_damage_is_repaired_when_asked_for(processed: dict[str, str], tmp_path: Path) -> None:
    root = Path(shutil.copytree(processed["MUSIC_EXPLORE_ROOT_DIR"], tmp_path / "library"))
    environment = processed | {"MUSIC_EXPLORE_ROOT_DIR": str(root)}
    part = next((root / "data" / "mtt-vgg").glob("*.taggrams.npy"))
    projection = _umap(environment)
    index = next((root / "indexes").rglob("*.index"))
    before = np.load(projection)
    for path in (part, projection, index):
        content = bytearray(path.read_bytes())
        content[-3] ^= 0xFF
        path.write_bytes(content)
    found = run_flask(["verify"], environment, check=False)
    assert found.returncode == 1
    assert all(str(path) in found.stdout for path in (part, projection, index))
    repaired = run_flask(["verify", "--repair"], environment)
    assert "After the repair: no problems." in repaired.stdout
    np.testing.assert_array_equal(np.load(_umap(environment)), before)


def test_damaged_map_is_repaired_when_networks_and_music_are_gone(
    processed: dict[str, str], tmp_path: Path
) -> None:
    root = Path(shutil.copytree(processed["MUSIC_EXPLORE_ROOT_DIR"], tmp_path / "library"))
    environment = processed | {
        "MUSIC_EXPLORE_ROOT_DIR": str(root),
        "MUSIC_EXPLORE_AUDIO_DIR": str(tmp_path / "unplugged"),
        "MUSIC_EXPLORE_MODELS_DIR": str(tmp_path / "nothing"),
    }
    projection = _umap(environment)
    before = np.load(projection)
    projection.write_bytes(b"damage")
    assert "After the repair: no problems." in run_flask(["verify", "--repair"], environment).stdout
    np.testing.assert_array_equal(np.load(projection), before)


@pytest.mark.parametrize(
    ("library", "command"),
    [("own_scanned", VGG), ("own_extracted", PCA)],
    ids=["extract", "reduce"],
)
def test_work_does_not_begin_when_the_database_is_read_only(
    request: pytest.FixtureRequest, tmp_path: Path, library: str, command: list[str]
) -> None:
    environment = request.getfixturevalue(library)
    read_only = f"sqlite:///file:{tmp_path / 'library' / 'db.sqlite'}?mode=ro&uri=true"
    refused = run_flask(
        command, environment | {"MUSIC_EXPLORE_SQLALCHEMY_DATABASE_URI": read_only}, check=False
    )
    assert refused.returncode == 1
    assert "The database is read-only." in refused.stderr
    assert not list((tmp_path / "library" / "aggrdata").glob("*"))
    run_flask(command, environment)


def test_failed_files_are_tried_again_only_on_demand(processed: dict[str, str]) -> None:
    assert "nothing to do" in run_flask(["extract-all"], processed).stdout
    retried = run_flask(["extract-all", "--retry-failed"], processed, check=False)
    assert "0 tracks extracted" in retried.stdout
    assert "nothing to do" in run_flask(["extract-all"], processed).stdout


def test_moved_file_keeps_its_vectors_when_scanned_again(
    own_music: Path, own_extracted: dict[str, str]
) -> None:
    first = min(own_music.rglob("*.ogg"))
    first.rename(own_music / "moved.ogg")
    run_flask(["index-all-audio"], own_extracted)
    assert "nothing to do" in run_flask(["extract-all"], own_extracted).stdout


def test_changed_file_is_extracted_anew_when_scanned_again(
    own_music: Path, own_scanned: dict[str, str]
) -> None:
    run_flask(VGG, own_scanned)
    first, second = sorted(own_music.rglob("*.ogg"))[:2]
    first.write_bytes(second.read_bytes())
    os.utime(first, (1, 1))
    run_flask(["index-all-audio"], own_scanned)
    again = run_flask(VGG, own_scanned)
    assert "0 tracks extracted, 1 share the vectors" in again.stdout


def test_only_the_lost_file_fails_when_it_vanishes_after_the_scan(
    own_music: Path, own_scanned: dict[str, str]
) -> None:
    min(own_music.rglob("*.ogg")).unlink()
    done = run_flask(VGG, own_scanned)
    assert "5 tracks extracted, 1 failed" in done.stdout


def test_message_says_what_to_do_when_no_network_is_there(tmp_path: Path, own_music: Path) -> None:
    (tmp_path / "models").mkdir()
    environment = flask_environment(tmp_path / "library", own_music, tmp_path / "models")
    done = run_flask(["process"], environment, check=False)
    assert done.returncode == 1
    assert "flask download-models" in done.stderr
    assert "Traceback" not in done.stderr


def test_damaged_network_is_refused_by_name(tmp_path: Path, own_music: Path, models_dir: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "mtt-vgg.pb").write_bytes((models_dir / "mtt-vgg.pb").read_bytes()[:100_000])
    environment = flask_environment(tmp_path / "library", own_music, models)
    done = run_flask(["process"], environment, check=False)
    assert done.returncode == 1
    assert "mtt-vgg.pb" in done.stderr
    assert "Traceback" not in done.stderr


def test_message_is_clear_when_the_folder_is_empty(tmp_path: Path, two_networks: Path) -> None:
    (tmp_path / "empty").mkdir()
    environment = flask_environment(tmp_path / "library", tmp_path / "empty", two_networks)
    done = run_flask(["process"], environment, check=False)
    assert done.returncode == 1
    assert str(tmp_path / "empty") in done.stderr
    assert "Traceback" not in done.stderr


def test_tracks_stay_pending_when_the_music_is_gone_for_a_while(
    tmp_path: Path, own_music: Path, own_scanned: dict[str, str]
) -> None:
    own_music.rename(tmp_path / "unplugged")
    gone = run_flask(VGG, own_scanned, check=False)
    assert gone.returncode == 1
    assert "Is its disk mounted?" in gone.stderr
    (tmp_path / "unplugged").rename(own_music)
    assert "6 tracks extracted, 0 failed" in run_flask(VGG, own_scanned).stdout


def _grow_when_opened(path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    while not any(os.path.realpath(descriptor) == str(path) for descriptor in descriptors.iterdir()):
        time.sleep(0.001)
    with path.open("ab") as file:
        file.write(b"more")


def test_track_is_put_off_when_its_file_changes_while_it_is_read(tmp_path: Path, two_networks: Path) -> None:
    path = tmp_path / "long.wav"
    write_music(path, 60.0)
    work = prepare_worker([NETWORKS.get("mtt-vgg")], two_networks, "onnx")
    other = threading.Thread(target=_grow_when_opened, args=(path,))
    other.start()
    with pytest.raises(AudioUnavailableError, match="changed while it was read"):
        work(Task(1, path, ("mtt-vgg",)))
    other.join()
