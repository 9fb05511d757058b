r"""Names for the regions of a map: the tags that stand out there.

What a network hears in a region is compared with what it hears everywhere. Around each place of a grid, the
mean activation of each tag is estimated with a Gaussian kernel (the regression of Nadaraya [1]_ and Watson
[2]_), shrunk towards the mean over all points as if :data:`PRIOR_POINTS` average points lay there too: a few
points prove little. With :math:`p` for it and :math:`q` for the mean over all points,

- the *lift* :math:`p / q` says how much more of the tag is heard here: what is heard everywhere has lift 1;
- :math:`p \log (p / q)`, what the tag adds to the relative entropy of here and everywhere [3]_, chooses the
  tag: unlike the lift alone it does not fall for tags that are hardly heard at all.

Each place takes its best tag. The best places, weighted with the points around them, get labels, at a
distance from each other that halves, like the kernel, each time the zoom doubles.

References
----------
.. [1] E. A. Nadaraya, "On Estimating Regression", Theory of Probability and its Applications 9 (1964).
.. [2] G. S. Watson, "Smooth Regression Analysis", Sankhyā A 26 (1964), pp. 359-372.
.. [3] S. Kullback and R. A. Leibler, "On Information and Sufficiency", Annals of Mathematical Statistics 22
   (1951), pp. 79-86.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from app.queries.axes import Axes, View, open_axes
from app.queries.cache import Cache
from app.queries.catalogue import OpenSnapshot, needed_snapshot
from app.queries.columns import Positions
from app.queries.library import content_version
from app.queries.tags import TAGGRAMS, network_tags
from app.settings import Settings
from app.store.files import Array
from app.store.snapshots import Space

ZOOMS = (1, 2, 4, 8)
CELLS = 32  # along each axis, at zoom 1
KERNEL_CELLS = 1.5  # standard deviation
PRIOR_POINTS = 5.0
MIN_POINTS = 3.0
MIN_LIFT = 1.5
APART = 0.12  # of the axes, at zoom 1
SAME_APART = 0.3
MAX_LABELS = 300  # per zoom
BLOCK_ROWS = 65_536

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Label:
    """A tag that stands out at a place of the map.

    Attributes
    ----------
    x, y : float
        Shares of the axes, 0 to 1.
    lift : float
        How many times more of it is heard here than everywhere.
    points : int
        How many points lie there, each counted by its nearness (1 at the very place).
    """

    x: float
    y: float
    text: str
    lift: float
    points: int


@dataclass(frozen=True)
class Labels:
    """The labels of a map, for each zoom the most important first."""

    version: str
    levels: tuple[tuple[int, tuple[Label, ...]], ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        levels = [
            {"zoom": zoom, "labels": [asdict(label) for label in labels]} for zoom, labels in self.levels
        ]
        return {"version": self.version, "levels": levels}


_labels: Cache[Labels] = Cache(32)


def region_labels(settings: Settings, space: Space, view: View) -> Labels:
    """Find what stands out where on a map. Networks without tags have no labels.

    Raises
    ------
    EmptyLibraryError, NotFoundError, InputError
        If there is no snapshot, nothing of that name in it, or the view makes no sense.
    """
    snapshot = needed_snapshot(settings)
    axes = open_axes(snapshot, space, view)
    version = content_version(snapshot.key, *([axes.version] if axes.version else []))
    key = (snapshot.folder, space, view, version)
    return _labels.get(key, lambda: _find_labels(snapshot, space, axes, version))


def _find_labels(snapshot: OpenSnapshot, space: Space, axes: Axes, version: str) -> Labels:
    if TAGGRAMS not in snapshot.layers(space.network):
        return Labels(version, tuple((zoom, ()) for zoom in ZOOMS))
    tags = network_tags(snapshot, space.network)
    activations = snapshot.vectors(Space(space.network, TAGGRAMS, space.level))[:, : len(tags)]
    counts, sums = _gather(axes, activations)
    means = (sums.sum(axis=(0, 1), dtype=np.float64) / max(len(activations), 1)).astype(np.float32)
    levels = []
    for zoom in reversed(ZOOMS):
        levels.append((zoom, _labels_at(zoom, counts, sums, means, tags)))
        counts, sums = _coarser(counts), _coarser(sums)
    return Labels(version, tuple(reversed(levels)))


def _gather(axes: Axes, activations: Array) -> tuple[Float32, Float32]:
    """Add up points and their activations in the cells of the finest grid.

    Returns
    -------
    float32, shape=(n_cells, n_cells) and shape=(n_cells, n_cells, n_tags)
        First the cells along y, then along x.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415 - slow to import

    n_cells = CELLS * ZOOMS[-1]
    cells = _cells(axes.y, n_cells) * n_cells + _cells(axes.x, n_cells)
    sums = np.zeros((n_cells**2, activations.shape[1]), np.float32)
    for first in range(0, len(cells), BLOCK_ROWS):
        block = np.nan_to_num(activations[first : first + BLOCK_ROWS].astype(np.float32))
        filled, of_row = np.unique(cells[first : first + BLOCK_ROWS], return_inverse=True)
        order = np.argsort(of_row, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(of_row))])
        summing = csr_array((np.ones(len(block), np.float32), order, starts), (len(filled), len(block)))
        sums[filled] += summing @ block
    counts = np.bincount(cells, minlength=n_cells**2).astype(np.float32)
    return counts.reshape(n_cells, n_cells), sums.reshape(n_cells, n_cells, -1)


