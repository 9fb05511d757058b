"""The published snapshot, opened once per process."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.errors import DamagedFileError, EmptyLibraryError, NotFoundError
from app.models import Snapshot, db
from app.settings import Settings
from app.store.files import Array, read_array, read_manifest
from app.store.snapshots import SnapshotFiles, Space

KEPT_OPEN = 2  # the current snapshot, and the one before for requests that are under way


class OpenSnapshot(SnapshotFiles):
    """A snapshot whose arrays stay open and have been compared with its manifest. Safe in threads."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._arrays: dict[tuple[str | Space, ...], Array] = {}

    def track_ids(self, network: str) -> Array:
        """int64, shape=(n_tracks,): ids in row order."""
        n_tracks = self.n_rows(Space(network, "", "tracks"))
        return self._keep(
            ("track_ids", network), lambda: super(OpenSnapshot, self).track_ids(network), n_tracks
        )

    def offsets(self, network: str) -> Array:
        """int64, shape=(n_tracks + 1,): track row i has the segment rows offsets[i]:offsets[i+1]."""
        n_tracks = self.n_rows(Space(network, "", "tracks"))
        return self._keep(
            ("offsets", network), lambda: super(OpenSnapshot, self).offsets(network), n_tracks + 1
        )

    def vectors(self, space: Space) -> Array:
        """float16 segments or float32 tracks, shape=(n_rows, size), memory-mapped."""
        return self._keep((space,), lambda: super(OpenSnapshot, self).vectors(space), self.n_rows(space))

    def projection_and_manifest(self, space: Space, name: str) -> tuple[Array, dict[str, Any]]:
        """Return the coordinates of a projection and the manifest that belongs to them.

        Not kept open: a projection of a published snapshot may be computed anew at any time.

        Raises
        ------
        NotFoundError
            If it has not been computed.
        DamagedFileError
            If it does not fit the snapshot.
        """
        while True:
            found = self.projections(space)
            if name not in found:
                raise NotFoundError(
                    f"There is no projection {name!r} of {space}. There are: {', '.join(found)}."
                )
            path = self.derived_path(space, name)
            coordinates = read_array(path)
            manifest = read_manifest(path)
            if manifest is not None and manifest["sha256"] == found[name]["sha256"]:
                _check_length(path, coordinates, self.n_rows(space))
                return coordinates, found[name]

    def segment_seconds(self, network: str) -> float:
        """Seconds from the start of one segment to the start of the next."""
        return float(self._network(network)["segment_seconds"])

    def _keep(self, key: tuple[str | Space, ...], read: Callable[[], Array], length: int) -> Array:
        array = self._arrays.get(key)
        if array is None:
            array = read()
            _check_length(self.folder, array, length)
            # Two threads may both come here; they have opened the same file, and either will do.
            self._arrays[key] = array
        return array


def _check_length(path: Path, array: Array, length: int) -> None:
    if len(array) != length:
        raise DamagedFileError(
            f"{path} is damaged: an array has {len(array)} rows instead of {length}. "
            "'flask verify --repair' rebuilds it."
        )


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


_opened: OrderedDict[tuple[Path, int], OpenSnapshot] = OrderedDict()
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
    try:
        key = (folder, manifest.stat().st_mtime_ns)
    except OSError as error:
        raise DamagedFileError(
            f"The snapshot {folder.name} cannot be read: {error.strerror}: {manifest}. "
            "'flask verify --repair' rebuilds it."
        ) from error
    with _lock:
        snapshot = _opened.pop(key, None) or OpenSnapshot(folder)
        _opened[key] = snapshot
        while len(_opened) > KEPT_OPEN:
            _opened.popitem(last=False)
    return snapshot
