"""What of the analyses of a file is written down elsewhere: tempo, key, genres, levels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

GENRES: Final = ("genre_discogs_effnet", "genre_musicnn", "genre_magnatagatune")
"""Analyses that name genres, the preferred one first."""

LEVELS: Final = ("approachability", "engagement")
MOST_GENRES: Final = 3


@dataclass(frozen=True)
class Facts:
    """Facts that were found; None or empty where nothing was.

    Attributes
    ----------
    bpm : float or None
    key : str or None
        Such as ``Ab minor``.
    genres : tuple of str
        At most three, the likeliest first.
    levels : dict
        ``approachability`` and ``engagement`` to ``low``, ``mid`` or ``high``.
    """

    bpm: float | None
    key: str | None
    genres: tuple[str, ...]
    levels: dict[str, str]


def facts_of(results: Mapping[str, Any]) -> Facts:
    """Gather facts from the results of :class:`app.analyses.Analyser`."""
    key = results.get("key", {})
    genres: list[dict[str, Any]] = next((results[name]["genres"] for name in GENRES if name in results), [])
    names = dict.fromkeys(one["genre"] for one in genres)
    classes = results.get("classifiers", {})
    return Facts(
        bpm=results.get("bpm", {}).get("bpm"),
        key=f"{key['key']} {key['scale']}" if key.get("key") else None,
        genres=tuple(names)[:MOST_GENRES],
        levels={name: classes[name]["class"] for name in LEVELS if name in classes},
    )
