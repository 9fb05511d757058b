"""What sounds alike."""

import re
from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from app.neighbours import Metric
from app.queries.similar import Seed, SimilarQuery, Sound, choose_networks
from app.queries.similar.filters import Activation, Conditions, Exclusion, Range
from app.store.snapshots import Level
from app.web.api.arguments import Arguments
from app.web.api.operation import Answer
from app.web.api.schemas.fields import CommaSeparated, Id, Name
from app.web.api.schemas.places import Address, Count, PlaceAnswer, Seconds, Share, TrackName

MAX_NEIGHBOURS = 1000
MAX_SEEDS = 100
MAX_VALUES = 10_000
MAX_NETWORKS = 8
MAX_CONDITIONS = 50
GENRE = "genre"

_NUMBER = r"\d+(?:\.\d+)?"
RANGE = rf"(?:{_NUMBER})?-(?:{_NUMBER})?|{_NUMBER}"
_HEARD = re.compile(rf"(?P<tag>.+):(?P<range>{RANGE})")

Names = Annotated[tuple[Name, ...], CommaSeparated, Field(min_length=1, max_length=MAX_NETWORKS)]
Words = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=200)], ...],
    CommaSeparated,
    Field(max_length=MAX_CONDITIONS),
]
Exclusions = Annotated[tuple[Exclusion, ...], CommaSeparated, Field(max_length=4)]
Folder = Annotated[str | None, Field(max_length=1000, description="below AUDIO_DIR; those in it are found")]
RangeText = Annotated[str, Field(pattern=rf"^(?:{RANGE})$", max_length=40, description="such as 120-130")]
HeardText = Annotated[str, Field(pattern=rf"^.+:(?:{RANGE})$", max_length=120)]
GroupedText = Annotated[str, Field(pattern="^[^:]+:.+$", max_length=250)]


class ChoiceArguments(Arguments):
    """What is compared, and how many are wanted."""

    network: Names = Field(description="one, or several that are fused by rank")
    layer: Names = Field(description="one for all networks, or one for each")
    level: Level | None = Field(None, description="what to search among; default: what the seed is")
    k: int = Field(10, ge=1, le=MAX_NEIGHBOURS)
    metric: Metric | None = Field(None, description="default: as the settings say")
    exclude: Exclusions = Field((), description="what else is left out because of the seeds")

    def _query(self, seeds: Sequence[Seed] | Sound, conditions: Conditions) -> SimilarQuery:
        return SimilarQuery(
            networks=choose_networks(self.network, self.layer),
            seeds=seeds,
            level=self.level,
            k=self.k,
            metric=self.metric,
            conditions=conditions,
            exclude=frozenset(self.exclude),
        )


class FilterArguments(ChoiceArguments):
    """Which rows may be found, in an address."""

    genre: Words = Field((), description="one of these")
    tag: Annotated[tuple[GroupedText, ...], CommaSeparated] = Field(
        (), max_length=MAX_CONDITIONS, description="group:name; one of those of each group"
    )
    activation: Annotated[tuple[HeardText, ...], CommaSeparated] = Field(
        (), max_length=MAX_CONDITIONS, description="tag:low-high, 0 to 1; network/tag:low-high"
    )
    bpm: RangeText | None = None
    year: RangeText | None = None
    folder: Folder = None

    @property
    def conditions(self) -> Conditions:
        """What every result fulfils."""
        groups: dict[str, list[str]] = {GENRE: list(self.genre)} if self.genre else {}
        for text in self.tag:
            group, _, name = text.partition(":")
            groups.setdefault(group, []).append(name)
        return Conditions(
            tags=tuple((group, tuple(names)) for group, names in groups.items()),
            activations=tuple(_read_activation(text) for text in self.activation),
            bpm=None if self.bpm is None else _read_range(self.bpm),
            year=None if self.year is None else _read_range(self.year),
            folder=self.folder,
        )


class SimilarArguments(FilterArguments):
    """Whose neighbours, by what, and how many."""

    track: Id
    segment: Id | None = Field(None, description="number of the segment, from 0; tracks are compared without")

    def to_query(self) -> SimilarQuery:
        """Return what is asked of the read side."""
        return self._query((Seed(self.track, self.segment),), self.conditions)


class UploadArguments(FilterArguments):
    """What an uploaded file is compared with."""

    segment: Id | None = Field(None, description="number of a segment of the file; the mean of all without")

    def to_query(self, sound: Sound) -> SimilarQuery:
        """Return what is asked of the read side."""
        return self._query(sound, self.conditions)


