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
TOO_SMALL: Final = 3
ROUNDED: Final = 0.01
"""Greatest error of a row in 16 bits, relative to its length; ordinary values keep it below 0.0005."""
REASONS: Final = {
    NOT_FINITE: "holds a value that is no finite number",
    TOO_LARGE: "holds a value beyond 65,504, the largest that float16 can store; scale the vectors down",
    TOO_SMALL: "holds only values that float16 rounds to zero or nearly zero; scale the vectors up",
}

Flaws = npt.NDArray[np.uint8]
"""shape=(n,): 0 for a good row, else one of ``REASONS``."""


def halve(values: Array) -> npt.NDArray[np.float16]:
    """Return values as they are kept; what is beyond float16 becomes infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(values).astype(np.float16)


def is_rounded_away(values: Array, halves: npt.NDArray[np.float16]) -> npt.NDArray[np.bool_]:
    """bool, shape=(n,): which rows are no more what they were, as their values are too small for 16 bits.

    Rows are scaled by their largest value first: squares of the smallest would vanish themselves.
    """
    exact = np.asarray(values, np.float64)
    peaks = np.abs(exact).max(axis=1, keepdims=True, initial=0.0)
    with np.errstate(invalid="ignore"):
        scale = np.where(peaks > 0, peaks, 1)
        lengths = np.linalg.norm(exact / scale, axis=1)
        errors = np.linalg.norm((exact - halves) / scale, axis=1)
        rounded: npt.NDArray[np.bool_] = errors > ROUNDED * lengths
    return rounded


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
            small = np.where(is_rounded_away(block, halves), TOO_SMALL, 0)
            flaws[first : first + ROWS_AT_ONCE] = np.where(is_kept, small, kinds)
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
