"""Tracks, and what is heard in them."""

from typing import Annotated, Literal

from pydantic import Field

from app.web.api.arguments import Arguments
from app.web.api.operation import Answer
from app.web.api.schemas.fields import MAX_TEXT, CommaSeparated, Id, Name
from app.web.api.schemas.places import Address, Count, Seconds, Share, TrackFacts

MAX_PEAKS = 4000
MAX_TRACKS = 500


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
    limit: int = Field(50, ge=1, le=MAX_TRACKS)
    cursor: Id = Field(0, description="'next' of the page before")


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


class TracksAnswer(Answer):
    """A page of tracks."""

    total: Count
    next: str | None = Field(description="'cursor' of the next page; null on the last")
    tracks: list[TrackFacts]


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
