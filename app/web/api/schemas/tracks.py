"""Tracks, and what is heard in them."""

from typing import Annotated

from pydantic import Field

from app.web.api.arguments import Arguments
from app.web.api.schemas.fields import MAX_TEXT, CommaSeparated, Id, Name

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
