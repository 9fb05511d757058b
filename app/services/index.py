"""Neighbour indexes: one for every layer of every network, for segments and tracks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.errors import DamagedFileError, EmptyLibraryError
from app.neighbours import BACKENDS, IndexOptions
from app.neighbours.choice import choose_backend
from app.queries.catalogue import current_snapshot
from app.services.report import Reporter
from app.settings import Settings
from app.store.files import atomic_path, file_sha256, manifest_path, read_manifest, write_facts
from app.store.snapshots import LEVELS, Level, SnapshotFiles, Space, index_path
from app.threads import available_cores


@dataclass(frozen=True)
class IndexReport:
    """What a run of indexing did.

    Attributes
    ----------
    built, kept : int
        Indexes built, and those that were there already.
    recall : float or None
        The lowest recall@10 of those built; None if none was.
    """

    snapshot: str
    built: int
    kept: int
    recall: float | None


def index_all(
    settings: Settings,
    reporter: Reporter,
    *,
    backend: str | None = None,
    levels: Sequence[Level] = LEVELS,
    force: bool = False,
    dry_run: bool = False,
) -> IndexReport:
    """Build the indexes of the published snapshot that are missing or of another backend.

    Parameters
    ----------
    backend : str or None
        Name of a backend or ``auto``; the setting ``INDEX_BACKEND`` by default.

    Raises
    ------
    EmptyLibraryError
        If no snapshot has been published.
    NotFoundError, MissingExtraError
        If there is no such backend, or it is not installed.
    """
    snapshot = current_snapshot(settings)
    if snapshot is None:
        raise EmptyLibraryError("There is no map yet. Run: flask reduce-all")
    choices = {
        space: choose_backend(backend or settings.INDEX_BACKEND, snapshot.n_rows(space), settings.EXACT_LIMIT)
        for space in snapshot.spaces()
        if space.level in levels
    }
    outstanding = {
        space: name
        for space, name in choices.items()
        if force or not _is_current(settings, snapshot, space, name)
    }
    recalls = []
    if not dry_run:
        with reporter.stage("Indexing", len(outstanding)) as advance:
            for space, name in outstanding.items():
                recalls.append(_build(settings, snapshot, space, name))
                advance(1)
    return IndexReport(
        snapshot.key, len(outstanding), len(choices) - len(outstanding), min(recalls, default=None)
    )


def _wanted(settings: Settings, snapshot: SnapshotFiles, backend: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {"snapshot": snapshot.key, "backend": backend, "metric": settings.ANNOY_DISTANCE}
    if backend == "annoy":
        wanted["trees"] = settings.ANNOY_TREES
    return wanted


def _is_current(settings: Settings, snapshot: SnapshotFiles, space: Space, backend: str) -> bool:
    try:
        manifest = read_manifest(index_path(settings.INDEX_DIR, snapshot.key, space))
    except DamagedFileError:
        return False
    return manifest is not None and _wanted(settings, snapshot, backend).items() <= manifest.items()


def _build(settings: Settings, snapshot: SnapshotFiles, space: Space, name: str) -> float:
    path = index_path(settings.INDEX_DIR, snapshot.key, space)
    options = IndexOptions(
        metric=settings.ANNOY_DISTANCE,
        trees=settings.ANNOY_TREES,
        threads=settings.JOBS or available_cores(),
        seed=settings.SEED,
    )
    vectors = SnapshotFiles(snapshot.folder, thorough=True).vectors(space)
    manifest_path(path).unlink(missing_ok=True)
    with atomic_path(path) as partial:
        facts = BACKENDS.get(name).build(vectors, partial, options)
        sha256 = file_sha256(partial)
    write_facts(manifest_path(path), {**_wanted(settings, snapshot, name), "facts": facts, "sha256": sha256})
    return float(facts["recall_at_10"])
