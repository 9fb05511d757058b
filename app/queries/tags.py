"""Tags: what the networks say about tracks and segments."""

from dataclasses import dataclass

import numpy as np

from app.errors import InputError, NotFoundError
from app.networks import NETWORKS
from app.queries.catalogue import OpenSnapshot
from app.store.files import Array
from app.store.snapshots import Level, SnapshotFiles, Space

TAGGRAMS = "taggrams"


@dataclass(frozen=True)
class TagActivation:
    """How much of a tag a network hears, 0 to 1."""

    tag: str
    activation: float


def network_tags(snapshot: SnapshotFiles, network: str) -> tuple[str, ...]:
    """Names of the values of a network's taggrams in a snapshot; empty if it has none, or is not known.

    Snapshots of earlier versions do not say them: theirs are those of the registry.
    """
    facts = snapshot.manifest["networks"].get(network, {})
    if "tags" in facts:
        return tuple(facts["tags"])
    return next((known.tags for known in NETWORKS if known.name == network), ())


def tag_column(snapshot: OpenSnapshot, network: str, tag: str, level: Level) -> Array:
    """Activations of one tag, shape=(n_rows,): of segments, or the mean over those of a track.

    Raises
    ------
    NotFoundError
        If the network has no such tag.
    """
    rows = snapshot.vectors(Space(network, TAGGRAMS, level))
    tags = network_tags(snapshot, network)
    if tag not in tags:
        raise NotFoundError(f"{network} has no tag {tag!r}. It has: {', '.join(tags)}.")
    return rows[:, tags.index(tag)]


def track_tags(
    snapshot: OpenSnapshot, network: str, track_id: int, segment: int | None = None
) -> list[TagActivation]:
    """Return all tags of a track (the mean of its segments) or of one segment, strongest first.

    Raises
    ------
    NotFoundError
        If the snapshot has no such track or segment, or the network knows no tags.
    """
    if TAGGRAMS not in snapshot.layers(network):
        raise NotFoundError(f"{network} knows no tags.")
    row = row_of(snapshot, network, track_id, segment)
    level: Level = "tracks" if segment is None else "segments"
    values = np.nan_to_num(np.asarray(snapshot.vectors(Space(network, TAGGRAMS, level))[row], np.float64))
    tags = network_tags(snapshot, network)
    order = np.argsort(-values, kind="stable")[: len(tags)]
    return [TagActivation(tags[i], round(float(values[i]), 4)) for i in order]


def taggram(snapshot: OpenSnapshot, network: str, track_id: int) -> list[list[float]]:
    """Return the activations of a track, shape=(n_tags, n_segments), to three decimals.

    Raises
    ------
    NotFoundError
        If the snapshot has no such track, or the network knows no tags.
    """
    if TAGGRAMS not in snapshot.layers(network):
        raise NotFoundError(f"{network} knows no tags.")
    row = snapshot.row_of_track(network, track_id)
    start, stop = (int(value) for value in snapshot.offsets(network)[row : row + 2])
    values = snapshot.vectors(Space(network, TAGGRAMS, "segments"))[start:stop]
    rounded = np.round(np.nan_to_num(np.asarray(values, np.float64)), 3)
    activations: list[list[float]] = rounded.T[: len(network_tags(snapshot, network))].tolist()
    return activations


def row_of(snapshot: OpenSnapshot, network: str, track_id: int, segment: int | None) -> int:
    """Row of a track among the tracks or, with ``segment``, of that segment among the segments.

    Raises
    ------
    NotFoundError
        If the snapshot does not hold it.
    """
    row = snapshot.row_of_track(network, track_id)
    if segment is None:
        return row
    if segment < 0:
        raise InputError("Segments are counted from 0.")
    start, stop = (int(value) for value in snapshot.offsets(network)[row : row + 2])
    if segment >= stop - start:
        raise NotFoundError(
            f"Track {track_id} has {stop - start} segments under {network}, counted from 0: "
            f"there is no segment {segment}."
        )
    return start + segment
