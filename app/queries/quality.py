"""How far a map and the space behind it can be trusted."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from app.neighbours.neighbourhoods import NEIGHBOURS, k_occurrence, skewness
from app.queries.axes import ORIGINAL
from app.queries.cache import Cache
from app.queries.catalogue import OpenSnapshot, needed_snapshot
from app.queries.graphs import Graph, has_graph, open_graph
from app.queries.library import finite
from app.queries.similar.places import places_of
from app.settings import Settings
from app.store.snapshots import Space

HUBS = 10


@dataclass(frozen=True)
class Hubness:
    """How unevenly points are the neighbours of others.

    Attributes
    ----------
    points : int
        How many were looked at: the rows that the maps were fitted on.
    skewness : float or None
        Of the distribution of k-occurrences; None if all are equal.
    never : int
        Points that are among the 10 neighbours of no other.
    hubs : tuple of (int, int)
        Row and k-occurrence of the points that are so most often.
    """

    points: int
    skewness: float | None
    never: int
    hubs: tuple[tuple[int, int], ...]


_hubness: Cache[Hubness] = Cache(64)


def hubness(snapshot: OpenSnapshot, space: Space) -> Hubness:
    """Measure the hubness of a space.

    Raises
    ------
    NotFoundError
        If its neighbours have not been computed.
    """
    graph = open_graph(snapshot, space)
    return _hubness.get((snapshot.folder, space, graph.version), lambda: _measure(graph))


def _measure(graph: Graph) -> Hubness:
    counts = k_occurrence(graph.nearest(), len(graph.rows))
    most = np.argsort(-counts, kind="stable")[:HUBS]
    return Hubness(
        points=len(counts),
        skewness=skewness(counts),
        never=int((counts == 0).sum()),
        hubs=tuple(zip(graph.rows[most].tolist(), counts[most].tolist(), strict=True)),
    )


def describe_quality(settings: Settings, space: Space, projection: str | None) -> dict[str, Any]:
    """Return what is known of a map and of the space behind it, as plain values.

    Raises
    ------
    EmptyLibraryError, NotFoundError
        If there is no snapshot, or no such space or projection in it.
    """
    snapshot = needed_snapshot(settings)
    snapshot.vectors(space)  # there is such a layer
    measured = None
    if projection is not None and projection != ORIGINAL:
        _, manifest = snapshot.projection_and_manifest(space, projection)
        measured = finite(manifest.get("quality"))
    described = _describe_hubness(snapshot, space) if has_graph(snapshot, space) else None
    return {"projection": measured, "hubness": described}


def _describe_hubness(snapshot: OpenSnapshot, space: Space) -> dict[str, Any]:
    found = hubness(snapshot, space)
    places = places_of(snapshot, space, np.array([row for row, _ in found.hubs], np.int64))
    return {
        "k": NEIGHBOURS,
        "points": found.points,
        "skewness": found.skewness,
        "never": found.never,
        "hubs": [
            {
                "track": {"id": place.track.id, "title": place.track.title, "artist": place.track.artist},
                "segment": place.segment,
                "row": place.row,
                "count": count,
            }
            for place, (_, count) in zip(places, found.hubs, strict=True)
        ],
    }
