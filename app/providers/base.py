"""What a provider is: it says where the audio of a track is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.registry import Requirement
from app.settings import Settings


@dataclass(frozen=True)
class Playable:
    """What a provider needs to know of a track.

    Attributes
    ----------
    path : str
        Relative to ``AUDIO_DIR``; lone surrogates stand for bytes that are not UTF-8.
    external_id : str or None
        The provider's number of the track.
    """

    track_id: int
    path: str
    external_id: str | None


@dataclass(frozen=True)
class AudioFile:
    """Audio on this machine: an existing file, symbolic links resolved, that may be sent."""

    path: Path


@dataclass(frozen=True)
class AudioLink:
    """Audio elsewhere, at a public address."""

    url: str


class Provider(Protocol):
    """A place that audio is played from."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def requires(self) -> tuple[Requirement, ...]: ...

    @property
    def media_hosts(self) -> tuple[str, ...]:
        """Origins that the browser must be allowed to play from, such as ``https://*.example.org``."""
        ...

    def url(self, track: Playable, settings: Settings) -> AudioFile | AudioLink:
        """Return where the audio of a track is.

        Raises
        ------
        NotFoundError
            If it is not there; the message says why.
        """
        ...
