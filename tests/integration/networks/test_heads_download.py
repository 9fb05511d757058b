"""EffNet and the heads come from their publisher with what is said of them, and count only together."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from app.errors import DownloadError, InputError, NotFoundError
from app.files import file_sha256
from app.networks import NETWORKS
from app.networks.heads import HEADS, load_head
from app.networks.heads.download import default_heads, is_whole
from app.networks.weights.download import download_default, download_official
from app.networks.weights.official import SHA256
from app.networks.weights.store import read_facts
from tests.head_files import effnet_graph, effnet_onnx, effnet_weights, write_head
from tests.integration.networks.breaking_server import BreakingServer, serving
from tests.network_files import Listener

NETWORK = NETWORKS.get("discogs-effnet")
HEAD = HEADS["engagement_3c-discogs-effnet"]
CLASSES = ("not engaging", "moderately engaging", "engaging")
PLACE = f"/{HEAD.official_path}"
FACTS = PLACE.removesuffix(".pb") + ".json"
EFFNET = f"/{NETWORK.official_onnx_path}"
EFFNET_FACTS = EFFNET.removesuffix(".onnx") + ".json"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BreakingServer]:
    """A stand-in for the publisher's site, with files built like theirs."""
    source = tmp_path / "source"
    source.mkdir()
    write_head(source, HEAD, CLASSES, 1280)
    files = {
        PLACE: HEAD.file_in(source).read_bytes(),
        FACTS: HEAD.facts_in(source).read_bytes(),
        EFFNET: effnet_onnx(effnet_weights()),
        EFFNET_FACTS: json.dumps({"classes": NETWORK.tags}).encode(),
        f"/{NETWORK.official_path}": effnet_graph(effnet_weights()),
    }
    for place, content in files.items():
        if Path(place).name in SHA256:
            monkeypatch.setitem(SHA256, Path(place).name, hashlib.sha256(content).hexdigest())
    with serving(files) as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def download(server: BreakingServer, folder: Path, name: str) -> list[str]:
    listener = Listener()
    download_official(folder, listener, names=[name], root=server.root)
    return listener.messages


def test_head_is_ready_when_it_was_downloaded(server: BreakingServer, folder: Path) -> None:
    assert download(server, folder, HEAD.name) == [f"Fetched {HEAD.file_in(folder)}."]
    path, facts = HEAD.file_in(folder), HEAD.facts_in(folder)
    assert read_facts(path) == {
        "sha256": file_sha256(path),
        "facts_sha256": file_sha256(facts),
        "source": server.root + PLACE,
        "licence": "CC BY-NC-SA 4.0",
    }
    assert load_head(HEAD, NETWORK, folder).classes == CLASSES
    assert not list(folder.glob("*.partial"))


def test_head_is_refused_when_it_is_not_the_known_one(
    server: BreakingServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SHA256, Path(PLACE).name, "0" * 64)
    with pytest.raises(DownloadError, match="not 0000"):
        download(server, folder, HEAD.name)
    assert not HEAD.file_in(folder).exists()
    assert not list(folder.glob("*.partial"))


def test_others_are_fetched_when_one_is_not_the_known_one(
    server: BreakingServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SHA256, Path(EFFNET).name, "0" * 64)
    with pytest.raises(DownloadError, match=r"bsdynamic-1\.onnx is not the file"):
        download_official(folder, Listener(), names=[NETWORK.name, HEAD.name], root=server.root)
    assert is_whole(HEAD, folder)
    assert not NETWORK.file_in(folder).exists()


def test_labels_are_refused_when_they_are_not_the_known_ones(
    server: BreakingServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SHA256, Path(FACTS).name, "0" * 64)
    with pytest.raises(DownloadError, match=r"\.json is not the file"):
        download(server, folder, HEAD.name)
    assert not HEAD.facts_in(folder).exists()


def test_nothing_is_fetched_when_the_head_is_there(server: BreakingServer, folder: Path) -> None:
    download(server, folder, HEAD.name)
    server.files.clear()
    assert download(server, folder, HEAD.name) == [f"Already in {folder}: {HEAD.name}."]


def test_head_is_fetched_again_when_what_is_said_of_it_is_gone(server: BreakingServer, folder: Path) -> None:
    download(server, folder, HEAD.name)
    HEAD.facts_in(folder).unlink()
    assert not is_whole(HEAD, folder)
    download(server, folder, HEAD.name)
    assert is_whole(HEAD, folder)


def test_download_goes_on_when_the_connection_breaks(server: BreakingServer, folder: Path) -> None:
    server.lasts, server.breaks = 60_000, 2
    download(server, folder, HEAD.name)
    assert HEAD.file_in(folder).read_bytes() == server.files[PLACE]


