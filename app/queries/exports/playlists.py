"""A list of music as a playlist, of web addresses or of the paths that the player's machine knows."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from urllib.parse import quote
from xml.sax.saxutils import escape

from app.queries.exports.blocks import in_blocks
from app.queries.exports.entries import Entry
from app.queries.tracks import TrackFacts
from app.settings import Settings

XSPF = "http://xspf.org/ns/0/"
REPLACEMENT = "\ufffd"
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_ON_A_LINE = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]")

Address = Callable[[int], str]


@dataclass(frozen=True)
class PlaylistOptions:
    """What stands in a playlist for a track.

    Attributes
    ----------
    offline : bool
        A path instead of a web address.
    windows_paths : bool
        Paths as Windows writes them.
    audio_dir : str
        Folder of the music as the player sees it.
    address : callable
        Id of a track to the web address of its sound.
    """

    offline: bool
    windows_paths: bool
    audio_dir: str
    address: Address

    @classmethod
    def choose(
        cls, settings: Settings, address: Address, *, offline: bool | None, windows_paths: bool | None
    ) -> "PlaylistOptions":
        """Return what is asked for; where nothing is, what the settings say."""
        return cls(
            settings.PLAYLIST_FOR_OFFLINE if offline is None else offline,
            settings.PLAYLIST_USE_WINDOWS_PATH if windows_paths is None else windows_paths,
            settings.PLAYLIST_AUDIO_DIR or str(settings.AUDIO_DIR),
            address,
        )

    def path(self, facts: TrackFacts) -> PurePath:
        """Where the player finds the file of a track."""
        parts = PurePosixPath(facts.path).parts
        if self.windows_paths:
            return PureWindowsPath("\\".join([self.audio_dir, *parts]))
        return PurePosixPath(self.audio_dir, *parts)

    def uri(self, facts: TrackFacts) -> str:
        """Return the address of a track: of the web, or of its file."""
        return _file_uri(self.path(facts)) if self.offline else self.address(facts.id)


def _file_uri(path: PurePath) -> str:
    place = quote(path.as_posix().encode("utf-8", "surrogateescape"), safe="/:" if path.drive else "/")
    if not path.is_absolute():
        return place
    if place.startswith("//"):  # a Windows share: the host comes first
        return f"file:{place}"
    return f"file://{place}" if place.startswith("/") else f"file:///{place}"


def write_m3u8(entries: Iterable[Entry], title: str, options: PlaylistOptions) -> Iterator[bytes]:
    """Yield an extended M3U playlist in UTF-8. Stretches of tracks are given in VLC's way, too."""
    head = f"#EXTM3U\n#PLAYLIST:{_line(title)}\n"
    texts = (_m3u_entry(entry, entry.facts, options) for entry in entries if entry.facts is not None)
    return in_blocks(chain([head], texts))


def _m3u_entry(entry: Entry, facts: TrackFacts, options: PlaylistOptions) -> str:
    seconds = -1 if entry.seconds is None else round(entry.seconds)
    name = _line(f"{facts.artist} - {facts.title}" if facts.artist else facts.title)
    lines = [f"#EXTINF:{seconds},{name}"]
    if entry.times:
        start, stop = entry.times
        lines += [f"#EXTVLCOPT:start-time={start:.3f}", f"#EXTVLCOPT:stop-time={stop:.3f}"]
    lines += [_m3u_place(facts, entry.fragment, options), ""]
    return "\n".join(lines)


def _m3u_place(facts: TrackFacts, fragment: str, options: PlaylistOptions) -> str:
    """Return a path where that is asked for and fits on a line of text, otherwise an address."""
    if not options.offline:
        return options.uri(facts) + fragment
    path = str(options.path(facts))
    if _NOT_ON_A_LINE.search(path) or path.startswith("#"):
        return options.uri(facts)
    return path


def write_xspf(entries: Iterable[Entry], title: str, options: PlaylistOptions) -> Iterator[bytes]:
    """Yield an XSPF playlist."""
    head = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<playlist version="1" xmlns="{XSPF}">\n'
        f"{_element('title', title)}\n<trackList>\n"
    )
    tracks = (_xspf_track(entry, entry.facts, options) for entry in entries if entry.facts is not None)
    return in_blocks(chain([head], tracks, ["</trackList>\n</playlist>\n"]))


def _xspf_track(entry: Entry, facts: TrackFacts, options: PlaylistOptions) -> str:
    texts = {
        "location": options.uri(facts) + entry.fragment,
        "title": facts.title,
        "creator": facts.artist,
        "album": facts.album,
        "duration": None if entry.seconds is None else str(round(1000 * entry.seconds)),
    }
    elements = [_element(name, text) for name, text in texts.items() if text is not None]
    return f"<track>{''.join(elements)}</track>\n"


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(xml_text(text))}</{name}>"


def xml_text(text: str) -> str:
    """Return a text as XML can hold it: what it cannot becomes U+FFFD."""
    return _NOT_IN_XML.sub(REPLACEMENT, text)


def _line(text: str) -> str:
    return _NOT_ON_A_LINE.sub(" ", text)
