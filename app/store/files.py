"""Stored arrays and their manifests, on top of the atomic writing of :mod:`app.files`."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.errors import DamagedFileError
from app.files import atomic_path, file_sha256, manifest_path, storage_error, write_json

__all__ = [
    "Array",
    "atomic_path",
    "file_sha256",
    "manifest_path",
    "read_array",
    "read_facts",
    "read_json",
    "read_manifest",
    "storage_error",
    "write_array",
    "write_derived_array",
    "write_facts",
    "write_json",
]

CHECKSUM = "manifest_sha256"

Array = npt.NDArray[Any]


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    DamagedFileError
        If it is missing or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedFileError(
            f"Cannot read {path}: {error}. 'flask verify --repair' rebuilds it."
        ) from error


def write_facts(path: Path, facts: Mapping[str, Any]) -> None:
    """Write a manifest: ``facts``, and a checksum of them, so that a wrong number in it is noticed."""
    write_json(path, {**facts, CHECKSUM: _facts_sha256(facts)})


def read_facts(path: Path) -> dict[str, Any]:
    """Read a manifest, without its checksum. Manifests of earlier versions have none.

    Raises
    ------
    DamagedFileError
        If it is missing, not JSON, not an object, or not what was written.
    """
    facts = read_json(path)
    if not isinstance(facts, dict):
        raise DamagedFileError(f"{path} is damaged: not a JSON object. 'flask verify --repair' rebuilds it.")
    checksum = facts.pop(CHECKSUM, None)
    if checksum is not None and checksum != _facts_sha256(facts):
        raise DamagedFileError(
            f"{path} is damaged: its content differs from its checksum. 'flask verify --repair' rebuilds it."
        )
    return facts


def _facts_sha256(facts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of facts as they are after being written and read."""
    text = json.dumps(json.loads(json.dumps(facts)), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def write_array(path: Path, array: Array) -> str:
    """Write ``array`` as a little-endian ``.npy`` file, atomically; return the file's SHA-256."""
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    with atomic_path(path) as partial:
        with partial.open("wb") as stream:
            np.save(stream, little, allow_pickle=False)
        return file_sha256(partial)


def read_array(path: Path) -> Array:
    """Open an ``.npy`` file memory-mapped and read-only.

    Raises
    ------
    DamagedFileError
        If it is missing, cut short or no array.
    """
    try:
        array: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, SyntaxError) as error:  # the last: of a damaged header
        raise DamagedFileError(
            f"Cannot read {path}: {error}. 'flask verify --repair' rebuilds it."
        ) from error
    return array


def write_derived_array(path: Path, array: Array, facts: dict[str, Any]) -> None:
    """Write an array and, after it, its manifest: ``facts`` plus shape, dtype and SHA-256.

    A file counts only with its manifest, so the manifest's rename is the commit point.
    """
    manifest_path(path).unlink(missing_ok=True)
    digest = write_array(path, array)
    described = {"shape": list(array.shape), "dtype": str(array.dtype), "sha256": digest}
    write_facts(manifest_path(path), facts | described)


def read_manifest(path: Path) -> dict[str, Any] | None:
    """Return the manifest of a derived file; None if the file was never finished.

    Raises
    ------
    DamagedFileError
        If the manifest is damaged.
    """
    if not (manifest_path(path).exists() and path.exists()):
        return None
    return read_facts(manifest_path(path))
