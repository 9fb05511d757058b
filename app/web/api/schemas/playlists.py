"""Playlists."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from app.queries.exports import ListFormat
from app.services.playlists import MAX_ENTRIES, MAX_NAME, NewEntry, entries_of_points
from app.settings import Settings
from app.web.api.arguments import Arguments
from app.web.api.operation import Answer
from app.web.api.schemas.fields import Id, Name
from app.web.api.schemas.places import Address, TrackFacts

MAX_PLAYLISTS = 500


def _one_line(text: str) -> str:
    text = text.strip()
    if not text or any(ord(char) < 32 or ord(char) == 127 for char in text):
        raise ValueError("must be some text on one line")
    return text


PlaylistName = Annotated[str, Field(min_length=1, max_length=MAX_NAME), AfterValidator(_one_line)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class PlaylistsArguments(Arguments):
    """Which of all playlists."""

    limit: int = Field(50, ge=1, le=MAX_PLAYLISTS)
    cursor: Id = Field(0, description="'next' of the page before")


class EntryArguments(Arguments):
    """A track, or a stretch of it."""

    track: Id
    start: Seconds | None = Field(None, description="seconds; with 'end' for a stretch of the track")
    end: Seconds | None = None

    @model_validator(mode="after")
    def _check_stretch(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError("'start' and 'end' come together")
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError("'end' must come after 'start'")
        return self


class EntriesArguments(Arguments):
    """What a playlist shall hold: entries, or points of a map."""

    entries: Annotated[list[EntryArguments], Field(max_length=MAX_ENTRIES)] | None = None
    points: Annotated[list[tuple[Id, Id | None]], Field(max_length=MAX_ENTRIES)] | None = Field(
        None, description="instead of entries: tracks as [id, null], or segments as [id, number]"
    )
    network: Name | None = Field(None, description="whose segments the points are")

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if self.entries is not None and self.points is not None:
            raise ValueError("either 'entries' or 'points', not both")
        return self

    def to_entries(self, settings: Settings) -> list[NewEntry]:
        """Return what is asked for, in order."""
        if self.points is not None:
            return entries_of_points(settings, self.points, self.network)
        return [NewEntry(entry.track, entry.start, entry.end) for entry in self.entries or ()]


class NewPlaylistArguments(EntriesArguments):
    """A playlist that is to be made."""

    name: PlaylistName


class RenameArguments(Arguments):
    """The new name of a playlist."""

    name: PlaylistName


class PlaylistExportArguments(Arguments):
    """How a playlist is saved."""

    format: ListFormat
    offline: bool | None = Field(None, description="paths instead of addresses; None: as the settings say")
    windows_paths: bool | None = Field(None, description="None: as the settings say")


class PlaylistAnswer(Answer):
    """What is known of a playlist as a whole."""

    id: int
    name: str
    version: int = Field(description="grows with each change")
    length: int = Field(description="number of entries")
    seconds: float = Field(description="how long they last, as far as that is known")
    created_at: str
    changed_at: str


class PlaylistsAnswer(Answer):
    """Some of all playlists."""

    total: int
    next: str | None = Field(description="'cursor' of the next page; null on the last one")
    playlists: list[PlaylistAnswer]


class EntryAnswer(Answer):
    """An entry of a playlist."""

    track: TrackFacts
    start: float | None = Field(description="seconds; null for the whole track")
    end: float | None
    audio: Address
    missing: bool = Field(description="whether its file was gone when the library was last scanned")


class WholePlaylistAnswer(PlaylistAnswer):
    """A playlist with its entries, in order."""

    entries: list[EntryAnswer]
