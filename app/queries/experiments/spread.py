"""How far the segments of a track lie apart, in every space."""

from collections.abc import Sequence

import numpy as np

from app.queries.catalogue import OpenSnapshot, needed_snapshot
from app.queries.derived import spread_of_segments
from app.queries.experiments.result import Result, make_figure, wanted_spaces
from app.settings import Settings
from app.store.snapshots import Level, Space

COLUMNS = ("network", "layer", "tracks", "mean", "sd", "median", "all", "relative")
BLOCK_ROWS = 65_536


def spread(settings: Settings, networks: Sequence[str], levels: Sequence[Level]) -> Result:  # noqa: ARG001
    """Measure the spread of tracks, and compare it with that of all segments of the library.

    ``relative`` is the mean spread of a track divided by that of all segments around their common mean, which
    makes spaces comparable: near 0 where a track is one spot, near 1 where a track says nothing of a segment.
    Tracks of one segment have no spread and are left out. Levels play no role.

    Raises
    ------
    EmptyLibraryError, NotFoundError
        If there is no snapshot, or no such network in it.
    """
    snapshot = needed_snapshot(settings)
    rows, data = [], []
    for space in wanted_spaces(snapshot, networks, ["tracks"]):
        several = np.diff(snapshot.offsets(space.network)) > 1
        spreads = spread_of_segments(snapshot, space)[several]
        if not len(spreads):
            continue
        whole = _spread_of_all(snapshot, space)
        mean = float(spreads.mean())
        measures = (mean, float(spreads.std()), float(np.median(spreads)), whole)
        relative = mean / whole if whole else None
        values = (space.network, space.layer, len(spreads), *measures, relative)
        rows.append(dict(zip(COLUMNS, values, strict=True)))
        share = spreads / whole if whole else spreads
        quartiles = np.quantile(share, [0, 0.25, 0.5, 0.75, 1]).tolist()
        names = ("lowerfence", "q1", "median", "q3", "upperfence")
        box = {name: [value] for name, value in zip(names, quartiles, strict=True)}
        name = f"{space.network} {space.layer}"
        data.append({"type": "box", "name": name, "x": [name], "showlegend": False, **box})
    title = "Spread of a track's segments, as a share of that of all segments"
    y_axis = {"title": {"text": "relative spread"}, "rangemode": "tozero"}
    return Result("Spread", COLUMNS, rows, make_figure(data, title, {}, y_axis))


def _spread_of_all(snapshot: OpenSnapshot, space: Space) -> float:
    """Mean Euclidean distance of all segments to their mean."""
    segments = snapshot.vectors(Space(space.network, space.layer, "segments"))
    blocks = [segments[first : first + BLOCK_ROWS] for first in range(0, len(segments), BLOCK_ROWS)]
    mean = sum(block.sum(axis=0, dtype=np.float64) for block in blocks) / len(segments)
    distances = sum(np.linalg.norm(block - mean.astype(np.float32), axis=1).sum() for block in blocks)
    return float(distances / len(segments))
