"""The published snapshot, opened once per process."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.errors import DamagedFileError, EmptyLibraryError, NotFoundError
from app.models import Snapshot, db
from app.settings import Settings
from app.store.files import Array
from app.store.integrity import REPAIR, Identity, identify, is_damaged, note_damage
from app.store.snapshots import SnapshotFiles, Space

MAX_ID = 2**32  # as columns of points hold them
KEPT_OPEN = 2  # the current snapshot, and the one before for requests that are under way


class OpenSnapshot(SnapshotFiles):
    """A snapshot whose arrays stay open and have been compared with its manifest. Safe in threads."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._arrays: dict[str, tuple[Path, Identity | None, Array]] = {}

    def projection_and_manifest(self, space: Space, name: str) -> tuple[Array, dict[str, Any]]:
        """Return the coordinates of a projection and the manifest that belongs to them.

        Not kept open: a projection of a published snapshot may be computed anew at any time.

        Raises
        ------
        NotFoundError
            If it has not been computed.
        DamagedFileError
            If it is damaged or does not fit the snapshot.
        """
        known = self.projection_names(space)
        found = self.derived(space, name) if name in known else None
        if found is None:
            raise NotFoundError(f"There is no projection {name!r} of {space}. There are: {', '.join(known)}.")
        path = self.derived_path(space, name)
        _require_rows(path, found[0], self.n_rows(space))
        _require(path, found[0].dtype.kind == "f", "it does not contain coordinates")
        return found

    def segment_seconds(self, network: str) -> float:
        """Seconds from the start of one segment to the start of the next."""
        return float(self._network(network)["segment_seconds"])

    def _base(self, name: str) -> Array:
        """Return an array that is open, unless its file has changed or was found to be damaged since."""
        kept = self._arrays.get(name)
        path = kept[0] if kept else self.folder / name
        identity = identify(path)
        # Without a file, of a snapshot that was removed meanwhile, what is open can still be read.
        if kept and (identity is None or (identity == kept[1] and not is_damaged(path, identity))):
            return kept[2]
        array = super()._base(name)
        self._check(path, name, array)
        # Two threads may both come here; they have opened the same file, and either will do.
        self._arrays[name] = path, identity, array
        return array

    def _check(self, path: Path, name: str, array: Array) -> None:
        """Refuse numbers that lead nowhere, also in files that are too large to be compared at once."""
        network, _, rest = name.partition("/")
        facts = self._network(network)
        n_tracks, n_segments = facts["n_tracks"], facts["n_segments"]
        if rest == "track_ids.npy":
            _require_rows(path, array, n_tracks)
            _require(path, array.dtype.kind == "i" and array.ndim == 1, "it does not contain ids")
            is_ascending = bool((array[1:] > array[:-1]).all())
            is_in_range = not n_tracks or (array[0] > 0 and array[-1] < MAX_ID)
            _require(path, is_ascending and bool(is_in_range), "its ids are out of range")
        elif rest == "offsets.npy":
            _require_rows(path, array, n_tracks + 1)
            _require(path, array.dtype.kind == "i" and array.ndim == 1, "it does not contain row numbers")
            ends = (int(array[0]), int(array[-1])) == (0, n_segments)
            _require(path, ends and bool((array[1:] >= array[:-1]).all()), "its numbers are out of range")
        else:
            layer, level = rest.removesuffix(".npy").split("/")
            _require_rows(path, array, n_tracks if level == "tracks" else n_segments)
            size = facts["layers"][layer]["size"]
            _require(path, array.dtype.kind == "f" and array.shape[1:] == (size,), "its shape is wrong")


def _require_rows(path: Path, array: Array, length: int) -> None:
    n_rows = array.shape[0] if array.ndim else 0
    _require(path, n_rows == length, f"it has {n_rows} rows instead of {length}")


def _require(path: Path, condition: bool, otherwise: str) -> None:
    if not condition:
        note_damage(path, otherwise)
        raise DamagedFileError(f"{path} is damaged: {otherwise}. {REPAIR}")


@dataclass(frozen=True)
class Published:
    """The snapshot that is read now.

    Attributes
    ----------
    published_at : datetime
        In UTC.
    """

    files: OpenSnapshot
    published_at: datetime
    n_tracks: int
    n_segments: int


_opened: OrderedDict[tuple[Path, Identity], OpenSnapshot] = OrderedDict()
_lock = threading.Lock()


def published(settings: Settings) -> Published | None:
    """Return the newest snapshot; None if nothing has been published.

    Raises
    ------
    DamagedFileError
        If its folder or its manifest is gone.
    """
    newest = select(Snapshot).order_by(Snapshot.published_at.desc(), Snapshot.id.desc()).limit(1)
    row = db.session.scalar(newest)
    if row is None:
        return None
    return Published(
        files=_open(settings.AGGRDATA_DIR / row.key),
        published_at=row.published_at,
        n_tracks=row.n_tracks,
        n_segments=row.n_segments,
    )


def current_snapshot(settings: Settings) -> OpenSnapshot | None:
    """Return the files of the newest snapshot; None if nothing has been published."""
    found = published(settings)
    return None if found is None else found.files


def needed_snapshot(settings: Settings) -> OpenSnapshot:
    """Return the files of the newest snapshot.

    Raises
    ------
    EmptyLibraryError
        If nothing has been published.
    """
    files = current_snapshot(settings)
    if files is None:
        raise EmptyLibraryError("There is no map yet. Make one with: flask process")
    return files


def _open(folder: Path) -> OpenSnapshot:
    """Open a snapshot, or take it from those open already. One that was rebuilt is opened anew."""
    manifest = folder / "manifest.json"
    identity = identify(manifest)
    if identity is None:
        note_damage(manifest, "it is missing")
        raise DamagedFileError(f"The snapshot {folder.name} cannot be read: {manifest} is missing. {REPAIR}")
    key = (folder, identity)
    with _lock:
        snapshot = _opened.pop(key, None) or OpenSnapshot(folder)
        _opened[key] = snapshot
        while len(_opened) > KEPT_OPEN:
            _opened.popitem(last=False)
    return snapshot
