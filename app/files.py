"""Files that are whole or absent: atomic writing, checksums, JSON."""

import contextlib
import errno
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.errors import DiskFullError, StorageError


@contextlib.contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; rename it to ``path`` when the block ends well.

    The content is fsynced before the rename and the folder after it, so that after a crash there is
    the old file or the new one, never a piece. If the block fails the temporary file is removed.

    Raises
    ------
    StorageError
        If the disk is full or the place cannot be written; the message names path and reason.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
        partial.touch(exist_ok=False)  # not by tempfile, whose files nobody else may read, whatever the umask
    except OSError as error:
        raise storage_error(path, error) from error
    try:
        yield partial
        move_into_place(partial, path)
    except OSError as error:
        raise storage_error(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


def move_into_place(partial: Path, path: Path) -> None:
    """Rename a finished file to ``path``, on the same disk, so that it survives a crash from then on."""
    _sync(partial)
    partial.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_full(error: OSError) -> bool:
    """Tell whether an error of the operating system says that there is no room left."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)


def storage_error(path: Path, error: OSError) -> StorageError:
    """Turn an error of the operating system into one that says what to do."""
    reason = error.strerror or str(error)
    if is_full(error):
        return DiskFullError(f"Cannot write {path}: {reason}. Free some space, then run the command again.")
    return StorageError(f"Cannot write {path}: {reason}.")


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file atomically."""
    with atomic_path(path) as partial:
        partial.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def manifest_path(path: Path) -> Path:
    """Where the manifest of a derived file is: ``umap.npy`` → ``umap.npy.json``."""
    return path.with_name(path.name + ".json")
