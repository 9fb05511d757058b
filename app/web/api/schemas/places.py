"""Points of a map, and tracks, as answers tell them."""

from typing import Annotated

from pydantic import Field

from app.web.api.operation import Answer

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Address = Annotated[str, Field(description="where it can be heard, on this server")]


class TrackName(Answer):
    """What a track is called; the title is the file's name where none is known."""

    id: Count
    title: str
    artist: str | None


class TrackFacts(TrackName):
    """What a list says of a track."""

    album: str | None
    genres: list[str]
    year: int | None
    duration: Seconds | None = Field(description="seconds")
    bpm: float | None = Field(description="beats per minute")
    key: str | None = Field(description="such as A minor")


class PlaceAnswer(Answer):
    """A point of the map, and what it stands for."""

    track: TrackName
    album: str | None
    segment: Count | None = Field(description="number within the track, from 0; null for a track")
    start: Seconds | None = Field(description="seconds into the track; null for a track")
    end: Seconds | None
    row: Count = Field(description="place in the columns of /api/v1/points")
    audio: Address
