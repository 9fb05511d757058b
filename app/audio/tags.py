"""What a file says of itself: title, artist, album, genres, year, tempo, key, duration."""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import mutagen
from mutagen.apev2 import APEv2
from mutagen.easyid3 import EasyID3
from mutagen.easymp4 import EasyMP4Tags
from mutagen.id3 import TCON

from app.audio.container import AudioFacts
from app.audio.decode import probe
from app.audio.keys import parse_key
from app.errors import AudioError

# Names of one thing: those of Vorbis, MP4 and APEv2 (in any case) and of MP3 as mutagen's easy interface
# gives them, then those of ASF, then those of ID3 in formats without that interface. FFmpeg's are among them.
_TITLE = ("title", "TIT2")
_ARTIST = ("artist", "author", "album artist", "albumartist", "album_artist", "TPE1", "TPE2")
_ARTISTS = ("artists", "WM/ARTISTS", "TXXX:Artists")  # one value per artist, beside a credit such as "A & B"
_ALBUM_ARTIST = ("albumartist", "album artist", "album_artist", "WM/AlbumArtist", "TPE2")
_COMPILATION = ("compilation", "itunescompilation", "WM/IsCompilation", "TCMP")
_ALBUM = ("album", "WM/AlbumTitle", "TALB")
_GENRE = ("genre", "WM/Genre", "TCON")
_DATES = (  # in this order, the first one with a year counts
    *("date", "year", "WM/Year", "TDRC", "TYER"),
    *("originaldate", "originalyear", "WM/OriginalReleaseYear", "WM/OriginalReleaseTime"),
    *("TDOR", "TORY", "TXXX:originalyear"),
)
_BPM = ("bpm", "tmpo", "tempo", "WM/BeatsPerMinute", "TBPM")
_KEY = ("initialkey", "key", "WM/InitialKey", "TKEY")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_YEAR = re.compile(r"(?<!\d)([12]\d{3})(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))?(?!\d)")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
# "feat" without a dot also occurs in names: it counts only in brackets, or if there is none with a dot.
_FEATURED = (r"\s(?:feat\.|ft\.|featuring)\s", r"\sfeat\s(?!\s*(?:[&+,/-]|and\s|with\s))")
_BEGINS = re.compile(r"^\s*(?:feat\.?|ft\.|featuring)\s+", re.IGNORECASE)
_BRACKETED = re.compile(
    r"[(\[]\s*(?:feat\.?|ft\.|featuring)\s+((?:[^()\[\]]|\([^()]*\))+)[)\]]", re.IGNORECASE
)
_SLOWEST_BPM, _FASTEST_BPM = 20, 400  # what is beyond is no tempo: 0 is written where none is known

# Names that mutagen's easy interfaces leave out.
EasyID3.RegisterTextKey("initialkey", "TKEY")  # type: ignore[no-untyped-call]
EasyMP4Tags.RegisterKey("compilation", lambda tags, _name: [str(tags["cpil"])])  # type: ignore[no-untyped-call]
EasyMP4Tags.RegisterFreeformKey("initialkey", "initialkey")  # type: ignore[no-untyped-call]
EasyID3.RegisterTXXXKey("originalyear", "originalyear")  # type: ignore[no-untyped-call]
EasyID3.RegisterTXXXKey("artists", "Artists")  # type: ignore[no-untyped-call]
EasyMP4Tags.RegisterFreeformKey("artists", "ARTISTS")  # type: ignore[no-untyped-call]
EasyMP4Tags.RegisterFreeformKey("originalyear", "ORIGINALYEAR")  # type: ignore[no-untyped-call]
EasyMP4Tags.RegisterFreeformKey("originaldate", "ORIGINALDATE")  # type: ignore[no-untyped-call]

VARIOUS_ARTISTS = "Various Artists"
"""Whom a compilation is by that names nobody."""
MAX_VALUES = 100
"""How many values of one name, such as genres, are read."""
MAX_LENGTH = 500
"""How many characters of a value are read."""


@dataclass(frozen=True)
class FileTags:
    """Tags of a file: one line each, without control characters, None or empty where the file is silent.

    Attributes
    ----------
    title, artist, album : str or None
    artists : tuple of str
        Each artist of the track: those that the file lists or separates with ``;``, and those after "feat."
        in the artist, or in brackets in the title. Names may contain ``&``, ``,``, ``/`` and "and", so they
        are not split there.
    genres : tuple of str
        In the order of the file, without repetitions.
    year : int or None
        1000 to 2999.
    bpm : float or None
        Beats per minute, 20 to 400.
    key : str or None
        Such as ``A minor``; see :mod:`app.audio.keys`.
    duration : float or None
        Seconds, as far as the head of the file tells.
    album_artist : str or None
        Whom the album is by, where the file says so.
    is_cut : bool
        Whether the file holds more or longer values than are read.
    """

    title: str | None = None
    artist: str | None = None
    album: str | None = None
    genres: tuple[str, ...] = ()
    year: int | None = None
    duration: float | None = None
    bpm: float | None = None
    key: str | None = None
    album_artist: str | None = None
    artists: tuple[str, ...] = ()
    is_cut: bool = False


def read_tags(path: Path) -> FileTags:
    """Read the tags of a file; those that are damaged count as absent.

    Raises
    ------
    OSError
        If the file cannot be opened.
    MemoryError
        If its tags unpack to more than there is memory for.
    """
    with path.open("rb") as stream:
        tags = _damaged_as_absent(lambda: _collect(mutagen.File(stream, easy=True)))
        if not _has_text(tags):
            # Of MP3, mutagen reads ID3 alone.
            stream.seek(0)
            tags = _filled(tags, _damaged_as_absent(lambda: _collect_texts(APEv2(stream))))  # type: ignore[no-untyped-call]
    if _has_text(tags) and tags.duration:
        return tags
    facts = _probed(path)
    if facts is None:
        return tags
    if not _has_text(tags):
        tags = _filled(tags, _damaged_as_absent(lambda: _collect_texts(facts.tags)))
    return _filled(tags, FileTags(duration=facts.duration))


