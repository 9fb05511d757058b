"""What an experiment comes to, and which spaces it looks at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import NotFoundError
from app.queries.catalogue import OpenSnapshot
from app.store.snapshots import Level, Space


@dataclass(frozen=True)
class Result:
    """A table and a figure.

    Attributes
    ----------
    columns : tuple of str
        Names of the columns of the table.
    rows : list of dict
        Column to value: text, numbers, or None where it is not known.
    figure : dict
        In Plotly's form: ``data`` and ``layout``.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[dict[str, Any]]
    figure: dict[str, Any]


def wanted_spaces(
    snapshot: OpenSnapshot, networks: Sequence[str], levels: Sequence[Level]
) -> Iterator[Space]:
    """Yield the spaces of some networks (all if none is named) at some levels.

    Raises
    ------
    NotFoundError
        If there is no such network.
    """
    unknown = sorted(set(networks) - set(snapshot.networks))
    if unknown:
        known = ", ".join(snapshot.networks)
        raise NotFoundError(f"The snapshot has no network {unknown[0]!r}. It has: {known}.")
    for space in snapshot.spaces():
        if space.level in levels and (not networks or space.network in networks):
            yield space


def make_figure(
    data: list[dict[str, Any]], title: str, x_axis: dict[str, Any], y_axis: dict[str, Any]
) -> dict[str, Any]:
    """Return a figure in Plotly's form, with plain colours for print and screen."""
    grid = {"gridcolor": "#dfe2ea", "zerolinecolor": "#868d9b"}
    return {
        "data": data,
        "layout": {
            "title": {"text": title},
            "xaxis": grid | x_axis,
            "yaxis": grid | y_axis,
            "plot_bgcolor": "#ffffff",
            "paper_bgcolor": "#ffffff",
            "font": {"family": "system-ui, sans-serif", "color": "#181b22"},
            "colorway": [
                "#4a3aff",
                "#d1495b",
                "#00798c",
                "#edae49",
                "#6b4e71",
                "#66a182",
                "#8d96a3",
                "#1b1b1e",
            ],
        },
    }
