"""All values that tracks have of an attribute: each of several genres or artists, each folder of a file."""

from collections.abc import Iterator
from itertools import accumulate

import numpy as np
import numpy.typing as npt
from sqlalchemy import select

from app.models import Track, db
from app.queries.cache import Cache
from app.queries.metadata import (
    ARTIST,
    ATTRIBUTES,
    GENRE,
    Attribute,
    Codes,
    attribute,
    encode,
    links_of,
)
from app.queries.status import printable
from app.settings import Settings
from app.store.files import Array
from app.text import composed

FOLDER = "folder"

_kept: Cache[Attribute] = Cache(size=16)


def all_values(settings: Settings, name: str, version: str) -> Attribute:
    """Return an attribute of all tracks, each as often as it has values; read once per version."""
    if name in ATTRIBUTES and name not in (GENRE, ARTIST, FOLDER):
        return attribute(settings, name, version)
    read = _folders if name == FOLDER else _links
    key = (settings.SQLALCHEMY_DATABASE_URI, name, version)
    return _kept.get(key, lambda: encode(list(read(name)), in_order=False))


def values_of(found: Attribute, track_ids: Array) -> tuple[npt.NDArray[np.int64], Codes]:
    """Look the values of tracks up.

    Parameters
    ----------
    track_ids : int64, shape=(n,)

    Returns
    -------
    offsets : int64, shape=(n + 1,)
        The i-th track has ``codes[offsets[i]:offsets[i + 1]]``: none where it is not known.
    codes : uint16, shape=(offsets[-1],)
    """
    first = np.searchsorted(found.track_ids, track_ids, "left")
    counts = np.searchsorted(found.track_ids, track_ids, "right") - first
    offsets = np.concatenate([[0], np.cumsum(counts)])
    places = np.repeat(first - offsets[:-1], counts) + np.arange(offsets[-1])
    return offsets, found.codes[places]


def _links(name: str) -> Iterator[tuple[int, int, str]]:
    """Rows of (track, value, label), in the order of the tracks: every artist, or every tag of a group."""
    links = links_of(name)
    for row in db.session.execute(select(links).order_by(links.c.track_id, links.c.value_id)):
        yield row.track_id, row.value_id, row.name


def _folders(_: str) -> Iterator[tuple[int, int, str]]:
    """Rows of the same kind: every folder below AUDIO_DIR that a file lies in, ``rock`` and ``rock/live``."""
    numbers: dict[str, int] = {}
    for track_id, path in db.session.execute(select(Track.id, Track.path).order_by(Track.id)):
        for folder in accumulate(composed(path).split("/")[:-1], "{}/{}".format):
            yield track_id, numbers.setdefault(folder, len(numbers)), printable(folder)