def _cells(axis: Positions, n_cells: int) -> npt.NDArray[np.int64]:
    """int64, shape=(n_points,): the cell of each point along one axis."""
    return axis.compact().astype(np.int64) * n_cells >> 16


def _coarser(grid: Float32) -> Float32:
    """Add up each two by two cells."""
    n_cells = len(grid) // 2
    coarse: Float32 = grid.reshape(n_cells, 2, n_cells, 2, *grid.shape[2:]).sum(axis=(1, 3))
    return coarse


def _blurred(grid: Float32) -> Float32:
    """Weigh the cells around each cell by their nearness, 1 for itself."""
    from scipy.ndimage import gaussian_filter1d  # noqa: PLC0415 - slow to import

    for axis in (0, 1):
        grid = gaussian_filter1d(grid, KERNEL_CELLS, axis=axis, mode="constant", truncate=3.0)
    blurred: Float32 = grid * np.float32(2 * np.pi * KERNEL_CELLS**2)
    return blurred


def _labels_at(
    zoom: int, counts: Float32, sums: Float32, means: Float32, tags: tuple[str, ...]
) -> tuple[Label, ...]:
    points = _blurred(counts)
    here = (_blurred(sums) + PRIOR_POINTS * means) / (points + PRIOR_POINTS)[:, :, None]
    lift = here / np.maximum(means, np.finfo(np.float32).tiny)
    gain = here * np.log(np.maximum(lift, 1))
    best = gain.argmax(axis=2)
    lift = np.take_along_axis(lift, best[:, :, None], axis=2)[:, :, 0]
    score = points * gain.max(axis=2)
    score[(points < MIN_POINTS) | (lift < MIN_LIFT)] = 0
    return tuple(
        Label(
            x=round((x + 0.5) / len(counts), 4),
            y=round((y + 0.5) / len(counts), 4),
            text=tags[best[y, x]],
            lift=round(float(lift[y, x]), 2),
            points=round(float(points[y, x])),
        )
        for y, x in _apart(score, best, zoom)
    )


def _apart(score: Float32, best: npt.NDArray[np.int64], zoom: int) -> list[tuple[int, int]]:
    """Cells of the highest scores, none too near to a higher one; farther still from one of the same tag."""
    from scipy.ndimage import maximum_filter  # noqa: PLC0415 - slow to import

    peaks = np.argwhere((score > 0) & (score == maximum_filter(score, 3, mode="constant")))
    peaks = peaks[np.argsort(-score[tuple(peaks.T)], kind="stable")]
    tags = best[tuple(peaks.T)]
    near, same = (share * len(score) / zoom for share in (APART, SAME_APART))
    free = np.ones(len(peaks), bool)
    chosen: list[tuple[int, int]] = []
    for i, (y, x) in enumerate(peaks.tolist()):
        if free[i]:
            chosen.append((y, x))
            if len(chosen) == MAX_LABELS:
                break
            distances = np.hypot(*(peaks - peaks[i]).T)
            free &= (distances >= near) & ((distances >= same) | (tags != tags[i]))
    return chosen
