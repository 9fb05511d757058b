"""Where a sound that is no track lies on a map, and what is near it there.

Maps made of neighbours take it in as they took the rows in that they were not fitted on: by its neighbours.
A PCA is linear, so its axes can be had back from any rows and where they lie.
"""

from dataclasses import dataclass

import numpy as np

from app.errors import ConflictError, InputError
from app.graph import Float32, KnnGraph
from app.queries.axes import ORIGINAL
from app.queries.cache import Cache
from app.queries.catalogue import OpenSnapshot, needed_snapshot
from app.queries.similar.filters import Conditions, Owners, allowed_rows
from app.queries.similar.lookup import Similar, SimilarQuery, find_similar
from app.queries.similar.search import Wanted, nearest_rows
from app.queries.similar.seeds import Sound, question_of
from app.reducers import REDUCERS
from app.reducers.neighbour_map import place
from app.settings import Settings
from app.store.files import Array
from app.store.snapshots import Space

NEIGHBOURS = 15
SAMPLE_ROWS = 4_000

_axes: Cache[tuple[Array, Array]] = Cache(8)


@dataclass(frozen=True)
class Placed:
    """Where a sound lies.

    Attributes
    ----------
    positions : float32, shape=(n_rows, n_components)
        One row for the whole, or for each segment.
    near : Similar
        Nearest to the whole.
    """

    positions: Float32
    near: Similar


@dataclass(frozen=True)
class Sent:
    """A sound that is no track.

    Attributes
    ----------
    rows : float32, shape=(n_rows, size)
        Its mean for a map of tracks, its segments for one of segments.
    content : str or None
        SHA-256 of its file.
    weights : str or None
        SHA-256 of the weights that heard it, if that is known.
    """

    rows: Float32
    content: str | None
    weights: str | None


def place_sound(settings: Settings, space: Space, projection: str, sent: Sent, k: int) -> Placed:
    """Place a sound on a map.

    Parameters
    ----------
    projection : str
        ``original`` for the vectors as they are.

    Raises
    ------
    EmptyLibraryError, NotFoundError
        If there is no such map.
    InputError
        If the vectors do not fit it.
    ConflictError
        If the library was heard with other weights.
    """
    snapshot = needed_snapshot(settings)
    rows = sent.rows
    size = snapshot.vectors(space).shape[1]
    if rows.shape[1] != size:
        raise InputError(f"{space} has vectors of {size} values, not {rows.shape[1]}.")
    there = snapshot.manifest["networks"][space.network].get("weights_sha256")
    if None not in (there, sent.weights) and sent.weights != there:
        raise ConflictError(
            f"The library was heard with other weights of {space.network} than this sound, so they cannot be "
            "compared. Let it be heard again; if the library is older, have it processed before."
        )
    whole = Sound({(space.network, space.layer): rows.mean(axis=0)}, sent.content, space.level)
    near = find_similar(settings, SimilarQuery(((space.network, space.layer),), whole, space.level, k))
    return Placed(_positions(settings, snapshot, space, projection, rows), near)


def _positions(
    settings: Settings, snapshot: OpenSnapshot, space: Space, projection: str, rows: Float32
) -> Float32:
    if projection == ORIGINAL:
        return rows
    coordinates, manifest = snapshot.projection_and_manifest(space, projection)
    if REDUCERS.get(projection).uses_graph:
        return place(_neighbours(settings, snapshot, space, rows), np.asarray(coordinates, np.float32))
    version = (str(snapshot.folder), space, projection, manifest["sha256"])
    linear, offset = _axes.get(version, lambda: _linear_map(snapshot.vectors(space), coordinates))
    positions: Float32 = (rows @ linear + offset).astype(np.float32)
    return positions


def _neighbours(settings: Settings, snapshot: OpenSnapshot, space: Space, rows: Float32) -> KnnGraph:
    k = min(NEIGHBOURS, snapshot.n_rows(space))
    metric = settings.ANNOY_DISTANCE
    everything = allowed_rows(settings, snapshot, space, Conditions(), frozenset(), Owners())
    indices = np.full((len(rows), k), -1, np.int64)
    distances = np.full((len(rows), k), np.inf, np.float32)
    for number, row in enumerate(rows):
        sound = Sound({(space.network, space.layer): row}, None, space.level)
        wanted = Wanted(question_of(snapshot, space, sound, metric), k, metric)
        found = nearest_rows(settings, snapshot, space, wanted, everything)
        indices[number, : len(found.rows)] = found.rows
        distances[number, : len(found.rows)] = found.distances
    return KnnGraph(indices, distances)


def _linear_map(vectors: Array, coordinates: Array) -> tuple[Array, Array]:
    """Find the linear map, and what is added, that leads from vectors to coordinates, by least squares."""
    some = np.unique(np.linspace(0, len(vectors) - 1, min(len(vectors), SAMPLE_ROWS)).astype(np.int64))
    known = np.asarray(vectors[some], np.float64)
    mean = known.mean(axis=0)
    target = np.asarray(coordinates[some], np.float64)
    offset = target.mean(axis=0)
    linear, *_ = np.linalg.lstsq(known - mean, target - offset, rcond=1e-7)
    return linear, offset - mean @ linear
