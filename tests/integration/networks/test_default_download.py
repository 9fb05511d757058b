"""The freely licensed networks are made of a package that pip fetches."""

import shutil
import zipfile
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from app.errors import DownloadError, InputError, NotFoundError
from app.files import file_sha256, manifest_path, write_json
from app.networks import NETWORKS
from app.networks.weights.download import download_default, list_networks
from app.networks.weights.store import find_onnx, network_sha256
from app.networks.weights.wheel import FILE_NAME
from tests.network_files import Listener

FREE = ["msd-musicnn", "msd-vgg", "mtt-musicnn", "mtt-vgg"]


def states(folder: Path) -> dict[str, str]:
    return {file.network.name: file.state for file in list_networks(folder)}


def test_all_free_networks_are_there_when_downloaded(models_dir: Path) -> None:
    found = states(models_dir)
    assert [found[name] for name in FREE] == ["whole"] * 4
    for name in FREE:
        network = NETWORKS.get(name)
        path = network.file_in(models_dir)
        assert network.checkpoint is not None
        assert network_sha256(path) == network.checkpoint.sha256
        assert find_onnx(network, path, network.checkpoint.sha256) is not None


def test_nothing_is_fetched_when_the_files_are_whole(
    models_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    for name in FREE:
        shutil.copy(NETWORKS.get(name).file_in(models_dir), tmp_path)
    listener = Listener()
    download_default(tmp_path, listener)
    assert listener.messages == [
        f"Already in {tmp_path}: {', '.join(FREE)}.",
        "audioset-vggish comes with --official only (CC BY-NC-SA 4.0).",
        "discogs-effnet comes with --official only (CC BY-NC-SA 4.0).",
    ]
    assert sorted(path.name for path in tmp_path.glob("*.onnx")) == [f"{name}.onnx" for name in FREE]


def test_official_file_stays_when_it_is_whole(models_dir: Path, tmp_path: Path) -> None:
    path = NETWORKS.get("mtt-vgg").file_in(tmp_path)
    path.write_bytes(NETWORKS.get("mtt-vgg").file_in(models_dir).read_bytes() + b"\x2a\x00")
    facts = {"sha256": file_sha256(path), "source": "https://example.org/x.pb", "licence": "some"}
    write_json(manifest_path(path), facts)
    before = path.read_bytes()
    download_default(tmp_path, Listener(), names=["mtt-vgg"])
    assert path.read_bytes() == before


def test_reason_is_told_when_pip_cannot_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(DownloadError, match=r"pip could not download musicnn==0\.1\.0.*put musicnn-0\.1\.0"):
        download_default(tmp_path, Listener(), names=["mtt-vgg"])
    assert "No matching distribution" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_package_is_refused_when_its_index_gives_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    index = tmp_path / "index"
    index.mkdir()
    with zipfile.ZipFile(index / FILE_NAME, "w") as archive:
        info = "musicnn-0.1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: musicnn\nVersion: 0.1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(DownloadError, match="is not the file that it should be: its SHA-256 is"):
        download_default(tmp_path / "models", Listener(), names=["mtt-vgg"])
    assert not (tmp_path / "models").exists()


def test_package_is_refused_when_the_file_put_there_is_another_one(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"PK")
    with pytest.raises(DownloadError, match="trusted"):
        download_default(tmp_path, Listener(), names=["mtt-vgg"])


def test_way_is_told_when_there_is_only_the_official_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="flask download-models --official --only audioset-vggish"):
        download_default(tmp_path, Listener(), names=["mtt-vgg", "audioset-vggish"])


def test_known_names_are_told_when_there_is_no_such_network(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="Known: audioset-vggish, discogs-effnet, msd-musicnn"):
        download_default(tmp_path, Listener(), names=["musicnn"])


def test_networks_are_shown_when_the_command_lists_them(
    runner: FlaskCliRunner, models_dir: Path, tmp_path: Path
) -> None:
    shutil.copy(NETWORKS.get("mtt-vgg").file_in(models_dir), tmp_path)
    (tmp_path / "msd-vgg.pb").write_bytes(b"nonsense")
    result = runner.invoke(args=["download-models", str(tmp_path), "--list"])
    lines = {line.split()[0]: line for line in result.output.splitlines()}
    assert result.exit_code == 0
    assert "flask download-models --official --only audioset-vggish" in lines["audioset-vggish"]
    assert "damaged" in lines["msd-vgg"]
    assert "taggrams 50, embeddings 256" in lines["mtt-vgg"]
    assert "whole, from musicnn 0.1.0 on PyPI (ISC)" in lines["mtt-vgg"]


def test_nothing_is_written_when_the_command_runs_dry(runner: FlaskCliRunner, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    result = runner.invoke(args=["download-models", str(folder), "--dry-run"])
    assert result.exit_code == 0
    assert "Would make msd-musicnn, msd-vgg, mtt-musicnn, mtt-vgg" in result.output
    assert not folder.exists()


def test_command_ends_with_a_message_when_a_name_is_wrong(runner: FlaskCliRunner, tmp_path: Path) -> None:
    result = runner.invoke(args=["download-models", str(tmp_path), "--only", "nothing"])
    assert result.exit_code == 2
    assert "Error: Unknown network 'nothing'" in result.output


def test_examples_are_shown_when_the_command_is_asked_for_help(runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["download-models", "--help"])
    assert "flask download-models --official --only audioset-vggish" in result.output
