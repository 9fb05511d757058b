"""The publisher's files come over HTTP: interrupted, resumed, checked, and only then put into place."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import DownloadError, InputError
from app.files import file_sha256
from app.networks import NETWORKS
from app.networks.engines import load
from app.networks.heads import HEADS
from app.networks.weights.download import download_official, list_networks
from app.networks.weights.fetch import fetch
from app.networks.weights.official import SHA256
from app.networks.weights.store import find_onnx, read_facts
from tests.integration.networks.breaking_server import BreakingServer, serving
from tests.network_files import Listener

NETWORK = NETWORKS.get("mtt-vgg")
PLACE = f"/{NETWORK.official_path}"


@pytest.fixture
def server(models_dir: Path) -> Iterator[BreakingServer]:
    """A stand-in for the publisher's site; its file is ours, which is built like the official one."""
    with serving({PLACE: NETWORK.file_in(models_dir).read_bytes()}) as server:
        yield server


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return NETWORK.file_in(tmp_path)


def download(server: BreakingServer, path: Path) -> Listener:
    listener = Listener()
    download_official(path.parent, listener, names=[NETWORK.name], root=server.root)
    return listener


def test_network_is_ready_when_it_was_downloaded(server: BreakingServer, path: Path) -> None:
    listener = download(server, path)
    assert path.read_bytes() == server.files[PLACE]
    facts = {"sha256": file_sha256(path), "source": server.root + PLACE, "licence": "CC BY-NC-SA 4.0"}
    assert read_facts(path) == facts
    assert load(NETWORK, path).weights_sha256 == facts["sha256"]
    assert find_onnx(NETWORK, path, facts["sha256"]) is not None
    ((label, total, steps),) = listener.stages
    assert "mtt-vgg" in label
    assert total == sum(steps) == len(server.files[PLACE])


def test_download_goes_on_when_the_connection_breaks(server: BreakingServer, path: Path) -> None:
    server.lasts, server.breaks = 900_000, 2
    download(server, path)
    assert path.read_bytes() == server.files[PLACE]
    assert server.ranges == [None, "bytes=900000-", "bytes=1800000-"]


def test_next_run_goes_on_when_the_first_gave_up(server: BreakingServer, path: Path) -> None:
    server.lasts, server.breaks = 0, -1
    partial = path.with_name("mtt-vgg.pb.partial")
    partial.write_bytes(server.files[PLACE][:1_000_000])
    with pytest.raises(DownloadError, match="run the command again to go on"):
        download(server, path)
    assert partial.stat().st_size == 1_000_000
    assert not path.exists()
    server.breaks = 0
    download(server, path)
    assert path.read_bytes() == server.files[PLACE]
    assert not partial.exists()


def test_download_begins_anew_when_the_server_knows_no_ranges(server: BreakingServer, path: Path) -> None:
    server.knows_ranges = False
    server.lasts, server.breaks = 900_000, 1
    download(server, path)
    assert path.read_bytes() == server.files[PLACE]


def test_nothing_is_fetched_again_when_only_the_last_step_was_missing(
    server: BreakingServer, path: Path
) -> None:
    path.with_name("mtt-vgg.pb.partial").write_bytes(server.files[PLACE])
    listener = download(server, path)
    assert path.read_bytes() == server.files[PLACE]
    assert listener.stages == []


def test_download_begins_anew_when_the_partial_file_is_too_long(server: BreakingServer, path: Path) -> None:
    path.with_name("mtt-vgg.pb.partial").write_bytes(bytes(len(server.files[PLACE]) + 1))
    download(server, path)
    assert path.read_bytes() == server.files[PLACE]


def test_nothing_is_fetched_when_the_file_is_there(server: BreakingServer, path: Path) -> None:
    download(server, path)
    server.files.clear()
    listener = download(server, path)
    assert listener.messages == [f"Already in {path.parent}: mtt-vgg."]


def test_old_file_stays_when_something_else_comes(
    server: BreakingServer, path: Path, models_dir: Path
) -> None:
    shutil.copy(NETWORK.file_in(models_dir), path)
    before = path.read_bytes()
    server.files[PLACE] = b"<!DOCTYPE html><html><body>Under maintenance</body></html>"
    with pytest.raises(DownloadError, match="does not give the network mtt-vgg: it is not a frozen"):
        download(server, path)
    server.files[PLACE] = (models_dir / "mtt-musicnn.pb").read_bytes()
    with pytest.raises(DownloadError, match="does not give the network mtt-vgg: its node"):
        download(server, path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_file_is_refused_when_it_is_not_the_one_that_came_first(server: BreakingServer, path: Path) -> None:
    download(server, path)
    path.unlink()
    server.files[PLACE] += b"\x00"
    with pytest.raises(DownloadError, match=r"its SHA-256 is .*delete .*mtt-vgg\.pb\.json"):
        download(server, path)
    assert not path.exists()


def test_file_is_refused_when_it_is_not_the_published_one(
    server: BreakingServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    download(server, path)
    before = path.read_bytes()
    monkeypatch.setitem(SHA256, Path(PLACE).name, "0" * 64)
    server.files[PLACE] += b"\x00"
    path.with_name("mtt-vgg.pb.json").write_text("{}")
    with pytest.raises(DownloadError, match=r"not 0000.*yourself, as .*mtt-vgg\.pb, and delete .*pb\.json"):
        download(server, path)
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.partial"))


def test_known_sums_are_of_files_that_can_be_fetched() -> None:
    networks = [path for network in NETWORKS for path in (network.official_path, network.official_onnx_path)]
    places = [*networks, *(head.official_path for head in HEADS.values())]
    weights = {Path(place) for place in places if place}
    assert set(SHA256) <= {
        path.with_suffix(suffix).name for path in weights for suffix in (path.suffix, ".json")
    }
    assert all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in SHA256.values())


def test_file_is_fetched_again_when_it_was_damaged_since(server: BreakingServer, path: Path) -> None:
    download(server, path)
    path.write_bytes(path.read_bytes()[:1000])
    assert {file.network.name: file.state for file in list_networks(path.parent)}["mtt-vgg"] == "damaged"
    download(server, path)
    assert path.read_bytes() == server.files[PLACE]


def test_reason_is_told_when_the_file_is_not_on_the_server(server: BreakingServer, path: Path) -> None:
    server.files.clear()
    with pytest.raises(DownloadError, match=r"mtt-vgg-1\.pb: 404 Not Found"):
        download(server, path)


def test_reason_is_told_when_nobody_answers(tmp_path: Path) -> None:
    with serving({}) as server:
        address = server.root
    with pytest.raises(DownloadError, match="Connection refused"):
        fetch(f"{address}/x", tmp_path / "x", "x", Listener())


def test_address_is_refused_when_it_is_not_of_the_web(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not file:"):
        fetch("file:///etc/passwd", tmp_path / "x", "x", Listener())


def test_nothing_is_written_when_it_is_a_dry_run(server: BreakingServer, path: Path) -> None:
    listener = Listener()
    download_official(path.parent, listener, names=["mtt-vgg"], root=server.root, dry_run=True)
    assert listener.messages == [f"Would fetch {server.root}{PLACE}."]
    assert server.ranges == []
    assert list(path.parent.iterdir()) == []
