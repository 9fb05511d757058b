"""What reduction does for one space, from its vectors to the files of its maps.

It runs in worker processes, so no module here loads the database.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import DamagedFileError
from app.graph import Float32, KnnGraph
from app.neighbours.knn import knn_graph
from app.reducers import REDUCERS, Fitted, ReducerOptions
from app.reducers.quality import quality
from app.store.files import Array, write_derived_array
from app.store.snapshots import DISTANCES, INDICES, ROWS, SnapshotFiles, Space

GRAPH_NEIGHBOURS = 90  # what t-SNE takes at perplexity 30; UMAP and the quality measures need fewer
PLACE_NEIGHBOURS = 30
PLACED_AT_ONCE = 20_000


@dataclass(frozen=True)
class SpacePlan:
    """The projections of one space that are still to be computed."""

    folder: Path
    space: Space
    projections: tuple[str, ...]
    options: ReducerOptions
    max_fit: int

    def facts(self) -> dict[str, Any]:
        """Return what belongs into the manifest, and tells whether a file is still right."""
        return {
            "snapshot": self.folder.name,
            "metric": self.options.metric,
            "seed": self.options.seed,
            "pca_dims": self.options.pca_dims,
            "max_fit": self.max_fit,
        }


def prepare_worker() -> Callable[[SpacePlan], None]:
    """Return what projects a space."""
    return reduce_space


def reduce_space(plan: SpacePlan) -> None:
    """Compute the neighbour graph of a space, unless it is there, and every projection of the plan."""
    files = SnapshotFiles(plan.folder, thorough=True)
    vectors = files.vectors(plan.space)
    fit_rows = choose_fit_rows(files, plan.space, plan.max_fit, plan.options.seed)
    fit_vectors = np.asarray(vectors if fit_rows is None else vectors[fit_rows], np.float32)
    graph = _graph(plan, files, fit_vectors, fit_rows)
    fits: dict[str, Fitted] = {}
    for name in plan.projections:
        reducer = REDUCERS.get(name)
        fits[name] = reducer.fit(fit_vectors, graph if reducer.uses_graph else None, plan.options)
    maps = {name: fitted.coordinates for name, fitted in fits.items()}
    if fit_rows is not None:
        maps = _place_others(plan, fits, vectors, fit_vectors, fit_rows)
    for name, coordinates in maps.items():
        facts = {
            **plan.facts(),
            **fits[name].facts,
            "projection": name,
            "fitted_rows": len(fit_vectors),
            "quality": quality(vectors, coordinates, metric=plan.options.metric, seed=plan.options.seed),
        }
        write_derived_array(files.derived_path(plan.space, name), coordinates, facts)


def choose_fit_rows(files: SnapshotFiles, space: Space, max_fit: int, seed: int) -> Array | None:
    """Choose the segments that projections are fitted on, stratified by track.

    Every track gives the same share of its segments, at least one as long as there is room.

    Returns
    -------
    int64, shape=(n_fit,), or None
        Rows in ascending order; None stands for all rows. Tracks are always fitted all.
    """
    n_rows = files.n_rows(space)
    if space.level == "tracks" or n_rows <= max_fit:
        return None
    # Shuffle the segments of each track, then take the front of all tracks in turns: the sort key is the
    # relative position within the track, so that each prefix holds the same share of every track.
    rng = np.random.default_rng(seed)
    offsets = files.offsets(space.network)
    counts = np.diff(offsets)
    track = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((rng.random(n_rows), track))
    rank = np.arange(n_rows) - np.repeat(offsets[:-1], counts)
    share = (rank + rng.random(len(counts))[track]) / counts[track]
    return np.sort(order[np.argsort(share, kind="stable")[:max_fit]])


def _graph(plan: SpacePlan, files: SnapshotFiles, vectors: Float32, fit_rows: Array | None) -> KnnGraph:
    if has_graph(plan):
        with contextlib.suppress(DamagedFileError):
            return _read_graph(files, plan.space)
    facts = {**plan.facts(), "neighbours": GRAPH_NEIGHBOURS}
    graph = knn_graph(vectors, GRAPH_NEIGHBOURS, metric=plan.options.metric, threads=plan.options.threads)
    if fit_rows is not None:
        write_derived_array(files.derived_path(plan.space, ROWS), fit_rows, facts)
    write_derived_array(files.derived_path(plan.space, INDICES), graph.indices, facts)
    write_derived_array(files.derived_path(plan.space, DISTANCES), graph.distances, facts)
    return graph


def has_graph(plan: SpacePlan) -> bool:
    """Tell whether the neighbour graph of a space is there and was made the same way."""
    files = SnapshotFiles(plan.folder)
    names = [INDICES, DISTANCES]
    if plan.space.level == "segments" and files.n_rows(plan.space) > plan.max_fit:
        names.append(ROWS)
    facts = {**plan.facts(), "neighbours": GRAPH_NEIGHBOURS}
    try:
        manifests = [files.derived_manifest(plan.space, name) for name in names]
    except DamagedFileError:
        return False
    return all(manifest is not None and facts.items() <= manifest.items() for manifest in manifests)


def _read_graph(files: SnapshotFiles, space: Space) -> KnnGraph:
    arrays = [files.derived(space, name) for name in (INDICES, DISTANCES)]
    indices, distances = (np.asarray(found[0]) for found in arrays if found is not None)
    return KnnGraph(indices, distances)


def _place_others(
    plan: SpacePlan, fits: dict[str, Fitted], vectors: Array, fit_vectors: Float32, fit_rows: Array
) -> dict[str, Float32]:
    """Return the coordinates of all rows: fitted ones as they are, the others placed among them."""
    maps = {}
    for name, fitted in fits.items():
        maps[name] = np.empty((len(vectors), fitted.coordinates.shape[1]), np.float32)
        maps[name][fit_rows] = fitted.coordinates
    others = np.setdiff1d(np.arange(len(vectors)), fit_rows, assume_unique=True)
    for first in range(0, len(others), PLACED_AT_ONCE):
        rows = others[first : first + PLACED_AT_ONCE]
        block = np.asarray(vectors[rows], np.float32)
        near = knn_graph(
            fit_vectors,
            PLACE_NEIGHBOURS,
            metric=plan.options.metric,
            queries=block,
            threads=plan.options.threads,
        )
        for name, fitted in fits.items():
            maps[name][rows] = fitted.transform(block, near)
    return maps
