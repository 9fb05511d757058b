"""Reduction: for every layer of every network, tracks and segments, one neighbour graph and all projections.

Spaces are independent of each other, so each is one task for a worker process.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.errors import InputError
from app.queries.catalogue import current_snapshot
from app.reducers import REDUCERS, ReducerOptions
from app.services import database
from app.services.project import SpacePlan, has_graph, prepare_worker
from app.services.publish import build_snapshot, plan_snapshot, publish
from app.services.report import Reporter
from app.services.workers import run_tasks
from app.settings import Settings
from app.store.snapshots import LEVELS, Level, SnapshotFiles
from app.threads import available_cores


@dataclass(frozen=True)
class ReduceReport:
    """What a run of reduction did.

    Attributes
    ----------
    snapshot : str
        Key of the snapshot that is now read.
    computed, kept : int
        Projections computed, and those that were there already.
    published : bool
        Whether readers see it now.
    """

    snapshot: str
    computed: int
    kept: int
    published: bool


def default_projections() -> list[str]:
    """Names of the projections that are computed unless others are asked for."""
    return [reducer.name for reducer in REDUCERS.available() if reducer.default]


def reduce_all(
    settings: Settings,
    reporter: Reporter,
    *,
    projections: Sequence[str] = (),
    networks: Sequence[str] = (),
    levels: Sequence[Level] = LEVELS,
    force: bool = False,
    dry_run: bool = False,
) -> ReduceReport:
    """Build the snapshot of what has been extracted, compute its projections, and publish it.

    Raises
    ------
    EmptyLibraryError
        If nothing has been extracted.
    NotFoundError
        If there is no such projection or network.
    """
    names = [REDUCERS.get(name).name for name in projections] or default_projections()
    snapshot = plan_snapshot(settings)
    known = [catalogue.network.name for catalogue in snapshot.catalogues]
    unknown = sorted(set(networks) - set(known))
    if unknown:
        raise InputError(f"Nothing is extracted with {', '.join(unknown)}. There is: {', '.join(known)}.")
    options = ReducerOptions(settings.SEED, settings.PCA_DIMS, settings.ANNOY_DISTANCE)
    whole = [
        SpacePlan(snapshot.files.folder, space, tuple(names), options, settings.MAX_FIT_SEGMENTS)
        for space in snapshot.spaces()
        if space.level in levels and (not networks or space.network in networks)
    ]
    plans = [plan if force else _outstanding(plan) for plan in whole]
    n_outstanding = sum(len(plan.projections) for plan in plans)
    if not dry_run:
        database.check_writable()
        build_snapshot(settings, snapshot, reporter)
        _run(
            [plan for plan in plans if plan.projections or not has_graph(plan)],
            reporter,
            settings.JOBS or available_cores(),
        )
    # A part of the maps of a new snapshot must not take the place of all maps of the former one.
    current = current_snapshot(settings)
    is_whole = not projections and not networks and set(levels) == set(LEVELS)
    published = not dry_run and (is_whole or current is None or current.key == snapshot.files.key)
    if published:
        publish(settings, snapshot.files)
    return ReduceReport(snapshot.files.key, n_outstanding, len(whole) * len(names) - n_outstanding, published)


def _outstanding(plan: SpacePlan) -> SpacePlan:
    """Return the plan without the projections that are there and were made the same way."""
    done = {
        name
        for name, manifest in SnapshotFiles(plan.folder).projections(plan.space).items()
        if plan.facts().items() <= manifest.items()
    }
    return replace(plan, projections=tuple(name for name in plan.projections if name not in done))


def _run(plans: list[SpacePlan], reporter: Reporter, cores: int) -> None:
    if not plans:
        return
    jobs = min(cores, len(plans))
    threads = max(1, cores // jobs)
    plans = [replace(plan, options=replace(plan.options, threads=threads)) for plan in plans]
    reporter.say("Loading the projection libraries; the first time on a machine this takes up to a minute.")
    with reporter.stage("Projecting", sum(len(plan.projections) for plan in plans)) as advance:
        for outcome in run_tasks(plans, prepare_worker, jobs=jobs):
            if outcome.error is not None:
                raise outcome.error
            advance(len(outcome.task.projections))
