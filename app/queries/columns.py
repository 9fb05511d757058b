"""Columns of values in two forms: compact bytes for the map, plain lists for people and programs.

The binary form is the safetensors layout: eight bytes with the length of the header (little-endian), the
header (JSON: name to dtype, shape and place, padded with spaces to a multiple of eight), the values.
Columns lie in the order of their item size, so that each starts at a multiple of it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save

from app.store.files import Array

POSITION_STEPS = 65_535
ACTIVATION_STEPS = 255
AMOUNT_STEPS = 255
SHARE_STEPS = 254

Codes = npt.NDArray[np.uint8]


class Column(Protocol):
    """Values of one kind, one per point or per track."""

    @property
    def name(self) -> str: ...

    def compact(self) -> Array:
        """Return what travels: unsigned integers, little-endian."""
        ...

    def plain(self) -> list[Any]:
        """Return real values; None for those that are not finite."""
        ...


@dataclass(frozen=True)
class Positions:
    """Coordinates along one axis of the map.

    Attributes
    ----------
    source : float16 or float32, shape=(n_points,)
        May be a memory-mapped view; it is read when values are asked for.
    title : str
        Label of the axis.
    floor : float or None
        On a logarithmic axis, the value that lower ones are drawn at: coordinates are decimal logarithms.
    """

    name: str
    source: Array
    title: str
    floor: float | None = None

    @cached_property
    def values(self) -> npt.NDArray[np.float32]:
        """float32, shape=(n_points,): the coordinates."""
        values = np.ascontiguousarray(self.source, np.float32)
        return values if self.floor is None else np.log10(np.maximum(values, np.float32(self.floor)))

    @cached_property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest finite coordinate; 0 and 0 if there is none."""
        finite = self.values
        if not np.isfinite(finite).all():
            finite = finite[np.isfinite(finite)]
        return (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)

    def compact(self) -> npt.NDArray[np.uint16]:
        """uint16: value = min + q / 65535 · (max - min), within half a step."""
        return quantise(self.values, *self.bounds)

    def plain(self) -> list[float | None]:
        """Return the coordinates as they are."""
        return _finite(self.values)

    def describe(self) -> dict[str, Any]:
        """Return what is needed to turn the compact form back."""
        low, high = self.bounds
        described = {"title": self.title, "min": low, "max": high}
        return described if self.floor is None else {**described, "scale": "log", "floor": self.floor}


@dataclass(frozen=True)
class Activations:
    """How much of a tag is heard in each point, 0 to 1.

    Attributes
    ----------
    source : float16 or float32, shape=(n_points,)
        May be a memory-mapped view.
    """

    name: str
    source: Array

    def compact(self) -> npt.NDArray[np.uint8]:
        """uint8: activation · 255."""
        values = np.nan_to_num(np.asarray(self.source, np.float32))
        return np.rint(np.clip(values, 0, 1) * ACTIVATION_STEPS).astype("<u1")

    def plain(self) -> list[float | None]:
        """Return activations to the four digits that are stored."""
        return _finite(np.round(np.asarray(self.source, np.float64), 4))


@dataclass(frozen=True)
class Integers:
    """Ids, offsets or codes.

    Attributes
    ----------
    source : integers, shape=(n,)
    dtype : str
        Type to travel as.
    """

    name: str
    source: Array
    dtype: str = "<u4"

    def compact(self) -> Array:
        """Return the values as ``dtype``."""
        return np.ascontiguousarray(self.source, self.dtype)

    def plain(self) -> list[int]:
        """Return the values."""
        values: list[int] = self.source.tolist()
        return values


@dataclass(frozen=True)
class Shares:
    """A share of each point, 0 to 1, where it is known.

    Attributes
    ----------
    codes : uint8, shape=(n_points,)
        0 where unknown, else 1 + 254 · share.
    """

    name: str
    codes: npt.NDArray[np.uint8]

    def compact(self) -> npt.NDArray[np.uint8]:
        """uint8: the codes."""
        return self.codes

    def plain(self) -> list[float | None]:
        """Return shares to three digits."""
        return [None if code == 0 else round((code - 1) / SHARE_STEPS, 3) for code in self.codes.tolist()]


@dataclass(frozen=True)
class Amounts:
    """A quantity of each point that begins at zero and has no greatest value of its own.

    Attributes
    ----------
    values : float32, shape=(n_points,)
        At least 0.
    """

    name: str
    values: npt.NDArray[np.float32]

    @cached_property
    def maximum(self) -> float:
        """Greatest value, which the compact form is scaled to; 1 if there is none above zero."""
        return float(np.nan_to_num(self.values).max(initial=0)) or 1.0

    def compact(self) -> npt.NDArray[np.uint8]:
        """uint8: value / maximum · 255."""
        codes: Codes = np.rint(np.nan_to_num(self.values) * (AMOUNT_STEPS / self.maximum)).astype(np.uint8)
        return codes

    def plain(self) -> list[float | None]:
        """Return the values."""
        return _finite(self.values)

    def describe(self) -> dict[str, float]:
        """Return what is needed to turn the compact form back."""
        return {"min": 0.0, "max": self.maximum}


def share_codes(shares: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Return shares (0 to 1, NaN where unknown) as 0 for unknown, else 1 + 254 · share.

    Parameters
    ----------
    shares : float32 or float64, shape=(n,)

    Returns
    -------
    uint8, shape=(n,)
    """
    codes = np.where(np.isnan(shares), 0, 1 + np.rint(np.nan_to_num(shares) * SHARE_STEPS))
    return codes.astype(np.uint8)


def quantise(values: npt.NDArray[np.float32], low: float, high: float) -> npt.NDArray[np.uint16]:
    """Lay values from ``low`` to ``high`` on 65,536 steps; what is no number goes to ``low``.

    Parameters
    ----------
    values : float32, shape=(n,)

    Returns
    -------
    uint16, shape=(n,)
    """
    if high <= low:
        return np.zeros(len(values), "<u2")
    steps = (values.astype(np.float64) - low) * (POSITION_STEPS / (high - low))
    steps = np.nan_to_num(steps, copy=False, nan=0, posinf=POSITION_STEPS, neginf=0)
    return np.rint(steps, out=steps).astype("<u2")


def pack(columns: Sequence[Column], info: Mapping[str, Any]) -> bytes:
    """Return columns in the safetensors layout, ``info`` as JSON text among the metadata."""
    arrays = {column.name: column.compact() for column in columns}
    return bytes(save(arrays, {"info": json.dumps(info, allow_nan=False, ensure_ascii=False)}))


def _finite(values: Array) -> list[float | None]:
    if np.isfinite(values).all():
        plain: list[float | None] = values.tolist()
        return plain
    return [value if np.isfinite(value) else None for value in values.tolist()]
