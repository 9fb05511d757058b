"""The neighbour indexes of the published snapshot, verified and opened once per process."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.errors import DamagedFileError, MusicExploreError
from app.neighbours import BACKENDS, Index
from app.queries.catalogue import OpenSnapshot
from app.settings import Settings
from app.store.files import manifest_path, read_manifest
from app.store.integrity import Identity, examine, identify, note_damage
from app.store.snapshots import Space, index_path

KEPT_OPEN = 32
BUILD_INDEX = "Build one with: flask index-all-embeddings"

_Key = tuple[Path, Identity, Identity]


@dataclass(frozen=True)
class OpenIndex:
    """An index of a space, or the reason for searching without.

    Attributes
    ----------
    metric : str or None
        What it measures distances by; None without an index.
    recall : float or None
        Share of the true 10 nearest neighbours that it finds, measured when it was built.
    note : str or None
        Why there is none.
    """

    index: Index | None
    backend: str = "exact"
    exact: bool = True
    metric: str | None = None
    recall: float | None = 1.0
    note: str | None = None


_opened: OrderedDict[_Key, OpenIndex] = OrderedDict()
_lock = threading.Lock()


def open_index(settings: Settings, snapshot: OpenSnapshot, space: Space) -> OpenIndex:
    """Open the index of a space; one that has been built anew since is opened anew."""
    path = index_path(settings.INDEX_DIR, snapshot.key, space)
    file, manifest = identify(path), identify(manifest_path(path))
    if file is None or manifest is None:
        if manifest is not None:
            note_damage(path, "it is missing")
        return OpenIndex(None, note=f"There is no index of {space}: searched without. {BUILD_INDEX}")
    key = (path, file, manifest)
    with _lock:
        opened = _opened.pop(key, None) or _open(path, snapshot.key, space)
        _opened[key] = opened
        while len(_opened) > KEPT_OPEN:
            _opened.popitem(last=False)
    return opened


def _open(path: Path, key: str, space: Space) -> OpenIndex:
    try:
        manifest: dict[str, Any] = read_manifest(path) or {}
        if manifest.get("snapshot") != key:
            return _unusable(space, "it belongs to another snapshot")
        if not examine(path, manifest["sha256"], rest=lambda _seconds: None):
            return _unusable(space, "its checksum differs from the manifest's")
        backend = BACKENDS.get(manifest["backend"])
        index = backend.open(path, manifest["facts"])
        recall = 1.0 if backend.exact else manifest["facts"].get("recall_at_10")
        return OpenIndex(index, backend.name, backend.exact, manifest["metric"], recall)
    except DamagedFileError:
        note_damage(manifest_path(path), "it cannot be read, or does not match the index")
        return _unusable(space, "it is damaged")
    except MusicExploreError as error:  # an optional package is missing
        return _unusable(space, str(error))
    except (OSError, KeyError, TypeError, ValueError):
        note_damage(path, "it cannot be read")
        return _unusable(space, "it cannot be read")


def _unusable(space: Space, reason: str) -> OpenIndex:
    return OpenIndex(
        None, note=f"The index of {space} cannot be used ({reason}): searched without. {BUILD_INDEX}"
    )
