"""How each tag format names tempo, key and genre."""

from typing import Any, Final

from mutagen.apev2 import APEv2
from mutagen.asf import ASFTags
from mutagen.id3 import ID3, TBPM, TCON, TKEY
from mutagen.mp4 import MP4FreeForm, MP4Tags

from app.services.file_analysis.facts import Facts

_UTF8: Final = 3
_NAMES: Final[dict[type, tuple[str, str, str]]] = {
    APEv2: ("BPM", "KEY", "Genre"),
    ASFTags: ("WM/BeatsPerMinute", "WM/InitialKey", "WM/Genre"),
}
_VORBIS: Final = ("BPM", "INITIALKEY", "GENRE")
_MP4_KEY: Final = "----:com.apple.iTunes:initialkey"


def set_facts(tags: Any, facts: Facts) -> None:
    """Set what was found in the tags of an open file, in place of what they say of it; the rest stays.

    Tempo is a whole number where the format demands it (ID3, MP4), and has one decimal elsewhere. Keys are
    written as ``Abm`` or ``C``, which ID3 demands and the others have taken over.
    """
    if isinstance(tags, ID3):
        _set_id3(tags, facts)
    elif isinstance(tags, MP4Tags):
        _set_mp4(tags, facts)
    else:
        names = next((names for kind, names in _NAMES.items() if isinstance(tags, kind)), _VORBIS)
        values = (_decimal(facts), _short_key(facts), list(facts.genres))
        for name, value in zip(names, values, strict=True):
            if value:
                tags[name] = value


def _set_id3(tags: Any, facts: Facts) -> None:
    bpm = [] if facts.bpm is None else [str(round(facts.bpm))]
    key = [] if facts.key is None else [_short_key(facts)]
    frames: tuple[tuple[Any, list[str]], ...] = ((TBPM, bpm), (TKEY, key), (TCON, list(facts.genres)))
    for frame, text in frames:
        if text:
            tags.setall(frame.__name__, [frame(encoding=_UTF8, text=text)])


def _set_mp4(tags: Any, facts: Facts) -> None:
    freeform: Any = MP4FreeForm
    if facts.bpm is not None:
        tags["tmpo"] = [round(facts.bpm)]
    if facts.key is not None:
        tags[_MP4_KEY] = [freeform(_short_key(facts).encode())]
    if facts.genres:
        tags["\xa9gen"] = list(facts.genres)


def _decimal(facts: Facts) -> str:
    return "" if facts.bpm is None else f"{facts.bpm:.1f}"


def _short_key(facts: Facts) -> str:
    tonic, _, scale = (facts.key or "").partition(" ")
    return f"{tonic}m" if scale == "minor" else tonic