@pytest.mark.parametrize(
    ("place", "says"),
    [(PLACE, "is not the file that it should be"), (FACTS, f"does not give the head {HEAD.name}")],
)
def test_old_head_stays_when_something_else_comes(
    server: BreakingServer, folder: Path, place: str, says: str
) -> None:
    download(server, folder, HEAD.name)
    before = HEAD.file_in(folder).read_bytes()
    HEAD.facts_in(folder).write_text(HEAD.facts_in(folder).read_text() + "\n")  # so that it is fetched again
    server.files[place] = b"<!DOCTYPE html><html><body>Under maintenance</body></html>"
    with pytest.raises(DownloadError, match=says):
        download(server, folder, HEAD.name)
    assert HEAD.file_in(folder).read_bytes() == before
    assert is_whole(HEAD, folder)
    assert not list(folder.glob("*.partial"))


def test_head_is_refused_when_its_graph_is_none(server: BreakingServer, folder: Path) -> None:
    server.files[PLACE] = b"<!DOCTYPE html><html><body>Under maintenance</body></html>"
    with pytest.raises(DownloadError, match=f"does not give the head {HEAD.name}"):
        download(server, folder, HEAD.name)
    assert not HEAD.is_installed(folder)


def test_effnet_comes_as_onnx_file_with_its_styles(server: BreakingServer, folder: Path) -> None:
    download(server, folder, NETWORK.name)
    assert sorted(path.name for path in folder.iterdir()) == [
        "discogs-effnet.json",
        "discogs-effnet.onnx",
        "discogs-effnet.onnx.json",
    ]
    server.files.clear()
    assert download(server, folder, NETWORK.name) == [f"Already in {folder}: discogs-effnet."]


def test_frozen_graph_of_effnet_is_kept_up_when_it_is_what_is_there(
    server: BreakingServer, folder: Path
) -> None:
    folder.mkdir()
    (folder / "discogs-effnet.pb").write_bytes(b"an older file")
    server.files[f"/{NETWORK.official_path.removesuffix('.pb')}.json"] = server.files[EFFNET_FACTS]
    download(server, folder, NETWORK.name)
    assert (folder / "discogs-effnet.pb").read_bytes() == server.files[f"/{NETWORK.official_path}"]
    assert not (folder / "discogs-effnet.onnx").exists()


def test_effnet_is_refused_when_its_styles_have_other_names(
    server: BreakingServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(SHA256, Path(EFFNET_FACTS).name)
    server.files[EFFNET_FACTS] = json.dumps({"classes": list(reversed(NETWORK.tags))}).encode()
    with pytest.raises(DownloadError, match="does not name the tags of discogs-effnet"):
        download(server, folder, NETWORK.name)
    assert not (folder / "discogs-effnet.onnx").exists()


def test_heads_on_effnet_come_with_all_networks(server: BreakingServer, folder: Path) -> None:
    listener = Listener()
    download_official(folder, listener, root=server.root, dry_run=True)
    for head in default_heads():
        assert f"Would fetch {server.root}/{head.official_path} and its JSON." in listener.messages
    assert len(default_heads()) == 13
    assert not any("-msd-musicnn-1.pb" in message for message in listener.messages[6:])
    assert not folder.exists()


def test_way_is_told_when_a_head_is_asked_for_without_official(folder: Path) -> None:
    with pytest.raises(InputError, match="--official --only engagement_3c-discogs-effnet"):
        download_default(folder, Listener(), names=[HEAD.name])


def test_name_is_refused_when_it_is_neither_network_nor_head(folder: Path) -> None:
    with pytest.raises(NotFoundError, match="Unknown network 'mood_hungry-msd-musicnn'"):
        download_official(folder, Listener(), names=["mood_hungry-msd-musicnn"])


def test_heads_are_listed_when_asked_which_are_here(runner: FlaskCliRunner, folder: Path) -> None:
    folder.mkdir()
    write_head(folder, HEAD, CLASSES, 1280)
    other = HEADS["mood_sad-msd-musicnn"]
    write_head(folder, other, ("a", "a"), 200)
    output = runner.invoke(args=["download-models", str(folder), "--list"]).output
    lines = {words[0]: words for line in output.splitlines() if (words := line.split())}
    assert lines[HEAD.name] == [HEAD.name, "whole"]
    assert lines[other.name] == [other.name, "damaged"]
    assert "27 heads missing; get them with: flask download-models --official" in output
    assert "get it with: flask download-models --official --only discogs-effnet" in output
