"""Experiments on a library: what holds for all its spaces, as a table and a figure."""

from collections.abc import Callable, Sequence

from app.queries.experiments.agreement import agreement
from app.queries.experiments.hubness import hubness
from app.queries.experiments.result import Result
from app.queries.experiments.spread import spread
from app.settings import Settings
from app.store.snapshots import Level

__all__ = ["EXPERIMENTS", "Result"]

EXPERIMENTS: dict[str, Callable[[Settings, Sequence[str], Sequence[Level]], Result]] = {
    "agreement": agreement,
    "hubness": hubness,
    "spread": spread,
}
"""By name; each takes settings, networks (all if there are none) and levels."""
