"""Which spaces have hubs: points that are the neighbours of very many others."""

from collections.abc import Sequence

import numpy as np

from app.neighbours.neighbourhoods import NEIGHBOURS, k_occurrence
from app.queries.catalogue import needed_snapshot
from app.queries.experiments.result import Result, make_figure, wanted_spaces
from app.queries.graphs import has_graph, open_graph
from app.queries.quality import hubness as measure
from app.queries.similar.places import places_of
from app.settings import Settings
from app.store.snapshots import Level

COLUMNS = ("network", "layer", "level", "points", "skewness", "never", "most", "biggest_hub")


def hubness(settings: Settings, networks: Sequence[str], levels: Sequence[Level]) -> Result:
    """Measure the k-occurrence of every space: its skewness, antihubs and biggest hub.

    Raises
    ------
    EmptyLibraryError, NotFoundError
        If there is no snapshot, or no such network in it.
    """
    snapshot = needed_snapshot(settings)
    rows, data = [], []
    for space in wanted_spaces(snapshot, networks, levels):
        if not has_graph(snapshot, space):
            continue
        found = measure(snapshot, space)
        row, most = found.hubs[0]
        name = places_of(snapshot, space, np.array([row]))[0].track.title
        never = found.never / found.points
        values = (space.network, space.layer, space.level, found.points, found.skewness, never, most, name)
        rows.append(dict(zip(COLUMNS, values, strict=True)))
        graph = open_graph(snapshot, space)
        occurring, points = np.unique(k_occurrence(graph.nearest(), len(graph.rows)), return_counts=True)
        data.append(
            {
                "type": "scatter",
                "mode": "lines",
                "line": {"shape": "vh", "dash": "solid" if space.level == "segments" else "dot"},
                "name": str(space),
                "x": occurring.tolist(),
                "y": (points[::-1].cumsum()[::-1] / found.points).tolist(),
            }
        )
    title = f"How many points are in so many neighbourhoods of {NEIGHBOURS}, or more"
    x_axis = {"title": {"text": f"k-occurrence (k = {NEIGHBOURS}, mean {NEIGHBOURS})"}}
    y_axis = {"title": {"text": "share of the points with as many or more"}, "type": "log", "dtick": 1}
    return Result("Hubness", COLUMNS, rows, make_figure(data, title, x_axis, y_axis))
