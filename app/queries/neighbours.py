"""What sounds alike: the nearest rows of a track or a segment."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import MusicExploreError
from app.graph import KnnGraph
from app.neighbours import BACKENDS, Index, Metric
from app.neighbours.knn import comparable, in_order, nearest, without
from app.queries.catalogue import OpenSnapshot, needed_snapshot
from app.queries.tags import row_of
from app.queries.tracks import TrackName, track_names
from app.settings import Settings
from app.store.files import Array, file_sha256, read_manifest
from app.store.snapshots import Space, index_path

SCANNED_ROWS = 32_768
KEPT_OPEN = 32
BUILD_INDEX = "Build one with: flask index-all-embeddings"


@dataclass(frozen=True)
class SimilarQuery:
    """Whose neighbours, by which vectors. Without ``segment``, tracks are compared with tracks."""

    network: str
    layer: str
    track_id: int
    segment: int | None = None
    k: int = 10

    @property
    def space(self) -> Space:
        """Where to search."""
        return Space(self.network, self.layer, "tracks" if self.segment is None else "segments")


@dataclass(frozen=True)
class Place:
    """A point of the map, and what it stands for.

    Attributes
    ----------
    row : int
        Of the point, among those of its level.
    segment : int or None
        Number within the track; None for a track.
    """

    row: int
    track: TrackName
    segment: int | None


@dataclass(frozen=True)
class Neighbour:
    """A place and its distance: cosine (0 to 2) or Euclidean."""

    place: Place
    distance: float


@dataclass(frozen=True)
class Similar:
    """What was found, nearest first, and how.

    Attributes
    ----------
    recall : float or None
        Share of the true 10 nearest neighbours that this index finds, measured when it was built.
    note : str or None
        Why another index than the one asked for was used.
    """

    query: Place
    results: list[Neighbour]
    backend: str
    exact: bool
    recall: float | None
    note: str | None
    segment_seconds: float


@dataclass(frozen=True)
class _Opened:
    """An index of a space, or the reason for searching without."""

    index: Index | None
    backend: str = "exact"
    exact: bool = True
    recall: float | None = 1.0
    note: str | None = None


def find_similar(settings: Settings, query: SimilarQuery) -> Similar:
    """Find the k nearest neighbours of a track or a segment, itself left out.

    Raises
    ------
    EmptyLibraryError, NotFoundError
        If there is no snapshot, or the query names what is not in it.
    """
    snapshot = needed_snapshot(settings)
    vectors = snapshot.vectors(query.space)
    row = row_of(snapshot, query.network, query.track_id, query.segment)
    k = min(query.k, len(vectors) - 1)
    opened = _open_index(settings, snapshot, query.space)
    found = None
    if opened.index is not None:
        found = _search(opened.index, vectors, row, k)
        if found.indices[0, k - 1 :].min(initial=0) < 0:
            note = f"The {opened.backend} index found fewer than {k} neighbours: searched without."
            opened, found = _Opened(None, note=note), None
    if found is None:
        found = scan(vectors, row, k, settings.ANNOY_DISTANCE)
    places = places_of(snapshot, query.space, np.concatenate([[row], found.indices[0]]))
    return Similar(
        query=places[0],
        results=[
            Neighbour(place, round(float(distance), 6))
            for place, distance in zip(places[1:], found.distances[0], strict=True)
        ],
        backend=opened.backend,
        exact=opened.exact,
        recall=opened.recall,
        note=opened.note,
        segment_seconds=snapshot.segment_seconds(query.network),
    )


def _search(index: Index, vectors: Array, row: int, k: int) -> KnnGraph:
    question = np.asarray(vectors[row : row + 1], np.float32)
    return without(index.search(question, k + 1), np.array([row]))


def scan(vectors: Array, row: int, k: int, metric: Metric) -> KnnGraph:
    """Find the k nearest rows of a row by looking at all of them, block by block.

    Parameters
    ----------
    vectors : float16 or float32, shape=(n_rows, n_dims)
        May be memory-mapped; only a block of them is in memory at a time.
    k : int
        Less than n_rows.
    """
    question = comparable(np.asarray(vectors[row : row + 1], np.float32), metric)
    indices = np.empty((1, 0), np.int64)
    distances = np.empty((1, 0), np.float32)
    for first in range(0, len(vectors), SCANNED_ROWS):
        block = comparable(vectors[first : first + SCANNED_ROWS], metric)
        near = nearest(block, question, min(k + 1, len(block)), metric, threads=1)
        best = in_order(
            np.concatenate([indices, near.indices + first], axis=1),
            np.concatenate([distances, near.distances], axis=1),
            min(k + 1, indices.shape[1] + near.k),
        )
        indices, distances = best.indices, best.distances
    return without(KnnGraph(indices, distances), np.array([row]))


def places_of(snapshot: OpenSnapshot, space: Space, rows: Array) -> list[Place]:
    """Return what rows (int64, shape=(n,)) of a space stand for."""
    track_rows, segments = rows, None
    if space.level == "segments":
        offsets = snapshot.offsets(space.network)
        track_rows = np.searchsorted(offsets, rows, side="right") - 1
        segments = (rows - offsets[track_rows]).tolist()
    ids = snapshot.track_ids(space.network)[track_rows].tolist()
    names = track_names(ids)
    return [
        Place(row, names[track_id], None if segments is None else segments[i])
        for i, (row, track_id) in enumerate(zip(rows.tolist(), ids, strict=True))
    ]


_opened: OrderedDict[tuple[Path, str, int], _Opened] = OrderedDict()
_lock = threading.Lock()


def _open_index(settings: Settings, snapshot: OpenSnapshot, space: Space) -> _Opened:
    """Open the index of a space; its checksum is verified once per process."""
    path = index_path(settings.INDEX_DIR, snapshot.key, space)
    try:
        manifest = read_manifest(path)
        if manifest is None:
            return _Opened(None, note=f"There is no index of {space}: searched without. {BUILD_INDEX}")
        key = (path, str(manifest["sha256"]), path.stat().st_mtime_ns)
    except (MusicExploreError, OSError, KeyError) as error:
        return _unusable(space, str(error))
    with _lock:
        opened = _opened.pop(key, None) or _open_verified(path, manifest, snapshot.key, space)
        _opened[key] = opened
        while len(_opened) > KEPT_OPEN:
            _opened.popitem(last=False)
    return opened


def _open_verified(path: Path, manifest: dict[str, Any], key: str, space: Space) -> _Opened:
    if manifest.get("snapshot") != key:
        return _unusable(space, "it belongs to another snapshot")
    try:
        if file_sha256(path) != manifest["sha256"]:
            return _unusable(space, "its checksum differs from the manifest's")
        backend = BACKENDS.get(manifest["backend"])
        index = backend.open(path, manifest["facts"])
    except (MusicExploreError, OSError, KeyError) as error:
        return _unusable(space, str(error))
    recall = 1.0 if backend.exact else manifest["facts"].get("recall_at_10")
    return _Opened(index, backend.name, backend.exact, recall)


def _unusable(space: Space, reason: str) -> _Opened:
    return _Opened(
        None, note=f"The index of {space} cannot be used ({reason}): searched without. {BUILD_INDEX}"
    )
