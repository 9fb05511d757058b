"""The points of the map: a column for each thing that the page draws, colours or looks up."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, cast

from app.errors import InputError
from app.queries.axes import Axes, View, open_axes
from app.queries.catalogue import needed_snapshot
from app.queries.columns import Activations, Amounts, Column, Integers, Positions, Shares, pack
from app.queries.derived import (
    KEPT,
    OVERLAP_PREFIX,
    SPREAD,
    STRONGEST,
    derived_columns,
    kept_neighbours,
    overlap_codes,
    spread_of_segments,
    strongest_tags,
)
from app.queries.library import content_version
from app.queries.metadata import attribute, existing_attributes, is_attribute, metadata_version
from app.queries.tags import network_tags, tag_column
from app.queries.values import all_values, values_of
from app.settings import Settings
from app.store.files import Array
from app.store.snapshots import Space

POSITION = "position"
TRACK = "track"
TAG_PREFIX = "tag:"
ALL_PREFIX = "all:"


@dataclass(frozen=True)
class PointsQuery:
    """Which columns of which points.

    Attributes
    ----------
    columns : tuple of str
        Any of ``position``, ``track``, ``tag:<name>``, attributes of tracks, ``all:<attribute>``, and
        those of :func:`app.queries.derived.derived_columns`.
    view : View or None
        What the axes show; ``position`` and ``kept`` need it.
    """

    space: Space
    columns: tuple[str, ...]
    view: View | None = None


class Points:
    """The answer to a query. The arrays are opened here, but read only when a form is asked for.

    Attributes
    ----------
    version : str
        Another one whenever the same query has another answer. The id of the snapshot if the columns
        depend on nothing else.

    Raises
    ------
    EmptyLibraryError, NotFoundError, InputError
        If there is no snapshot, nothing of that name in it, or the query makes no sense.
    """

    def __init__(self, settings: Settings, query: PointsQuery) -> None:
        self._settings = settings
        self._query = query
        self._snapshot = needed_snapshot(settings)
        self._depends_on: dict[str, str] = {}
        self._categories: dict[str, tuple[str, ...]] = {}
        self._n_points = self._snapshot.n_rows(query.space)
        self._snapshot.vectors(query.space)  # there is such a layer
        self._columns = [column for name in dict.fromkeys(query.columns) for column in self._open(name)]
        self.version = content_version(self._snapshot.key, *self._depends_on.values())

    def binary(self, only: Collection[str] = ()) -> bytes:
        """Return columns in the safetensors layout, in compact form, the description as ``info``.

        Parameters
        ----------
        only : collection of str
            Names of columns that travel, such as ``x``; all if there are none.
        """
        columns = [column for column in self._columns if not only or column.name in only]
        return pack(columns, self._info())

    def to_json(self) -> dict[str, Any]:
        """Return the description, and all columns as lists of plain values."""
        return {
            "info": self._info(),
            "columns": {column.name: column.plain() for column in self._columns},
        }

    def _info(self) -> dict[str, Any]:
        space = self._query.space
        axes = {column.name: column.describe() for column in self._columns if isinstance(column, Positions)}
        scales = {column.name: column.describe() for column in self._columns if isinstance(column, Amounts)}
        return {
            "snapshot": self._snapshot.key,
            "network": space.network,
            "layer": space.layer,
            "level": space.level,
            "projection": None if self._query.view is None else self._query.view.projection,
            "points": self._n_points,
            "axes": axes,
            "scales": scales,
            "categories": {name: list(labels) for name, labels in self._categories.items()},
            "version": self.version,
        }

    def _open(self, name: str) -> Iterator[Column]:
        """Open what the query calls a column: one or two of those that travel."""
        space = self._query.space
        if name == POSITION:
            yield from self._open_positions()
        elif name == TRACK:
            yield Integers("track_ids", self._track_ids)
            if space.level == "segments":
                yield Integers("offsets", self._snapshot.offsets(space.network))
        elif name.startswith(TAG_PREFIX):
            tag = name.removeprefix(TAG_PREFIX)
            yield Activations(name, tag_column(self._snapshot, space.network, tag, space.level))
        elif name in (STRONGEST, KEPT, SPREAD) or name.startswith(OVERLAP_PREFIX):
            yield self._open_derived(name)
        elif is_attribute(name):
            yield self._open_attribute(name)
        elif name.startswith(ALL_PREFIX) and is_attribute(name.removeprefix(ALL_PREFIX)):
            yield from self._open_values(name)
        else:
            known = [
                POSITION,
                TRACK,
                f"{TAG_PREFIX}<name>",
                *existing_attributes(),
                f"{ALL_PREFIX}<attribute>",
            ]
            known += derived_columns(self._snapshot, space)
            raise InputError(f"Unknown column {name!r}. Known: {', '.join(known)}.")

    def _open_attribute(self, name: str) -> Column:
        found = attribute(self._settings, name, self._metadata_version())
        self._categories[name] = found.categories
        return Integers(name, found.of(self._track_ids), "<u2")

    def _open_values(self, name: str) -> Iterator[Column]:
        """Open all values that tracks have of an attribute, and where those of each track begin."""
        found = all_values(self._settings, name.removeprefix(ALL_PREFIX), self._metadata_version())
        self._categories[name] = found.categories
        offsets, codes = values_of(found, self._track_ids)
        yield Integers(f"{name}.offsets", offsets)
        yield Integers(name, codes, "<u2")

    @property
    def _track_ids(self) -> Array:
        return self._snapshot.track_ids(self._query.space.network)

    def _metadata_version(self) -> str:
        """Return the version of all attributes; from then on the answer depends on it."""
        if "metadata" not in self._depends_on:
            self._depends_on["metadata"] = metadata_version()
        return self._depends_on["metadata"]

    def _open_positions(self) -> Iterator[Column]:
        axes = self._axes()
        yield axes.x
        yield axes.y

    def _axes(self) -> Axes:
        """Open what is on the axes; from then on the answer depends on it."""
        view = self._query.view
        if view is None:
            raise InputError("The columns 'position' and 'kept' need the argument 'projection'.")
        axes = open_axes(self._snapshot, self._query.space, view)
        if axes.version is not None:
            self._depends_on["projection"] = axes.version
        return axes

    def _open_derived(self, name: str) -> Column:
        """Open a column that is computed from the snapshot, and kept for a while."""
        snapshot, space = self._snapshot, self._query.space
        if name == STRONGEST:
            self._categories[name] = ("", *network_tags(snapshot, space.network))
            return Integers(name, strongest_tags(snapshot, space), "<u2")
        if name == KEPT:
            axes = self._axes()
            return Shares(name, kept_neighbours(snapshot, space, cast("View", self._query.view), axes))
        if name == SPREAD:
            if space.level != "tracks":
                raise InputError(f"The column {name!r} is one of tracks.")
            return Amounts(name, spread_of_segments(snapshot, space))
        network, _, layer = name.removeprefix(OVERLAP_PREFIX).partition("/")
        return Shares(name, overlap_codes(snapshot, space, Space(network, layer, space.level)))
