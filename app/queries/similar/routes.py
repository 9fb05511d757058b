"""Ways through a space: a path from one point to another, and a radio that walks from one."""

import itertools
from dataclasses import dataclass

import numpy as np

from app.errors import InputError
from app.graph import Float32, unit_rows
from app.neighbours import Metric
from app.queries.catalogue import OpenSnapshot, needed_snapshot
from app.queries.similar.filters import Allowed
from app.queries.similar.places import Neighbour, places_of, rows_of_track, tracks_of
from app.queries.similar.search import Found, Wanted, nearest_rows
from app.queries.similar.seeds import Seed, level_of
from app.queries.tags import row_of
from app.settings import Settings
from app.store.snapshots import Space

CHOICES = 8  # nearest tracks that the radio draws from


@dataclass(frozen=True)
class Route:
    """Places in the order in which they come.

    Attributes
    ----------
    places : list of Neighbour
        Distances are those to the place before; 0 for the first.
    """

    space: Space
    places: list[Neighbour]
    segment_seconds: float


class _Walk:
    """Looks for tracks that have not been used yet."""

    def __init__(self, settings: Settings, space: Space) -> None:
        self._settings = settings
        self.space = space
        self.snapshot: OpenSnapshot = needed_snapshot(settings)
        self.vectors = self.snapshot.vectors(space)
        self.metric: Metric = settings.ANNOY_DISTANCE
        self._used: list[int] = []

    def row(self, seed: Seed) -> int:
        return row_of(self.snapshot, self.space.network, seed.track, seed.segment)

    def vector(self, row: int) -> Float32:
        """float32, shape=(n_dims,): of length 1 where distances are cosine."""
        vectors = np.asarray(self.vectors[row : row + 1], np.float32)
        vector: Float32 = (unit_rows(vectors) if self.metric == "angular" else vectors)[0]
        return vector

    def use(self, row: int) -> None:
        """Never find the track of a row again."""
        track = int(tracks_of(self.snapshot, self.space, np.array([row]))[0])
        self._used.extend(rows_of_track(self.snapshot, self.space, track))

    def nearest(self, question: Float32, k: int) -> Found:
        used = np.unique(np.array(self._used, np.int64))
        n_rows = len(self.vectors)
        allowed = Allowed(n_rows, None, used, n_rows - len(used))
        return nearest_rows(
            self._settings, self.snapshot, self.space, Wanted(question[None], k, self.metric), allowed
        )

    def between(self, a: Float32, b: Float32, share: float) -> Float32:
        return slerp(a, b, share) if self.metric == "angular" else (1 - share) * a + share * b

    def route(self, rows: list[int]) -> Route:
        places = places_of(self.snapshot, self.space, np.array(rows, np.int64))
        vectors = [self.vector(row) for row in rows]
        lengths = [0.0]
        for one, other in itertools.pairwise(vectors):
            apart = 1 - one @ other if self.metric == "angular" else np.linalg.norm(one - other)
            lengths.append(round(max(float(apart), 0.0), 6))
        found = [Neighbour(place, length) for place, length in zip(places, lengths, strict=True)]
        return Route(self.space, found, self.snapshot.segment_seconds(self.space.network))


def find_path(settings: Settings, network: str, layer: str, first: Seed, last: Seed, steps: int) -> Route:
    """Find a sequence of tracks, or segments of different tracks, evenly spread from one point to another.

    Between the two ends, points are marked at equal angles on the arc from one to the other (equal
    distances on the line, with Euclidean distances). One after the other takes the nearest row whose track
    is not used yet. Then the rows are put in the order of how far along the arc they lie, so that the
    sequence never turns back.

    Parameters
    ----------
    steps : int
        Length of the sequence, both ends counted; fewer come back where there are fewer tracks.

    Raises
    ------
    EmptyLibraryError, NotFoundError
        If there is no snapshot, or the query names what is not in it.
    InputError
        If one end is a track and the other a segment, or both are of one track.
    """
    if first.track == last.track:
        raise InputError("Both ends of the path are the same track: name two.")
    walk = _Walk(settings, Space(network, layer, level_of([first, last])))
    ends = [walk.row(first), walk.row(last)]
    for row in ends:
        walk.use(row)
    a, b = (walk.vector(row) for row in ends)
    between = []
    for number in range(1, steps - 1):
        rows = walk.nearest(walk.between(a, b, number / (steps - 1)), 1).rows.tolist()
        for row in rows:
            walk.use(row)
        between.extend(rows)
    vectors = np.array([walk.vector(row) for row in between], np.float32).reshape(-1, len(a))
    order = np.argsort(progress(vectors, a, b, walk.metric), kind="stable")
    return walk.route([ends[0], *(between[at] for at in order), ends[1]])


def walk_radio(
    settings: Settings, network: str, layer: str, track: int, k: int, drift: float, seed: int
) -> Route:
    """Draw a sequence of tracks that begins at one and never repeats one: a random walk over neighbours.

    Each next track is drawn from the 8 nearest that have not been heard, the i-th nearest with a chance
    proportional to 1 / i. Near what is decided by ``drift``: at 0 near the first track, so that the
    sequence stays around it; at 1 near the track before, so that it wanders; in between, near the point
    that lies by that share of the way from the first to the one before.

    A longer sequence of the same arguments begins with the shorter one.

    Raises
    ------
    EmptyLibraryError, NotFoundError
        If there is no snapshot, or the query names what is not in it.
    """
    walk = _Walk(settings, Space(network, layer, "tracks"))
    rng = np.random.default_rng(seed)
    rows = [walk.row(Seed(track))]
    start = walk.vector(rows[0])
    walk.use(rows[0])
    while len(rows) <= k:
        near = walk.nearest(walk.between(start, walk.vector(rows[-1]), drift), CHOICES).rows
        if not len(near):
            break
        chances = 1 / np.arange(1, len(near) + 1)
        rows.append(int(rng.choice(near, p=chances / chances.sum())))
        walk.use(rows[-1])
    return walk.route(rows)


def slerp(a: Float32, b: Float32, share: float) -> Float32:
    """Interpolate between two unit vectors on the great circle through them [1]_.

    Parameters
    ----------
    a, b : float32, shape=(n_dims,)
    share : float
        0 is ``a``, 1 is ``b``; equal shares are equal angles.

    References
    ----------
    .. [1] Shoemake, "Animating Rotation with Quaternion Curves", SIGGRAPH 1985, pp. 245-254.
    """
    angle = float(np.arccos(np.clip(a @ b, -1, 1)))
    if np.sin(angle) < 1e-6:  # one direction, or opposite ones, between which no circle is the right one
        return a if share < 0.5 else b
    weights = np.sin([(1 - share) * angle, share * angle]) / np.sin(angle)
    return np.asarray(weights[0] * a + weights[1] * b, np.float32)


def progress(vectors: Float32, a: Float32, b: Float32, metric: Metric) -> Float32:
    """How far along the way from ``a`` to ``b`` vectors lie, seen from the side.

    Returns
    -------
    float32, shape=(n,)
        With cosine distances the angle to ``a`` within the plane of ``a`` and ``b``; with Euclidean ones
        the place on the line.
    """
    if metric == "euclidean":
        return np.asarray((vectors - a) @ (b - a), np.float32)
    side = b - (a @ b) * a
    length = np.linalg.norm(side)
    side = side / length if length > 0 else side
    return np.asarray(np.arctan2(vectors @ side, vectors @ a), np.float32)
