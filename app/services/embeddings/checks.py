"""What foreign embeddings must be to be kept: finite in 16 bits; from 0 to 1 where they are activations."""

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from app.errors import InputError
from app.services.report import Reporter
from app.store.files import Array

ROWS_AT_ONCE = 8192
MAX_TAG = 128

NOT_FINITE: Final = 1
TOO_LARGE: Final = 2
REASONS: Final = {
    NOT_FINITE: "holds a value that is no finite number",
    TOO_LARGE: "holds a value beyond 65,504, the greatest that is kept",
}

Flaws = npt.NDArray[np.uint8]
"""shape=(n,): 0 for a good row, else one of ``REASONS``."""


def halve(values: Array) -> npt.NDArray[np.float16]:
    """Return values as they are kept; what is beyond float16 becomes infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(values).astype(np.float16)


def find_flaws(values: Array, reporter: Reporter, *, are_activations: bool, path: Path) -> Flaws:
    """Look at all rows, block by block.

    Raises
    ------
    InputError
        If they are said to be activations, and are not.
    """
    flaws = np.zeros(len(values), np.uint8)
    with reporter.stage("Checking rows", len(values)) as advance:
        for first in range(0, len(values), ROWS_AT_ONCE):
            block = values[first : first + ROWS_AT_ONCE]
            halves = halve(block)
            is_kept = np.isfinite(halves).all(axis=1)
            kinds = np.where(np.isfinite(block).all(axis=1), TOO_LARGE, NOT_FINITE)
            flaws[first : first + ROWS_AT_ONCE] = np.where(is_kept, 0, kinds)
            wrong = ((halves < 0) | (halves > 1)).any(axis=1)
            if are_activations and wrong.any():
                raise InputError(
                    f"Row {first + int(wrong.argmax())} of {path} (counted from 0) has values beyond 0 to 1: "
                    "these are no activations of tags. Leave out --tags to take them in as embeddings."
                )
            advance(len(block))
    return flaws


def read_tag_names(path: Path, size: int) -> tuple[str, ...]:
    """Read a file with a tag per line.

    Raises
    ------
    InputError
        If it cannot be read, or does not name ``size`` different tags.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"Cannot read {path}: {error}.") from error
    tags = tuple(line.strip() for line in lines if line.strip())
    again = [tag for place, tag in enumerate(tags) if tag in tags[:place]]
    if again:
        raise InputError(f"{path} names the tag {again[0]!r} twice.")
    if any(len(tag) > MAX_TAG or not tag.isprintable() for tag in tags):
        raise InputError(f"{path}: a tag has at most {MAX_TAG} printable characters.")
    if len(tags) != size:
        raise InputError(f"{path} names {len(tags)} tags, but each row has {size} values.")
    return tags
