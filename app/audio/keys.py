"""Musical keys: the many ways to write one, made one."""

import re

TONICS = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""The twelve pitch classes from C up, each in its commonest spelling."""

_NATURALS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1, "": 0}
_NAMED = re.compile(r"([A-Ga-g])[ -]?([#♯b♭]|(?i:sharp|flat)|)[ -]?(M|m|(?i:major|maj|minor|min)|)")
_WHEEL = re.compile(r"(0?[1-9]|1[0-2])([ABabDMdm])")
_FIFTH = 7  # semitones from one number of a wheel to the next
_WHEEL_STARTS = {"a": (8, "minor"), "b": (11, "major"), "m": (9, "minor"), "d": (0, "major")}


def parse_key(text: str) -> str | None:
    """Return a key as ``A minor`` or ``F# major``; None if the text names none.

    Read are names (``Am``, ``f# minor``, ``B♭``), Camelot's wheel (``8A``) and Open Key (``1m``). A note by
    itself stands for the major key, as ID3 has it.
    """
    text = text.strip()
    wheel = _WHEEL.fullmatch(text)
    if wheel:
        start, scale = _WHEEL_STARTS[wheel[2].lower()]
        return f"{TONICS[(start + _FIFTH * (int(wheel[1]) - 1)) % 12]} {scale}"
    named = _NAMED.fullmatch(text)
    if not named:
        return None
    step = _NATURALS[named[1].upper()] + _ACCIDENTALS[named[2].lower()]
    is_minor = named[3] == "m" or named[3].lower().startswith("min")
    return f"{TONICS[step % 12]} {'minor' if is_minor else 'major'}"
