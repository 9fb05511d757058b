"""Whether two tracks are one recording: their sound changes in the same way at the same time.

A small distance alone proves nothing: networks put all quiet sound into one narrow cone, where any two notes
are nearer to each other than two encodings of one loud recording. What makes a recording is how it changes,
and where the network hears hardly any change, only equal vectors and equal files are taken for one.

The segments of both are laid beside each other, each less the mean of its own track, which takes away what
is common to the cone, and what gain and encoding do to all segments alike; the two sequences are correlated.

docs/projections.md has how often that is right; ``benchmarks/duplicates.py`` measures it.
"""

import numpy as np
from sqlalchemy import select

from app.graph import Float32, unit_rows
from app.models import Track, db
from app.neighbours.base import Mask
from app.queries.catalogue import OpenSnapshot
from app.queries.similar.places import Rows
from app.store.snapshots import Space

MOST_SHIFT = 2  # segments that one starts before the other: cut beginnings, silence put before
LEAST_OVERLAP = 0.5  # share of the longer one
LEAST_SEGMENTS = 4
MANY_SEGMENTS = 8
LEAST_CORRELATION = 0.5  # different recordings reached 0.31
CERTAIN_CORRELATION = (
    0.8  # needed among few segments, and where little changes; at -45 dB others reached 0.61
)
LEAST_CHANGES = 3.0  # effective number of segments that differ from the mean; a single attack is no evidence
LEAST_CHANGE = 0.002  # mean squared distance from the mean; steady tones have less
MUCH_CHANGE = 0.05  # varied music has 0.08 and more; repetitive and quiet music less
EQUAL = 1e-6  # squared distance of unit rows, but for rounding


def same_recording(snapshot: OpenSnapshot, space: Space, firsts: Rows, seconds: Rows) -> Mask:
    """Tell which pairs of tracks are one recording: by equal files, or by how their sound changes.

    Parameters
    ----------
    space : Space
        Of tracks; their segments are compared.
    firsts, seconds : int64, shape=(n,)
        Rows of tracks.

    Returns
    -------
    bool, shape=(n,)
    """
    segments = snapshot.vectors(Space(space.network, space.layer, "segments"))
    offsets = snapshot.offsets(space.network)

    def sequence(track: int) -> Float32:
        return unit_rows(segments[offsets[track] : offsets[track + 1]])

    contents = _contents(snapshot, space)
    same: Mask = (contents[firsts] == contents[seconds]) & (contents[firsts] >= 0)
    at, one = -1, np.empty((0, 0), np.float32)
    order = np.argsort(firsts, kind="stable")
    for pair in order[~same[order]]:
        if firsts[pair] != at:
            at = int(firsts[pair])
            one = sequence(at)
        same[pair] = are_one_recording(one, sequence(int(seconds[pair])))
    return same


def _contents(snapshot: OpenSnapshot, space: Space) -> Rows:
    """int64, shape=(n_tracks,): equal for tracks whose files are equal, -1 where that is unknown."""
    known = {row.id: row.content_hash for row in db.session.execute(select(Track.id, Track.content_hash))}
    hashes = [known.get(track_id) for track_id in snapshot.track_ids(space.network).tolist()]
    numbers = {content: number for number, content in enumerate(dict.fromkeys(hashes))}
    return np.array([-1 if content is None else numbers[content] for content in hashes], np.int64)


def are_one_recording(one: Float32, other: Float32) -> bool:
    """Tell whether two sequences of segments are of one recording.

    Parameters
    ----------
    one, other : float32, shape=(n_segments, n_dims)
        Of length 1. Sequences that do not change are no evidence: silence and steady tones are told apart
        by nothing.
    """
    if one.shape == other.shape and np.square(one - other).sum(axis=1).max(initial=0) <= EQUAL:
        return bool(np.square(one - one[:1]).sum(axis=1).max(initial=0) > EQUAL)
    return any(_change_alike(one, other, shift) for shift in range(-MOST_SHIFT, MOST_SHIFT + 1))


def _change_alike(one: Float32, other: Float32, shift: int) -> bool:
    """Tell whether they change alike where ``other`` starts ``shift`` segments into ``one``."""
    n = min(len(one) - max(shift, 0), len(other) + min(shift, 0))
    if n < max(LEAST_SEGMENTS, LEAST_OVERLAP * max(len(one), len(other))):
        return False
    a, b = one[max(shift, 0) :][:n], other[max(-shift, 0) :][:n]
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    a_energy, b_energy = np.square(a).sum(axis=1), np.square(b).sum(axis=1)
    evidence = np.sqrt(a_energy * b_energy)
    if evidence.mean() < LEAST_CHANGE or evidence.sum() ** 2 < LEAST_CHANGES * np.square(evidence).sum():
        return False
    is_rich = n >= MANY_SEGMENTS and evidence.mean() >= MUCH_CHANGE
    least = LEAST_CORRELATION if is_rich else CERTAIN_CORRELATION
    return bool((a * b).sum() >= least * np.sqrt(a_energy.sum() * b_energy.sum()))
