"""Songs that sound alike, as players ask for them: whole tracks, by one network that the settings choose."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.errors import EmptyLibraryError
from app.neighbours import Metric
from app.neighbours.knn import comparable, true_distances
from app.queries.catalogue import needed_snapshot
from app.queries.library import tagging_first
from app.queries.similar import Seed, SimilarQuery, find_similar
from app.queries.similar.routes import find_path
from app.queries.tracks import TrackFacts, find_track, track_facts
from app.settings import Settings

LAYER = "embeddings"


@dataclass(frozen=True)
class SonicMatch:
    """A track, and how much it sounds like another one.

    Attributes
    ----------
    similarity : float
        1 for the same sound, 0 for the greatest difference.
    """

    facts: TrackFacts
    similarity: float


def similar_songs(settings: Settings, track_id: int, count: int) -> list[SonicMatch]:
    """Return the tracks that sound most like one, the most similar first, itself left out.

    Raises
    ------
    EmptyLibraryError, NotFoundError
        If nothing has been published, or the track is not in it.
    """
    find_track(track_id)
    query = SimilarQuery(((network(settings), LAYER),), (Seed(track_id),), k=count)
    found = find_similar(settings, query).results
    near = [(neighbour.place.track.id, neighbour.distance) for neighbour in found]
    return _matches(near, settings.ANNOY_DISTANCE)


def songs_between(settings: Settings, first: int, last: int, count: int) -> list[SonicMatch]:
    """Return tracks that lead from one to another, both among them, with their similarity to the first.

    Parameters
    ----------
    count : int
        At least 2; fewer come back where there are fewer tracks.

    Raises
    ------
    EmptyLibraryError, NotFoundError
        If nothing has been published, or a track is not in it.
    InputError
        If both are the same.
    """
    for track_id in (first, last):
        find_track(track_id)
    route = find_path(settings, network(settings), LAYER, Seed(first), Seed(last), count)
    metric = settings.ANNOY_DISTANCE
    vectors = needed_snapshot(settings).vectors(route.space)
    rows = np.array([neighbour.place.row for neighbour in route.places])
    distances = true_distances(vectors, comparable(vectors[rows[:1]], metric), rows, metric)
    ids = [neighbour.place.track.id for neighbour in route.places]
    return _matches(list(zip(ids, distances.tolist(), strict=True)), metric)


def network(settings: Settings) -> str:
    """Return the network that says what sounds alike.

    Raises
    ------
    EmptyLibraryError
        If no network's embeddings have been published.
    """
    if settings.SUBSONIC_NETWORK:
        return settings.SUBSONIC_NETWORK
    snapshot = needed_snapshot(settings)
    found = next((name for name in tagging_first(snapshot) if LAYER in snapshot.layers(name)), None)
    if found is None:
        raise EmptyLibraryError("No network's embeddings are published. Publish some with: flask process")
    return found


def similarity(distance: float, metric: Metric) -> float:
    """Bring a distance to the scale of similarities: the cosine's linearly, the Euclidean as 1 / (1 + d)."""
    share = 1 - distance / 2 if metric == "angular" else 1 / (1 + distance)
    return round(min(max(share, 0.0), 1.0), 6)


def _matches(near: Sequence[tuple[int, float]], metric: Metric) -> list[SonicMatch]:
    """Return what is known of tracks by id and distance; those gone from the catalogue are left out."""
    facts = track_facts({track_id for track_id, _ in near})
    return [
        SonicMatch(facts[track_id], similarity(distance, metric))
        for track_id, distance in near
        if track_id in facts
    ]
