"""What is remembered of files that were compared with their checksums."""

import os
from pathlib import Path

import numpy as np
import pytest

from app.errors import DamagedFileError
from app.files import file_sha256
from app.store import integrity
from app.store.files import read_facts, write_array, write_facts
from app.store.integrity import examine, list_damage, open_checked


@pytest.fixture
def array(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "a" / "b.npy"
    return path, write_array(path, np.arange(5000))


def test_small_file_is_read_once_when_it_is_opened_often(
    array: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = []
    real = integrity._file_sha256
    monkeypatch.setattr(integrity, "_file_sha256", lambda *given: read.append(given) or real(*given))
    for _ in range(3):
        assert open_checked(*array)[7] == 7
    assert len(read) == 1


def test_damage_is_forgotten_when_the_file_was_repaired(array: tuple[Path, str], tmp_path: Path) -> None:
    path, sha256 = array
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"\1")
    for _ in range(2):
        with pytest.raises(DamagedFileError, match="its checksum differs"):
            open_checked(path, sha256)
    assert list_damage(tmp_path) == {"a/b.npy": "its checksum differs from the manifest's"}
    assert list_damage(tmp_path / "other") == {}
    path.write_bytes(content)
    assert list_damage(tmp_path) == {}
    assert open_checked(path, sha256)[7] == 7


def test_damage_is_noticed_when_a_file_of_the_same_time_takes_its_place(array: tuple[Path, str]) -> None:
    path, sha256 = array
    open_checked(path, sha256)
    facts, content = path.stat(), path.read_bytes()
    path.unlink()
    path.write_bytes(content[:-1] + b"\1")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    if path.stat().st_ino == facts.st_ino:
        pytest.skip("this file system uses inodes again at once")
    with pytest.raises(DamagedFileError):
        open_checked(path, sha256)


def test_large_file_is_open_at_once_and_refused_once_it_was_examined(
    array: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "SMALL_BYTES", 100)
    monkeypatch.setattr(integrity, "BLOCK_BYTES", 1000)
    path, sha256 = array
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    assert open_checked(path, sha256)[7] == 7
    with pytest.raises(DamagedFileError):
        open_checked(path, sha256, at_any_size=True)
    rests: list[float] = []
    other = path.with_name("other.npy")
    other.write_bytes(path.read_bytes())
    assert not examine(other, sha256, rest=rests.append)
    assert len(rests) == -(-other.stat().st_size // 1000)
    with pytest.raises(DamagedFileError):
        open_checked(other, sha256)
    assert examine(other, file_sha256(other))


def test_missing_file_is_damage_until_it_is_there(array: tuple[Path, str], tmp_path: Path) -> None:
    path, sha256 = array
    content = path.read_bytes()
    path.unlink()
    with pytest.raises(DamagedFileError, match="it is missing"):
        open_checked(path, sha256)
    assert list_damage(tmp_path) == {"a/b.npy": "it is missing"}
    path.write_bytes(content)
    assert list_damage(tmp_path) == {}


def test_manifest_is_refused_when_any_of_its_numbers_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    facts = {"n": 60, "seconds": 2.992, "nested": {"a": [1, None, float("nan")]}, "pair": (1, 2)}
    write_facts(path, facts)
    read = read_facts(path)
    assert (read["n"], read["seconds"], read["pair"]) == (60, 2.992, [1, 2])
    text = path.read_text()
    for before, after in (("60", "61"), ("2.992", "2.993"), ('"n"', '"m"'), ("null", "1")):
        path.write_text(text.replace(before, after))
        with pytest.raises(DamagedFileError, match="differs from its checksum"):
            read_facts(path)


def test_manifest_of_an_earlier_version_is_read_without_a_checksum(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text('{"n": 60}')
    assert read_facts(path) == {"n": 60}
    path.write_text("[1]")
    with pytest.raises(DamagedFileError, match="not a JSON object"):
        read_facts(path)