class SeedArguments(Arguments):
    """A track or segment, and how much of it is wanted."""

    track: Id
    segment: Id | None = None
    weight: float = Field(1.0, ge=-100, le=100, allow_inf_nan=False, description="below 0: unlike it")


class RangeArguments(Arguments):
    """Numbers from ``min`` to ``max``, both included."""

    min: float | None = Field(None, allow_inf_nan=False)
    max: float | None = Field(None, allow_inf_nan=False)

    def to_range(self) -> Range:
        """Return what the read side calls it."""
        return Range(self.min, self.max)


class ActivationArguments(RangeArguments):
    """How strongly a tag is heard."""

    tag: Annotated[str, Field(min_length=1, max_length=100)]
    network: Name | None = Field(None, description="that hears it; default: the first that knows the tag")


class SimilarBody(ChoiceArguments):
    """Whose neighbours, by what, and how many: several seeds or a vector, any filters."""

    seeds: Annotated[tuple[SeedArguments, ...], Field(max_length=MAX_SEEDS)] = ()
    vector: Annotated[
        tuple[Annotated[float, Field(allow_inf_nan=False)], ...] | None,
        Field(min_length=1, max_length=MAX_VALUES, description="instead of seeds: values of the layer"),
    ] = None
    tags: Annotated[dict[Name, Words], Field(max_length=MAX_CONDITIONS)] = Field(
        {}, description="group to names; one of those of each group"
    )
    activations: Annotated[tuple[ActivationArguments, ...], Field(max_length=MAX_CONDITIONS)] = ()
    bpm: RangeArguments | None = None
    year: RangeArguments | None = None
    folder: Folder = None

    @model_validator(mode="after")
    def _check_seeds(self) -> Self:
        if bool(self.seeds) == (self.vector is not None):
            raise ValueError("Give either 'seeds' or a 'vector'.")
        if self.vector is not None and len(self.network) > 1:
            raise ValueError("A vector belongs to one network: name one.")
        return self

    def to_query(self) -> SimilarQuery:
        """Return what is asked of the read side."""
        conditions = Conditions(
            tags=tuple(self.tags.items()),
            activations=tuple(Activation(one.tag, one.to_range(), one.network) for one in self.activations),
            bpm=None if self.bpm is None else self.bpm.to_range(),
            year=None if self.year is None else self.year.to_range(),
            folder=self.folder,
        )
        if self.vector is not None:
            return self._query(Sound({(self.network[0], self.layer[0]): list(self.vector)}), conditions)
        return self._query([Seed(one.track, one.segment, one.weight) for one in self.seeds], conditions)


def _read_range(text: str) -> Range:
    """Read ``low-high``, either of which may be missing, or one number."""
    low, dash, high = text.partition("-")
    if not dash:
        return Range(float(low), float(low))
    return Range(float(low) if low else None, float(high) if high else None)


def _read_activation(text: str) -> Activation:
    found = _HEARD.fullmatch(text)
    name: Any = found and found["tag"]
    network, slash, tag = name.partition("/")
    limits = _read_range(found["range"] if found else "")
    return Activation(tag, limits, network) if slash else Activation(name, limits)


class SeedAnswer(PlaceAnswer):
    """A seed."""

    weight: float


class QueryAnswer(Answer):
    """What was asked. The place of the seed if there is one, nulls where there are several, or a vector."""

    track: TrackName | None
    album: str | None
    segment: Count | None
    start: Seconds | None
    end: Seconds | None
    row: Count | None
    audio: Address | None
    seeds: list[SeedAnswer]
    network: str
    layer: str
    k: int
    metric: Metric


class NeighbourAnswer(PlaceAnswer):
    """A neighbour."""

    distance: float = Field(description="1 - cosine similarity (0 to 2), or Euclidean")
    distances: dict[str, float | None] | None = Field(description="by network, where several are fused")
    score: float | None = Field(description="of the fused ranks, the higher the better")


class SimilarAnswer(Answer):
    """The nearest neighbours, nearest first, and how they were found."""

    query: QueryAnswer
    level: Level
    backend: str
    exact: bool
    recall: Share | None = Field(description="share of the true 10 nearest that the index finds, as measured")
    note: str | None = Field(description="why another index than the one asked for was used")
    passed: Count = Field(description="rows that the filters let through")
    results: list[NeighbourAnswer]
