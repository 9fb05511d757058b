"""Atomic files, arrays, manifests."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from app.errors import DamagedFileError, StorageError
from app.store.files import (
    atomic_path,
    file_sha256,
    manifest_path,
    read_array,
    read_json,
    read_manifest,
    storage_error,
    write_array,
    write_derived_array,
    write_json,
)


def test_old_content_stays_when_writing_fails(tmp_path: Path) -> None:
    target = tmp_path / "x.txt"
    target.write_text("old")
    with pytest.raises(UnicodeEncodeError), atomic_path(target) as partial:
        partial.write_text("half of it, then \udc80", encoding="utf-8")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_error_names_path_and_way_out_when_disk_is_full(tmp_path: Path) -> None:
    target = tmp_path / "x.npy"
    with pytest.raises(StorageError, match=r"x\.npy.*Free some space"), atomic_path(target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert list(tmp_path.iterdir()) == []


def test_error_names_reason_when_the_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "folder").write_text("")
    with pytest.raises(StorageError, match=r"folder/x\.npy"), atomic_path(tmp_path / "folder" / "x.npy"):
        pass


def test_real_full_disk_is_an_error_when_an_array_is_written() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(OSError, match="No space left") as caught, full.open("wb", buffering=0) as stream:
        stream.write(b"x")
    assert "Free some space" in str(storage_error(full, caught.value))


@pytest.mark.parametrize("dtype", ["<f2", "<f4", "<i8", ">f4", "|u1"])
def test_array_is_the_same_when_read_back(tmp_path: Path, dtype: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype)
    digest = write_array(tmp_path / "a.npy", array)
    found = read_array(tmp_path / "a.npy")
    np.testing.assert_array_equal(found, array)
    assert found.dtype.byteorder in "<|="
    assert isinstance(found, np.memmap)
    assert file_sha256(tmp_path / "a.npy") == digest


@pytest.mark.parametrize("content", [b"", b"not an array", b"\x93NUMPY\x01\x00"])
def test_array_is_refused_when_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"a\.npy"):
        read_array(tmp_path / "a.npy")


def test_array_is_refused_when_cut_short(tmp_path: Path) -> None:
    write_array(tmp_path / "a.npy", np.zeros((100, 100)))
    with (tmp_path / "a.npy").open("r+b") as stream:
        stream.truncate(500)
    with pytest.raises(DamagedFileError, match=r"a\.npy"):
        read_array(tmp_path / "a.npy")


def test_derived_array_does_not_count_when_its_manifest_is_missing(tmp_path: Path) -> None:
    path = tmp_path / "umap.npy"
    write_derived_array(path, np.zeros((2, 2), np.float32), {"snapshot": "abc"})
    manifest = read_manifest(path)
    assert manifest is not None
    assert (manifest["snapshot"], manifest["shape"], manifest["dtype"]) == ("abc", [2, 2], "float32")
    assert manifest["sha256"] == file_sha256(path)
    manifest_path(path).unlink()
    assert read_manifest(path) is None


def test_json_is_refused_when_damaged(tmp_path: Path) -> None:
    write_json(tmp_path / "m.json", {"a": 1})
    assert read_json(tmp_path / "m.json") == {"a": 1}
    (tmp_path / "m.json").write_text("{")
    with pytest.raises(DamagedFileError, match=r"m\.json"):
        read_json(tmp_path / "m.json")


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_file_may_be_read_by_those_whom_the_umask_allows(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write_json(tmp_path / "new.json", {})
    finally:
        os.umask(before)
    assert (tmp_path / "new.json").stat().st_mode & 0o777 == mode
    assert [path.name for path in tmp_path.iterdir()] == ["new.json"]
