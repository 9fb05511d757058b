"""From the rows of a network to what JSON holds."""

from collections.abc import Sequence

from app.analyses.base import SCORE_DIGITS
from app.audio.decode import SAMPLE_RATE
from app.audio.front_ends import frame_hop
from app.networks import Network
from app.networks.base import Float32


def segment_seconds(network: Network) -> float:
    """Return the seconds from the start of one segment to the start of the next."""
    return network.patch_hop * frame_hop(network.front_end) / SAMPLE_RATE


def ranked(names: Sequence[str], rows: Float32) -> list[tuple[str, float]]:
    """Return names and time means of their columns, the highest first; shape=(n_segments, len(names))."""
    means = rows.mean(axis=0)
    return [(names[index], float(means[index])) for index in (-means).argsort(kind="stable")]


def table(rows: Float32, digits: int = SCORE_DIGITS) -> list[list[float]]:
    """Return rows as lists of numbers with so many decimals."""
    return [[round(value, digits) for value in row] for row in rows.tolist()]
