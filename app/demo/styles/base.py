"""What a style of the demo library is."""

from collections.abc import Callable
from dataclasses import dataclass

from app.demo.instruments import Rng
from app.demo.synthesis import Mix


@dataclass(frozen=True)
class Style:
    """A kind of music.

    Attributes
    ----------
    genre, family : str
        Narrow and wide genre, as the tags of the files say; the narrow one names the folder.
    play : callable
        Fills a mix; another generator gives another piece.
    artists : tuple of str
        Who takes turns in playing it.
    years : tuple of int
        First and last year of the albums.
    peak : float
        Highest level of the recording, up to 1.
    drive : float
        How hard it is compressed; 0 for not at all.
    """

    genre: str
    family: str
    play: Callable[[Mix, Rng], None]
    artists: tuple[str, ...]
    years: tuple[int, int]
    peak: float = 0.9
    drive: float = 0.0
