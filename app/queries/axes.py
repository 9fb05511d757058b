"""What the axes of a map show: components of a projection, raw dimensions, tags, differences of two tags."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from app.errors import InputError, NotFoundError
from app.queries.catalogue import OpenSnapshot
from app.queries.columns import Positions
from app.queries.tags import TAGGRAMS, network_tags
from app.reducers import REDUCERS
from app.store.files import Array
from app.store.snapshots import Space

ORIGINAL = "original"
"""Name for the raw dimensions, beside those of the projections."""

Scale = Literal["linear", "log"]
Tags = tuple[str, ...] | None
"""Names of the dimensions of taggrams; None for other layers."""
LOG_FLOOR = 1e-4
"""Lowest position on a logarithmic axis: activations are given to four digits."""


@dataclass(frozen=True)
class View:
    """A projection and what of it is on which axis.

    Attributes
    ----------
    projection : str
        Name of a projection, or ``original``.
    x, y : str
        Components of the projection, counted from 0; with ``original`` dimensions or tags.
    x_minus, y_minus : str or None
        Tags that are subtracted; only with ``original`` and taggrams.
    x_scale, y_scale : str
        ``linear``, or ``log`` with ``original`` and nothing subtracted.
    """

    projection: str
    x: str = "0"
    y: str = "1"
    x_minus: str | None = None
    y_minus: str | None = None
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"


@dataclass(frozen=True)
class Axes:
    """The two axes of a view, opened: their values are read when asked for.

    Attributes
    ----------
    version : str or None
        Of the projection; None where nothing but the snapshot matters.
    """

    x: Positions
    y: Positions
    version: str | None

    @property
    def is_isometric(self) -> bool:
        """Whether one unit is as long on both axes, so that distances mean something."""
        return self.version is not None


def projection_title(name: str) -> str:
    """Return the name of a projection to show to people."""
    return next((reducer.title for reducer in REDUCERS if reducer.name == name), name)


def open_axes(snapshot: OpenSnapshot, space: Space, view: View) -> Axes:
    """Open what a view shows.

    Raises
    ------
    NotFoundError
        If there is no such projection, component, dimension or tag.
    InputError
        If something is subtracted or logarithmic that cannot be.
    """
    if view.projection == ORIGINAL:
        source = snapshot.vectors(space)
        tags = network_tags(snapshot, space.network) if space.layer == TAGGRAMS else None
        return Axes(
            _open_dimension("x", source, tags, view.x, view.x_minus, view.x_scale),
            _open_dimension("y", source, tags, view.y, view.y_minus, view.y_scale),
            version=None,
        )
    if view.x_minus is not None or view.y_minus is not None:
        raise InputError(f"Only tags can be subtracted: with the projection '{ORIGINAL}' of {TAGGRAMS}.")
    if "log" in (view.x_scale, view.y_scale):
        raise InputError(f"Only the projection '{ORIGINAL}' can be shown on logarithmic axes.")
    source, manifest = snapshot.projection_and_manifest(space, view.projection)
    title = projection_title(view.projection)

    def open_component(name: str, choice: str) -> Positions:
        number = _find_number(choice, source.shape[1], f"component of {view.projection}")
        return Positions(name, source[:, number], f"{title} {number + 1}")

    return Axes(open_component("x", view.x), open_component("y", view.y), manifest["sha256"])


def _open_dimension(
    name: str, source: Array, tags: Tags, choice: str, minus: str | None, scale: Scale
) -> Positions:
    number, title = _find_dimension(tags, choice, source.shape[1])
    if minus is None:
        return Positions(name, source[:, number], title, floor=LOG_FLOOR if scale == "log" else None)
    if tags is None:
        raise InputError(f"Only tags can be subtracted: with the projection '{ORIGINAL}' of {TAGGRAMS}.")
    if scale == "log":
        raise InputError("A difference can be negative: it has no logarithm.")
    subtracted, of_what = _find_dimension(tags, minus, source.shape[1])
    difference = source[:, number].astype(np.float32) - source[:, subtracted]
    return Positions(name, difference, f"{title} − {of_what}")


def _find_dimension(tags: Tags, choice: str, size: int) -> tuple[int, str]:
    """Return number and title of a raw dimension; those of taggrams may be called by their tags."""
    if tags and choice in tags:
        return tags.index(choice), choice
    number = _find_number(choice, size, "tag or dimension" if tags else "dimension")
    return number, tags[number] if tags else f"Dimension {number}"


def _find_number(choice: str, count: int, kind: str) -> int:
    if not (choice.isascii() and choice.isdigit()):
        raise NotFoundError(f"There is no {kind} {choice!r}.")
    if int(choice) >= count:
        raise NotFoundError(f"There is no {kind} {choice!r}: they are counted from 0 to {count - 1}.")
    return int(choice)
