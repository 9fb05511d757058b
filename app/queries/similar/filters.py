"""Filters: which rows of a space may be found.

Conditions that are the same whatever is looked for are one array of booleans, computed once; what depends
on the seeds (their own rows, their artists') is a short list of rows beside it.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from app.errors import InputError, NotFoundError
from app.queries.cache import Cache
from app.queries.catalogue import OpenSnapshot
from app.queries.metadata import metadata_version
from app.queries.similar.facts import TrackFacts, track_facts
from app.queries.similar.places import Rows, counterparts, rows_of_track
from app.queries.tags import TAGGRAMS, network_tags, tag_column
from app.settings import Settings
from app.store.snapshots import Space
from app.text import composed, fold

Exclusion = Literal["track", "artist", "album", "duplicates"]
"""What is left out because of the seeds: all of their tracks; their artists' or albums'; or copies of their
tracks, by content, and what is at distance 0."""
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included; None for no limit."""

    low: float | None = None
    high: float | None = None

    def holds(self, values: npt.NDArray[np.floating]) -> Mask:
        """bool, shape=(n,): which values lie in it. NaN lies in none."""
        inside: Mask = ~np.isnan(values)
        if self.low is not None:
            inside &= values >= self.low
        if self.high is not None:
            inside &= values <= self.high
        return inside


@dataclass(frozen=True)
class Activation:
    """How strongly a network hears a tag, 0 to 1.

    Attributes
    ----------
    network : str or None
        None for the first of those searched that knows the tag, or else the first of all.
    """

    tag: str
    range: Range
    network: str | None = None


@dataclass(frozen=True)
class Conditions:
    """What every row that is found fulfils.

    Attributes
    ----------
    tags : tuple of (str, tuple of str)
        Group and names: tracks that have one of the names, in each of the groups.
    folder : str or None
        Tracks below that folder of AUDIO_DIR.
    once : bool
        Of tracks with equal content that fulfil the rest, only the first.
    """

    tags: tuple[tuple[str, tuple[str, ...]], ...] = ()
    activations: tuple[Activation, ...] = ()
    bpm: Range | None = None
    year: Range | None = None
    folder: str | None = None
    once: bool = False

    @property
    def ask_catalogue(self) -> bool:
        """Whether the catalogue has to be asked, not the vectors alone."""
        return bool(self.tags or self.bpm or self.year or self.folder or self.once)


@dataclass(frozen=True)
class Allowed:
    """The rows that may be found.

    Attributes
    ----------
    n_rows : int
        Of the space.
    mask : bool, shape=(n_rows,), or None
        What the conditions allow; None for everything.
    left_out : int64, shape=(n,)
        Rows that are left out all the same, ascending.
    n_allowed : int
        How many are left.
    name : hashable
        Another one for every mask; None without one.
    """

    n_rows: int
    mask: Mask | None
    left_out: Rows
    n_allowed: int
    name: Hashable = None

    def holds(self, rows: Rows) -> Mask:
        """bool, shape=(n,): which of some rows may be found."""
        held = np.isin(rows, self.left_out, invert=True)
        return held if self.mask is None else held & self.mask[rows]

    def whole(self) -> Mask:
        """bool, shape=(n_rows,): the same of all rows."""
        mask = np.ones(self.n_rows, bool) if self.mask is None else self.mask.copy()
        mask[self.left_out] = False
        return mask


@dataclass(frozen=True)
class Owners:
    """The tracks that the seeds of a search belong to.

    Attributes
    ----------
    rows : tuple of int
        Of the seeds themselves, in the space that is searched.
    track_rows : tuple of int
        Of their tracks, among the tracks.
    content : str or None
        Hash of a file that is no track.
    """

    rows: tuple[int, ...] = ()
    track_rows: tuple[int, ...] = ()
    content: str | None = None


def allowed_rows(
    settings: Settings,
    snapshot: OpenSnapshot,
    space: Space,
    conditions: Conditions,
    exclude: frozenset[Exclusion],
    owners: Owners,
) -> Allowed:
    """Return which rows of a space may be found.

    Raises
    ------
    NotFoundError
        If a condition names a tag or a network that does not exist.
    InputError
        If activations of segments are asked of a network with segments of another length.
    """
    n_rows = snapshot.n_rows(space)
    mask = _mask(settings, snapshot, space, conditions)
    left_out = np.unique(
        np.array([*owners.rows, *_excluded(settings, snapshot, space, exclude, owners)], np.int64)
    )
    if mask is None:
        return Allowed(n_rows, None, left_out, n_rows - len(left_out))
    name, found, count = mask
    return Allowed(n_rows, found, left_out, count - int(found[left_out].sum()), name)


