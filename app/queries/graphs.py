"""The neighbour graphs that the maps were made from: who is near whom in the full space."""

from dataclasses import dataclass

import numpy as np

from app.errors import DamagedFileError, NotFoundError
from app.neighbours.neighbourhoods import NEIGHBOURS, Rows
from app.queries.cache import Cache
from app.store.files import Array, manifest_path
from app.store.integrity import REPAIR, identify
from app.store.snapshots import DISTANCES, INDICES, ROWS, SnapshotFiles, Space

_in_range: Cache[bool] = Cache(64)


@dataclass(frozen=True)
class Graph:
    """Nearest neighbours of the fitted rows of a space, among each other.

    Attributes
    ----------
    indices : int64, shape=(n_fitted, k)
        Places in ``rows``, nearest first; memory-mapped.
    rows : int64, shape=(n_fitted,)
        The fitted rows, ascending.
    version : str
        SHA-256 of the indices.
    """

    indices: Rows
    rows: Rows
    version: str

    def nearest(self) -> Rows:
        """int64, shape=(n_fitted, at most 10): the neighbours that are looked at, as places in ``rows``."""
        return np.asarray(self.indices[:, :NEIGHBOURS])


def has_graph(snapshot: SnapshotFiles, space: Space) -> bool:
    """Tell whether the graph of a space has been computed."""
    path = snapshot.derived_path(space, INDICES)
    return path.exists() and manifest_path(path).exists()


def open_graph(snapshot: SnapshotFiles, space: Space) -> Graph:
    """Open the graph of a space.

    Raises
    ------
    NotFoundError
        If it has not been computed.
    DamagedFileError
        If it does not fit the snapshot.
    """
    found = snapshot.derived(space, INDICES)
    if found is None:
        raise NotFoundError(f"There are no neighbours of {space}. Compute them with: flask reduce-all")
    indices, manifest = found
    n_rows = snapshot.n_rows(space)
    rows: Rows = np.arange(n_rows) if len(indices) == n_rows else _fitted_rows(snapshot, space)
    path = snapshot.derived_path(space, INDICES)
    if len(rows) != len(indices) or rows.min(initial=0) < 0 or rows.max(initial=-1) >= n_rows:
        raise DamagedFileError(f"{path} is damaged: it does not match the snapshot. {REPAIR}")
    version = str(manifest["sha256"])
    if not _in_range.get((path, identify(path)), lambda: _leads_to_rows(indices)):
        raise DamagedFileError(f"{path} is damaged: its numbers are out of range. {REPAIR}")
    return Graph(indices, rows, version)


def open_distances(snapshot: SnapshotFiles, space: Space, graph: Graph) -> Array:
    """float32, shape=(n_fitted, k): how far the neighbours of a graph are; memory-mapped.

    Raises
    ------
    DamagedFileError
        If they are missing or damaged.
    """
    found = snapshot.derived(space, DISTANCES)
    path = snapshot.derived_path(space, DISTANCES)
    if found is None or found[0].shape != graph.indices.shape:
        raise DamagedFileError(f"{path} is damaged: it does not match {INDICES}. {REPAIR}")
    return found[0]


def _fitted_rows(snapshot: SnapshotFiles, space: Space) -> Rows:
    found = snapshot.derived(space, ROWS)
    if found is None:
        raise DamagedFileError(f"{snapshot.derived_path(space, ROWS)} is missing. {REPAIR}")
    return np.asarray(found[0])


def _leads_to_rows(indices: Rows) -> bool:
    return indices.dtype.kind == "i" and bool(
        indices.min(initial=-1) >= -1 and indices.max(initial=-1) < len(indices)
    )
