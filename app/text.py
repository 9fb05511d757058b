"""Text normalised for comparison: names and paths in one Unicode form, words without accents."""

import unicodedata

# Letters that are not a base letter with an accent, and that most keyboards lack.
_PLAIN = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
    # Typographic quotes, apostrophes and hyphens become a keyboard's; invisible characters are removed.
    | dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc\u02b9\u00b4`", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", "")
)


def composed(text: str) -> str:
    """Return text in Unicode's NFC form; macOS, for example, writes é in file names as two characters."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Return text without case, accents or typography: ``Beyoncé`` and ``BEYONCE`` are the same."""
    if text.isascii():
        return text.lower().replace("`", "'")
    # Before normalisation, which turns some apostrophes into a space and an accent.
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).translate(_PLAIN)
