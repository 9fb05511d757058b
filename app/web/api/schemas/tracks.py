"""Tracks, and what is heard in them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from app.queries.browse import SORT_KEYS, TagFilter
from app.queries.similar.filters import Range
from app.web.api.arguments import Arguments
from app.web.api.operation import Answer
from app.web.api.schemas.fields import MAX_TEXT, CommaSeparated, Id, Name
from app.web.api.schemas.places import Address, Count, Seconds, Share, TrackFacts

MAX_PEAKS = 4000
MAX_TRACKS = 500
SORT = f"^-?({'|'.join(SORT_KEYS)})$"


class SearchArguments(Arguments):
    """Words that occur in title, artist, album, path or tags of a track."""

    q: Annotated[str, Field(max_length=MAX_TEXT)] = ""


class TracksArguments(SearchArguments):
    """The tracks of some ids, or which of those that are found."""

    ids: Annotated[
        tuple[Id, ...] | None,
        CommaSeparated,
        Field(max_length=MAX_TRACKS, description="numbers, separated by commas"),
    ] = None
    tag: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(None, description="heard in them")
    network: Name | None = Field(None, description="that hears the tag; default: the first that knows it")
    min: float | None = Field(None, ge=0, le=1, description="least mean activation of the tag")
    max: float | None = Field(None, ge=0, le=1, description="greatest mean activation of the tag")
    sort: Annotated[str, Field(pattern=SORT)] = Field("id", description="'-' before it: the greatest first")
    limit: int = Field(50, ge=1, le=MAX_TRACKS)
    cursor: Annotated[str, Field(max_length=4000)] | None = Field(
        None, description="'next' of the page before"
    )

    @model_validator(mode="after")
    def _check_tag(self) -> Self:
        if self.tag is None and (self.network, self.min, self.max) != (None, None, None):
            raise ValueError("'network', 'min' and 'max' are those of a 'tag': name one.")
        return self

    @property
    def heard(self) -> TagFilter | None:
        """What shall be heard in the tracks."""
        return None if self.tag is None else TagFilter(self.tag, Range(self.min, self.max), self.network)


class TagsArguments(Arguments):
    """The tags of a track, or of one of its segments."""

    network: Name
    segment: Id | None = Field(None, description="number of the segment, from 0; the whole track without")


class TaggramArguments(Arguments):
    """The activations of a track over time."""

    network: Name


class WaveformArguments(Arguments):
    """The outline of a track."""

    points: int = Field(800, ge=1, le=MAX_PEAKS, description="number of peaks")


class ListedTrack(TrackFacts):
    """A track in a list."""

    activation: Share | None = Field(None, description="mean of the tag that was asked for")


class TracksAnswer(Answer):
    """A page of tracks."""

    total: Count
    next: str | None = Field(description="'cursor' of the next page; null on the last")
    tracks: list[ListedTrack]


class TrackIdsAnswer(Answer):
    """The ids of tracks, ascending."""

    ids: list[Count]


class TagAnswer(Answer):
    """How much of a tag a network hears."""

    tag: str
    activation: Share


class HeardAnswer(Answer):
    """What a network made of a track."""

    segments: Count
    segment_seconds: Seconds
    top_tags: list[TagAnswer] = Field(description="the strongest, means over the track")


class TrackAnswer(TrackFacts):
    """A track, and what the networks hear in it."""

    path: str = Field(description="below AUDIO_DIR, for showing")
    tags: dict[str, list[str]] = Field(description="group to names")
    state: Literal["present", "missing"]
    licence: str | None = Field(description="address of the licence's text")
    page: str | None = Field(description="address of the track's page at its provider")
    networks: dict[str, HeardAnswer]
    audio: Address


class TagsAnswer(Answer):
    """All tags of a track or a segment, the strongest first."""

    network: str
    segment: Count | None
    start: Seconds | None
    tags: list[TagAnswer]


class TaggramAnswer(Answer):
    """The activation of every tag in every segment."""

    network: str
    segment_seconds: Seconds
    tags: list[str]
    activations: list[list[Share]] = Field(description="one list per tag, with one value per segment")


class WaveformAnswer(Answer):
    """The outline of a track."""

    seconds: Seconds
    peaks: list[Annotated[int, Field(ge=0, le=255)]]
