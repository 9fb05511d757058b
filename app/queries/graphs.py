"""The neighbour graphs that the maps were made from: who is near whom in the full space."""

from dataclasses import dataclass

import numpy as np

from app.errors import DamagedFileError, NotFoundError
from app.neighbours.neighbourhoods import NEIGHBOURS, Rows
from app.store.files import manifest_path, read_array, read_manifest
from app.store.snapshots import SnapshotFiles, Space

INDICES = "knn-indices"
DISTANCES = "knn-distances"
ROWS = "knn-rows"


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
    path = snapshot.derived_path(space, INDICES)
    manifest = read_manifest(path)
    if manifest is None:
        raise NotFoundError(f"There are no neighbours of {space}. Compute them with: flask reduce-all")
    indices = read_array(path)
    n_rows = snapshot.n_rows(space)
    if len(indices) == n_rows:
        rows: Rows = np.arange(n_rows)
    else:
        rows = np.asarray(read_array(snapshot.derived_path(space, ROWS)))
    if len(rows) != len(indices) or rows.max(initial=-1) >= n_rows:
        raise DamagedFileError(f"{path} is damaged. 'flask verify --repair' rebuilds it.")
    return Graph(indices, rows, str(manifest["sha256"]))