def _damaged_as_absent(read: Callable[[], FileTags]) -> FileTags:
    try:
        return read()
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - damaged files make mutagen raise nearly anything
        return FileTags()


def _has_text(tags: FileTags) -> bool:
    return bool(tags.title or tags.artist or tags.album or tags.genres or tags.year)


def _filled(tags: FileTags, others: FileTags) -> FileTags:
    """Return tags with what they lack from others."""
    names = [each.name for each in fields(FileTags)]
    return FileTags(**{name: getattr(tags, name) or getattr(others, name) for name in names})


def _collect(file: Any) -> FileTags:
    if file is None:
        return FileTags()
    length = float(getattr(file.info, "length", None) or 0)
    duration = length if math.isfinite(length) and length > 0 else None
    return replace(_collect_texts(file.tags or {}), duration=duration)


def _collect_texts(tags: Any) -> FileTags:
    values = _Values(tags)
    title = next(iter(values.of(_TITLE)), None)
    credited = values.of(_ARTIST)
    artists = tuple(values.of(_ARTISTS)) or _artists(credited, title or "")
    artist = ", ".join(credited or artists)
    genres = _genres(values.of(_GENRE))
    return FileTags(
        title=title,
        artist=artist[:MAX_LENGTH] or None,
        album=next(iter(values.of(_ALBUM)), None),
        genres=genres[:MAX_VALUES],
        album_artist=_album_artist(values),
        artists=artists[:MAX_VALUES],
        year=next(filter(None, (_year(values.of([name])) for name in _DATES)), None),
        bpm=_bpm(values.of(_BPM)),
        key=next(filter(None, map(parse_key, values.of(_KEY))), None),
        is_cut=values.is_cut or len(artist) > MAX_LENGTH or max(len(artists), len(genres)) > MAX_VALUES,
    )


def _album_artist(values: "_Values") -> str | None:
    """Return whom the album is by; "Various Artists" where it only says that it is a compilation."""
    named = next(iter(values.of(_ALBUM_ARTIST)), None)
    is_compilation = next(iter(values.of(_COMPILATION)), "0").lower() in ("1", "true", "yes")
    return named or (VARIOUS_ARTISTS if is_compilation else None)


def _artists(credited: list[str], title: str) -> tuple[str, ...]:
    """Return each artist once: those of a list, and featured ones."""
    names: list[str] = []
    for part in (part for credit in credited for part in credit.split(";")):
        own = _BRACKETED.sub(" ", part)
        names += [*_parted(_BEGINS.sub("", own) if names else own), *_BRACKETED.findall(part)]
    if names:
        names += _BRACKETED.findall(title)
    clean = (" ".join(name.split()) for name in names)
    return tuple(dict.fromkeys(name for name in clean if name))


def _parted(credit: str) -> list[str]:
    """Split a credit at "feat.", else at ``feat`` without a dot, if there are names on both sides."""
    for pattern in _FEATURED:
        names = re.split(pattern, f" {credit} ", flags=re.IGNORECASE)
        if len(names) > 1 and all(name.strip() for name in names):
            return names
    return [credit]


def _probed(path: Path) -> AudioFacts | None:
    """Ask FFmpeg, which reads more formats than mutagen."""
    try:
        return probe(path)
    except AudioError:
        return None


class _Values:
    """The tags of any format, by lower-case name."""

    def __init__(self, tags: Any) -> None:
        # Vorbis comments repeat a name for each value, the others have one list per name.
        pairs = tags.as_dict() if hasattr(tags, "as_dict") else tags
        self.is_cut = False
        self._by_name: dict[str, Any] = {str(name).lower(): pairs[name] for name in pairs}

    def of(self, names: Iterable[str]) -> list[str]:
        """Return the clean, distinct values under the first of the names that has any."""
        for name in names:
            value = self._by_name.get(name.lower())
            parts = [part for text in _texts(value) for part in text.split("\0")]
            self.is_cut |= len(parts) > MAX_VALUES or any(len(part) > MAX_LENGTH for part in parts)
            parts = [part[:MAX_LENGTH] for part in parts[:MAX_VALUES]]
            clean = dict.fromkeys(" ".join(_CONTROL.sub(" ", part).split()) for part in parts)
            clean.pop("", None)
            if clean:
                return list(clean)
        return []


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    if hasattr(value, "text"):  # an ID3 frame
        value = value.text
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    return [str(value)]


def _genres(values: list[str]) -> tuple[str, ...]:
    """Split lists, and replace the numbers of ID3 by names: ``(17)Rock; Pop`` becomes Rock, Pop."""
    parts = [part.strip() for value in values for part in value.split(";")]
    frame = TCON(encoding=3, text=parts)  # type: ignore[no-untyped-call]
    names = [name.strip() for name in frame.genres]
    return tuple(dict.fromkeys(name for name in names if name and name != "Unknown"))


def _year(values: list[str]) -> int | None:
    found = _YEAR.search(" ".join(values))
    return int(found.group(1)) if found else None


def _bpm(values: list[str]) -> float | None:
    for value in values:
        number = _NUMBER.match(value)
        bpm = float(number.group().replace(",", ".")) if number else 0.0
        if _SLOWEST_BPM <= bpm <= _FASTEST_BPM:
            return bpm
    return None
