"""What sounds alike: the nearest rows of tracks, segments, or of a vector."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.errors import InputError
from app.neighbours import Metric
from app.neighbours.knn import comparable, true_distances
from app.queries.catalogue import OpenSnapshot, needed_snapshot
from app.queries.similar.filters import (
    Activation,
    Allowed,
    Conditions,
    Exclusion,
    allowed_rows,
    refuse_empty,
    who_knows,
)
from app.queries.similar.fusion import fuse_ranks
from app.queries.similar.places import Neighbour, Place, Rows, counterparts, places_of
from app.queries.similar.search import Found, Wanted, nearest_rows
from app.queries.similar.seeds import Seed, Sound, level_of, owners_of, question_of
from app.queries.tags import row_of
from app.settings import Settings
from app.store.snapshots import Level, Space

LEAST_FUSED = 100
EVERYTHING = Conditions()


@dataclass(frozen=True)
class SimilarQuery:
    """Whose neighbours, by which vectors, among which rows.

    Attributes
    ----------
    networks : tuple of (str, str)
        Network and layer, one or several; several are fused by rank.
    seeds : sequence of Seed, or Sound
    level : str or None
        What is searched among; None for the level of the seeds.
    metric : str or None
        None for that of the settings. With another than the index was built for, all rows are compared.
    """

    networks: tuple[tuple[str, str], ...]
    seeds: Sequence[Seed] | Sound
    level: Level | None = None
    k: int = 10
    metric: Metric | None = None
    conditions: Conditions = EVERYTHING
    exclude: frozenset[Exclusion] = frozenset()


@dataclass(frozen=True)
class Similar:
    """What was found, nearest first, and how.

    Attributes
    ----------
    seeds : list of (Place, float)
        With their weights.
    recall : float or None
        Share of the true 10 nearest neighbours that this index finds, measured when it was built.
    note : str or None
        Why another index than the one asked for was used.
    allowed : int
        Rows that the filters let through, those of the seeds not among them.
    """

    seeds: list[tuple[Place, float]]
    level: Level
    metric: Metric
    results: list[Neighbour]
    backend: str
    exact: bool
    recall: float | None
    note: str | None
    allowed: int
    segment_seconds: float


def find_similar(settings: Settings, query: SimilarQuery) -> Similar:
    """Find the k nearest neighbours of one or several seeds, themselves left out.

    Raises
    ------
    EmptyLibraryError, NotFoundError
        If there is no snapshot, or the query names what is not in it.
    InputError
        If the query makes no sense.
    """
    snapshot = needed_snapshot(settings)
    seeds = query.seeds
    level = query.level or (seeds.level if isinstance(seeds, Sound) else level_of(seeds))
    metric = query.metric or settings.ANNOY_DISTANCE
    spaces = [Space(network, layer, level) for network, layer in query.networks]
    conditions = _resolve(snapshot, query)
    k = query.k if len(spaces) == 1 else max(3 * query.k, LEAST_FUSED)
    searches = []
    for space in spaces:
        snapshot.vectors(space)  # there is such a space
        wanted = Wanted(question_of(snapshot, space, seeds, metric), k, metric, "duplicates" in query.exclude)
        owners = owners_of(snapshot, space, seeds)
        allowed = allowed_rows(settings, snapshot, space, conditions, query.exclude, owners)
        found = nearest_rows(settings, snapshot, space, wanted, allowed)
        searches.append(_Search(space, wanted, allowed, found))
    found = searches[0].found
    results = _one(snapshot, searches[0]) if len(searches) == 1 else _fuse(snapshot, searches, query.k)
    backends = dict.fromkeys(search.found.backend for search in searches)
    recalls = [search.found.recall for search in searches]
    return Similar(
        seeds=_describe(snapshot, spaces[0].network, seeds),
        level=level,
        metric=metric,
        results=results,
        backend=" + ".join(backends),
        exact=all(search.found.exact for search in searches),
        recall=min((recall for recall in recalls if recall is not None), default=None),
        note=" ".join(filter(None, (search.found.note for search in searches))) or None,
        allowed=searches[0].allowed.n_allowed,
        segment_seconds=snapshot.segment_seconds(spaces[0].network),
    )


@dataclass(frozen=True)
class _Search:
    space: Space
    wanted: Wanted
    allowed: Allowed
    found: Found


def _resolve(snapshot: OpenSnapshot, query: SimilarQuery) -> Conditions:
    """Return the conditions with the network of each activation, and checked."""
    conditions = query.conditions
    names = tuple(network for network, _ in query.networks)
    for what, limits in (("bpm", conditions.bpm), ("year", conditions.year)):
        if limits is not None:
            refuse_empty(limits, what)
    activations = tuple(
        Activation(
            asked.tag,
            refuse_empty(asked.range, f"activation of {asked.tag}"),
            asked.network or who_knows(snapshot, asked.tag, names),
        )
        for asked in conditions.activations
    )
    return Conditions(
        conditions.tags,
        activations,
        conditions.bpm,
        conditions.year,
        conditions.folder,
        once=conditions.once or "duplicates" in query.exclude,
    )


def _one(snapshot: OpenSnapshot, search: _Search) -> list[Neighbour]:
    places = places_of(snapshot, search.space, search.found.rows)
    distances = search.found.distances.tolist()
    return [Neighbour(place, round(distance, 6)) for place, distance in zip(places, distances, strict=True)]


def _fuse(snapshot: OpenSnapshot, searches: list[_Search], k: int) -> list[Neighbour]:
    """Fuse what several networks found; rows are those of the first."""
    first = searches[0].space
    rankings = []
    for search in searches:
        ours = counterparts(snapshot, search.space.network, first.network, first.level)[search.found.rows]
        rankings.append(ours[ours >= 0])
    rows, scores = fuse_ranks(rankings)
    rows, scores = rows[:k], scores[:k]
    distances = {search.space.network: _distances(snapshot, search, first, rows) for search in searches}
    return [
        Neighbour(
            place,
            distance=distances[first.network][at] or 0.0,
            distances={network: values[at] for network, values in distances.items()},
            score=round(score, 6),
        )
        for at, (place, score) in enumerate(zip(places_of(snapshot, first, rows), scores, strict=True))
    ]


def _distances(snapshot: OpenSnapshot, search: _Search, first: Space, rows: Rows) -> list[float | None]:
    """Distances in one network of rows of the first; None where it has not heard them."""
    space, metric = search.space, search.wanted.metric
    theirs = counterparts(snapshot, first.network, space.network, first.level)[rows]
    question = comparable(search.wanted.question, metric)
    found = true_distances(snapshot.vectors(space), question, np.maximum(theirs, 0), metric)
    return [
        None if row < 0 else round(distance, 6)
        for row, distance in zip(theirs.tolist(), found.tolist(), strict=True)
    ]


def _describe(
    snapshot: OpenSnapshot, network: str, seeds: Sequence[Seed] | Sound
) -> list[tuple[Place, float]]:
    if isinstance(seeds, Sound):
        return []
    described = []
    for seed in seeds:
        level: Level = "tracks" if seed.segment is None else "segments"
        row = row_of(snapshot, network, seed.track, seed.segment)
        place = places_of(snapshot, Space(network, "", level), np.array([row]))[0]
        described.append((place, seed.weight))
    return described


def choose_networks(networks: Sequence[str], layers: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Pair networks with their layers; one layer stands for all.

    Raises
    ------
    InputError
        If there are not as many layers as networks, or a network comes twice.
    """
    if len(layers) not in (1, len(networks)):
        raise InputError(
            f"{len(networks)} networks and {len(layers)} layers: give one layer for all, or one for each."
        )
    if len(set(networks)) < len(networks):
        raise InputError("Each network can be named once.")
    every = layers if len(layers) == len(networks) else [layers[0]] * len(networks)
    return tuple(zip(networks, every, strict=True))
