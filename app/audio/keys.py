"""Musical keys: the many ways to write one, made one."""

import re

TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""The twelve pitch classes from C up, each in its commonest spelling."""

_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11, "H": 11}
_ACCIDENTALS = {"#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1, "": 0}
_NAMED = re.compile(r"([A-Ha-h])[ -]?([#♯b♭]|(?i:sharp|flat)|)[ -]?(M|m|(?i:major|maj|minor|min|dur|moll)|)")
_WHEEL = re.compile(r"(0?[1-9]|1[0-2])([ABabDMdm])")
_TUNING = re.compile(r"\s*[+-]\s?\d{1,2}(?:[.,]\d+)?\s?(?:cents?|ct)?$", re.IGNORECASE)
_SEPARATOR = re.compile(r"[/|,;()\[\]]|\s[-\u2013\u2014]\s")
_FIFTH = 7  # semitones from one number of a wheel to the next
_WHEEL_STARTS = {"a": (8, "minor"), "b": (11, "major"), "m": (9, "minor"), "d": (0, "major")}


def parse_key(text: str) -> str | None:
    """Return a key as ``A minor`` or ``F# major``; None if the text names none.

    Supported are names (``Am``, ``f# minor``, ``B♭``, German ``a-Moll`` and ``H-Dur``), Camelot's wheel
    (``8A``) and Open Key (``1m``), each with a deviation in cents (``A#m +50``). Of several, as in ``F#m/Gb``
    or ``8A - Am``, the first counts. A note by itself stands for the major key, as ID3 defines it; a German B
    is read as the English one unless ``Dur`` or ``Moll`` follows.
    """
    parts = (_TUNING.sub("", part.strip()).strip() for part in _SEPARATOR.split(text))
    first = next(filter(None, parts), None)
    return _parse_one(first) if first else None


def _parse_one(text: str) -> str | None:
    wheel = _WHEEL.fullmatch(text)
    if wheel:
        start, scale = _WHEEL_STARTS[wheel[2].lower()]
        return f"{TONICS[(start + _FIFTH * (int(wheel[1]) - 1)) % 12]} {scale}"
    named = _NAMED.fullmatch(text)
    if not named:
        return None
    letter, accidental, mode = named[1].upper(), named[2].lower(), named[3]
    is_german = mode.lower() in ("dur", "moll")
    step = _NATURALS[letter] + _ACCIDENTALS[accidental]
    if is_german and letter == "B" and not accidental:
        step = _NATURALS["B"] - 1
    is_minor = mode == "m" or mode.lower() == "moll" or mode.lower().startswith("min")
    return f"{TONICS[step % 12]} {'minor' if is_minor else 'major'}"
