"""Seeds: what the results shall sound like, or not, and the one vector that comes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from app.errors import InputError
from app.graph import Float32, unit_rows
from app.neighbours import Metric
from app.queries.catalogue import OpenSnapshot
from app.queries.similar.filters import Owners
from app.queries.similar.places import rows_of_track
from app.queries.tags import row_of
from app.store.snapshots import Level, Space

MAX_LENGTH = 1e18  # of a vector, beyond which the square of a Euclidean distance may leave float32


@dataclass(frozen=True)
class Seed:
    """A track or one of its segments.

    Attributes
    ----------
    weight : float
        Below 0 for what the results shall be unlike.
    """

    track: int
    segment: int | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Sound:
    """Vectors that are no track's: of an uploaded file, or made by a program.

    Attributes
    ----------
    vectors : mapping
        (network, layer) to float32, shape=(size,).
    content : str or None
        Hash of the file.
    level : str
        What it stands for.
    """

    vectors: Mapping[tuple[str, str], npt.ArrayLike] = field(hash=False)
    content: str | None = None
    level: Level = "tracks"


def level_of(seeds: Sequence[Seed]) -> Level:
    """Return the level that seeds are of.

    Raises
    ------
    InputError
        If they are not of one.
    """
    levels: set[Level] = {"tracks" if seed.segment is None else "segments" for seed in seeds}
    if len(levels) > 1:
        raise InputError("Some seeds are tracks, others segments: say with 'level' what to search among.")
    return levels.pop()


def question_of(
    snapshot: OpenSnapshot, space: Space, seeds: Sequence[Seed] | Sound, metric: Metric
) -> Float32:
    """Return the vector whose neighbours are looked for, float32, shape=(1, n_dims).

    With cosine distances it is the weighted sum of the seeds' unit vectors, after Rocchio [1]_, whose
    method moves a query towards what is relevant and away from what is not. With Euclidean distances,
    where a sum would depend on the origin, it starts at the weighted mean of what is wanted and goes away
    from the weighted mean of what is not: p + g · (p - n), where g is the ratio of the sums of weights.

    Raises
    ------
    NotFoundError
        If the snapshot does not hold a seed.
    InputError
        If no seed is wanted, the seeds cancel each other out, or a vector does not fit the space.

    References
    ----------
    .. [1] Rocchio, "Relevance Feedback in Information Retrieval", in Salton (ed.), The SMART Retrieval
       System (1971), pp. 313-323.
    """
    if isinstance(seeds, Sound):
        return _check(snapshot, space, seeds, metric)
    weights = np.array([seed.weight for seed in seeds], np.float64)
    if not (weights > 0).any():
        raise InputError("At least one seed must have a weight above 0.")
    weights /= np.abs(weights).max()  # only their ratios count, and the smallest ones would vanish in float32
    vectors = np.concatenate([_vector(snapshot, space, seed) for seed in seeds])
    if metric == "euclidean":
        wanted, unwanted = np.maximum(weights, 0), np.maximum(-weights, 0)
        p = wanted @ vectors / wanted.sum()
        n = unwanted @ vectors / (unwanted.sum() or 1)
        with np.errstate(over="ignore", invalid="ignore"):
            question = p + np.divide(unwanted.sum(), wanted.sum()) * (p - n)
        if not _is_measurable(question):
            raise InputError(
                "The negative weights are too large for Euclidean distances, compared with the positive "
                "ones. Use weights of similar size."
            )
        return np.asarray(question, np.float32)[None]
    question = weights @ unit_rows(vectors)
    if np.linalg.norm(question) < 1e-6 * np.abs(weights).sum():
        raise InputError("The seeds cancel each other out: nothing is left to look for.")
    return np.asarray(question, np.float32)[None]


def owners_of(snapshot: OpenSnapshot, space: Space, seeds: Sequence[Seed] | Sound) -> Owners:
    """Return which rows and tracks the seeds are."""
    if isinstance(seeds, Sound):
        return Owners(content=seeds.content)
    rows: list[int] = []
    tracks = []
    for seed in seeds:
        track = snapshot.row_of_track(space.network, seed.track)
        tracks.append(track)
        if seed.segment is not None and space.level == "segments":
            rows.append(row_of(snapshot, space.network, seed.track, seed.segment))
        else:
            rows.extend(rows_of_track(snapshot, space, track))
    return Owners(tuple(rows), tuple(tracks))


def _vector(snapshot: OpenSnapshot, space: Space, seed: Seed) -> Float32:
    """float32, shape=(1, n_dims): a seed's own vector, whatever the level that is searched."""
    level: Level = "tracks" if seed.segment is None else "segments"
    vectors = snapshot.vectors(Space(space.network, space.layer, level))
    row = row_of(snapshot, space.network, seed.track, seed.segment)
    return np.asarray(vectors[row : row + 1], np.float32)


def _check(snapshot: OpenSnapshot, space: Space, sound: Sound, metric: Metric) -> Float32:
    vector = sound.vectors.get((space.network, space.layer))
    if vector is None:
        raise InputError(f"There is no vector of {space.network} {space.layer} to compare.")
    size = snapshot.vectors(space).shape[1]
    with np.errstate(over="ignore"):
        question = np.asarray(vector, np.float32)
    if len(question) != size:
        raise InputError(f"The vector has {len(question)} values; {space} has {size}.")
    if not np.isfinite(question).all():
        raise InputError("The vector holds a value that is no finite number.")
    if metric == "angular" and not question.any():
        raise InputError("The vector is zero everywhere: it has no direction to compare.")
    if metric == "euclidean" and not _is_measurable(question):
        raise InputError(
            f"The vector is longer than {MAX_LENGTH:g}: Euclidean distances cannot be computed. "
            "Scale it like the vectors of the library, or use metric=angular."
        )
    return question[None]


def _is_measurable(question: npt.NDArray[np.floating]) -> bool:
    """Whether Euclidean distances to a vector are finite in float32. NaN is no length."""
    return bool(np.abs(question).max(initial=0) <= MAX_LENGTH) and bool(
        np.linalg.norm(question.astype(np.float64)) <= MAX_LENGTH
    )