def _excluded(
    settings: Settings,
    snapshot: OpenSnapshot,
    space: Space,
    exclude: frozenset[Exclusion],
    owners: Owners,
) -> list[int]:
    tracks = set(owners.track_rows) if exclude & {"track", "duplicates"} else set()
    if exclude - {"track"} and (owners.track_rows or owners.content):
        facts = track_facts(settings, snapshot, space.network)
        columns = {"album": facts.albums, "duplicates": facts.contents}
        if "artist" in exclude:
            rows, artists = facts.artists.T
            theirs = artists[np.isin(rows, owners.track_rows)]
            tracks.update(rows[np.isin(artists, theirs)].tolist())
        for name in exclude & columns.keys():
            values = set(columns[name][list(owners.track_rows)].tolist())
            if name == "duplicates" and owners.content in facts.content_rows:
                values.add(facts.content_rows[owners.content])
            values.discard(-1 if name == "duplicates" else 0)
            tracks.update(np.flatnonzero(np.isin(columns[name], list(values))).tolist())
    return [row for track in tracks for row in rows_of_track(snapshot, space, track)]


_masks: Cache[tuple[Mask, int]] = Cache(64)


def _mask(
    settings: Settings, snapshot: OpenSnapshot, space: Space, conditions: Conditions
) -> tuple[Hashable, Mask, int] | None:
    """Return a name for what the conditions allow, the rows, and how many they are."""
    if conditions == Conditions():
        return None
    version = metadata_version() if conditions.ask_catalogue else ""
    database = settings.SQLALCHEMY_DATABASE_URI
    key = (database, snapshot.folder, space.network, space.level, conditions, version)
    return key, *_masks.get(key, lambda: _compute(settings, snapshot, space, conditions))


def _compute(
    settings: Settings, snapshot: OpenSnapshot, space: Space, conditions: Conditions
) -> tuple[Mask, int]:
    mask = np.ones(snapshot.n_rows(space), bool)
    if conditions.ask_catalogue:
        tracks = _tracks(track_facts(settings, snapshot, space.network), conditions)
        counts = np.diff(snapshot.offsets(space.network)) if space.level == "segments" else 1
        mask &= np.repeat(tracks, counts)
    for activation in conditions.activations:
        mask &= activation.range.holds(activations(snapshot, space, activation))
    return mask, int(mask.sum())


def _tracks(facts: TrackFacts, conditions: Conditions) -> Mask:
    """bool, shape=(n_tracks,): the tracks that fulfil what is asked of the catalogue."""
    mask = np.ones(len(facts.paths), bool)
    for group, names in conditions.tags:
        has_one = np.zeros(len(mask), bool)
        for name in names:
            rows = facts.tags.get((group, fold(name)))
            if rows is None:
                raise NotFoundError(f"No track has the tag {name!r} of the group {group!r}.")
            has_one[rows] = True
        mask &= has_one
    for limits, values in ((conditions.bpm, facts.bpm), (conditions.year, facts.years)):
        if limits is not None:
            mask &= limits.holds(values)
    if conditions.folder is not None and conditions.folder.strip("/"):
        below = composed(conditions.folder.strip("/")) + "/"
        mask &= np.array([composed(path).startswith(below) for path in facts.paths], bool)
    if conditions.once:
        known = np.flatnonzero(mask & (facts.contents >= 0))
        mask[known] = False
        mask[known[np.unique(facts.contents[known], return_index=True)[1]]] = True
    return mask


def activations(snapshot: OpenSnapshot, space: Space, asked: Activation) -> npt.NDArray[np.floating]:
    """float16 or float32, shape=(n_rows,): how strongly a tag is heard in each row of a space.

    NaN where the network that is asked has not heard it.
    """
    network = asked.network or space.network
    column = tag_column(snapshot, network, asked.tag, space.level)
    if network == space.network:
        return column
    rows = counterparts(snapshot, space.network, network, space.level)
    return np.where(rows >= 0, column[rows], np.nan)


def who_knows(snapshot: OpenSnapshot, tag: str, networks: tuple[str, ...]) -> str:
    """Return the first of some networks that knows a tag, or else the first of all that does.

    Raises
    ------
    NotFoundError
        If none does.
    """
    for network in (*networks, *snapshot.networks):
        if TAGGRAMS in snapshot.layers(network) and tag in network_tags(snapshot, network):
            return network
    raise NotFoundError(f"No network knows the tag {tag!r}.")


def refuse_empty(limits: Range, what: str) -> Range:
    """Return limits that some number may lie between.

    Raises
    ------
    InputError
        If none can.
    """
    if limits.low is not None and limits.high is not None and limits.low > limits.high:
        raise InputError(f"{what}: {limits.low:g} is more than {limits.high:g}.")
    return limits
