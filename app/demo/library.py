"""The demo library: which clips there are, and how they become tagged files."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mutagen.flac import FLAC
from mutagen.mp3 import EasyMP3
from mutagen.oggvorbis import OggVorbis

from app.demo.encoding import Encoding, encode
from app.demo.styles import STYLES
from app.demo.styles.base import Style
from app.demo.synthesis import SAMPLE_RATE, Mix
from app.files import atomic_path

_ENCODINGS = {
    ".ogg": Encoding("ogg", "vorbis", 128_000, (("strict", "experimental"),)),
    ".mp3": Encoding("mp3", "libmp3lame", 128_000, (("compression_level", "7"),)),
    ".flac": Encoding("flac", "flac"),
}

_TAG_WRITERS: dict[str, Any] = {".ogg": OggVorbis, ".mp3": EasyMP3, ".flac": FLAC}

_ADJECTIVES = """
    Amber Blue Borrowed Broken Distant Early Empty First Folded Glass Golden Hidden Hollow Last Late Low
    Northern Paper Quiet Red Salt Second Seven Silver Slow Small Still Tall Third Unsent White Winter
"""
_NOUNS = """
    Anchor Bridge Candle Circle City Coast Corridor Engine Feather Field Garden Harbour Hours Island Ladder
    Lantern Letter Machine Meadow Mirror Morning Orchard Rain River Room Shadow Signal Stairs Station Stones
    Tide Window
"""


@dataclass(frozen=True)
class Clip:
    """One piece of the library; everything about it follows from its number.

    Attributes
    ----------
    style : Style
    take : int
        Which piece of that style, from 0.
    suffix : str
        File format.
    channels : int
    """

    style: Style
    take: int
    suffix: str
    channels: int

    @property
    def artist(self) -> str:
        return self.style.artists[self.take % len(self.style.artists)]

    @property
    def album(self) -> str:
        return _name(f"album of {self.artist}")

    @property
    def title(self) -> str:
        return _name(f"{self.style.genre} {self.take}")

    @property
    def year(self) -> int:
        first, last = self.style.years
        return first + zlib.crc32(self.album.encode()) % (last - first + 1)

    @property
    def path(self) -> Path:
        """Where the file is, below the folder of the library."""
        return Path(self.style.genre) / f"{self.artist} - {self.take + 1:02} {self.title}{self.suffix}"


def plan(clips: int) -> list[Clip]:
    """Return the first clips of the library; few of them already span all kinds of music."""
    suffixes = list(_ENCODINGS)
    planned = []
    for index in range(clips):
        take, position = divmod(index, len(STYLES))
        suffix = suffixes[index % len(suffixes)]
        # FFmpeg writes Vorbis in stereo only; MP3 takes long to write, half as long in mono.
        channels = {".ogg": 2, ".mp3": 1}.get(suffix, 1 + take % 2)
        planned.append(Clip(STYLES[position], take, suffix, channels))
    return planned


def render_library(
    folder: Path,
    *,
    clips: int = 60,
    seconds: float = 30.0,
    advance: Callable[[int], None] | None = None,
) -> list[Path]:
    """Write the demo library; what is there already is left as it is, so that a second call resumes.

    Parameters
    ----------
    folder : Path
        Where to; there will be a folder for each style.
    clips : int
        How many pieces.
    seconds : float
        Length of each.
    advance : callable, optional
        Called with 1 after each piece.

    Returns
    -------
    list of Path
        The files, in the order of their rendering.

    Raises
    ------
    StorageError
        If a file cannot be written.
    """
    paths = []
    for clip in plan(clips):
        paths.append(render_clip(folder, clip, seconds))
        if advance is not None:
            advance(1)
    return paths


def render_clip(folder: Path, clip: Clip, seconds: float) -> Path:
    """Write one piece, unless it is there; return its path."""
    path = folder / clip.path
    if not path.exists():
        with atomic_path(path) as partial:
            encode(partial, render(clip, seconds), SAMPLE_RATE, _ENCODINGS[clip.suffix])
            _write_tags(partial, clip)
    return path


def render(clip: Clip, seconds: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return the sound of a clip, float32, shape=(channels, n); the same each time."""
    rng = np.random.default_rng([zlib.crc32(clip.style.genre.encode()), clip.take])
    mix = Mix(seconds)
    clip.style.play(mix, rng)
    stereo = mix.finish(clip.style.peak, clip.style.drive)
    return stereo if clip.channels == 2 else stereo.mean(axis=0, keepdims=True)


def _write_tags(path: Path, clip: Clip) -> None:
    """Write ID3 or Vorbis comments."""
    tags = {
        "title": clip.title,
        "artist": clip.artist,
        "album": clip.album,
        "genre": list(dict.fromkeys([clip.style.genre, clip.style.family])),
        "date": str(clip.year),
        "tracknumber": str(clip.take + 1),
    }
    file = _TAG_WRITERS[clip.suffix](path)
    if file.tags is None:
        file.add_tags()
    file.update(tags)
    file.save()


def _name(seed: str) -> str:
    """Return two words that follow from the seed."""
    number = zlib.crc32(seed.encode())
    adjectives, nouns = _ADJECTIVES.split(), _NOUNS.split()
    return f"{adjectives[number % len(adjectives)]} {nouns[number // 64 % len(nouns)]}"
