"""Extraction: every pending track through every network, on all cores, in batches that survive anything."""

import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app.audio.front_ends import frame_bands, front_end_names
from app.errors import (
    AudioError,
    AudioUnavailableError,
    InputError,
    MissingExtraError,
    MissingNetworkError,
    MusicExploreError,
    NetworkError,
    StorageError,
    WorkerError,
)
from app.models import Extraction, Part, Track, db, is_current
from app.networks import NETWORKS, Network, installed, network_sha256
from app.networks.engines import engine_for, engine_of, package_version
from app.services import database
from app.services.adopt import adopt_parts
from app.services.extract_worker import Task, hash_file, kept_worker, prepare_worker
from app.services.ledger import Ledger
from app.services.pending import PendingTrack, find_pending, split_twins
from app.services.report import Reporter
from app.services.vectors import TrackVectors
from app.services.workers import Outcome, portable, run_tasks
from app.settings import Settings
from app.store.networks import imported_names
from app.threads import available_cores
from app.version import VERSION


@dataclass
class ExtractReport:
    """What a run of extraction did.

    Attributes
    ----------
    pending : int
        Tracks that needed work at the start.
    extracted, shared, adopted : int
        Tracks computed, tracks that use the rows of an identical one, and tracks whose rows lay in parts
        that the ledger did not know.
    failures : list of (path, reason)
    """

    pending: int = 0
    extracted: int = 0
    shared: int = 0
    adopted: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)


def extract_all(
    settings: Settings,
    reporter: Reporter,
    *,
    networks: Sequence[str] = (),
    jobs: int = 0,
    retry_failed: bool = False,
    force: bool = False,
    dry_run: bool = False,
    shard: tuple[int, int] = (0, 1),
) -> ExtractReport:
    """Extract what is pending.

    Parameters
    ----------
    networks : sequence of str
        Names; all installed ones by default.
    jobs : int
        Worker processes; 0 takes the setting ``JOBS``, whose 0 means one per core.
    shard : (int, int)
        ``(i, n)`` leaves the rest to others: only tracks whose id leaves the remainder i when divided by n.

    Raises
    ------
    MissingNetworkError
        If no network, or not the one asked for, is installed.
    MissingExtraError
        If what runs the networks is not installed.
    DamagedNetworkError
        If the file of a network is not what it should be.
    """
    plan = plan_extraction(settings, networks, reporter)
    adopted = 0 if dry_run or force else adopt_parts(settings, reporter, plan.weights, plan.recipes)
    number, n_shards = shard
    pending = [
        track
        for track in find_pending(plan.weights, retry_failed=retry_failed, force=force)
        if track.track_id % n_shards == number
    ]
    if dry_run:
        return ExtractReport(pending=len(pending))
    with reporter.stage("Extracting", len(pending)) as advance:
        workers = jobs or settings.JOBS or available_cores()
        report = extract_tracks(settings, plan, pending, advance, jobs=workers, share=not force)
        report.adopted = adopted
        return report


@dataclass(frozen=True)
class Plan:
    """What a run extracts with.

    Attributes
    ----------
    weights : dict
        Network name to the SHA-256 of its file.
    recipes : dict
        Network name to what belongs into the manifests of its parts.
    """

    networks: tuple[Network, ...]
    engine: str
    weights: dict[str, str]
    recipes: dict[str, dict[str, Any]]


def plan_extraction(settings: Settings, networks: Sequence[str], reporter: Reporter) -> Plan:
    """Return what to extract with: the networks of these names, or all that are installed.

    Raises
    ------
    MissingNetworkError, DamagedNetworkError
        See :func:`extract_all`.
    """
    engine = engine_for(settings)
    chosen = _choose_networks(settings.MODELS_DIR, engine, networks, reporter)
    _refuse_names_of_imported(settings, chosen)
    weights = {network.name: network_sha256(network.file_in(settings.MODELS_DIR)) for network in chosen}
    recipes = {
        network.name: _recipe(network, engine_of(network, network.file_in(settings.MODELS_DIR), engine))
        for network in chosen
    }
    return Plan(tuple(chosen), engine, weights, recipes)


def extract_tracks(
    settings: Settings,
    plan: Plan,
    pending: list[PendingTrack],
    advance: Callable[[int], None],
    *,
    jobs: int,
    share: bool,
) -> ExtractReport:
    """Extract some tracks and enter them into the ledger.

    Parameters
    ----------
    jobs : int
        Worker processes; 0 does it in this one, whose networks stay loaded for the next time.
    share : bool
        Whether a track may use the rows of one with the same content.
    """
    report = ExtractReport(pending=len(pending))
    if not pending:
        return report
    database.check_writable()
    ledger = Ledger(settings.DATA_DIR, plan.weights, plan.recipes)
    prepare = (plan.networks, settings.MODELS_DIR, plan.engine, settings.MAX_TRACK_HOURS)
    run = _Run(settings.AUDIO_DIR, ledger, prepare=prepare, jobs=jobs, report=report, share=share)
    try:
        run.extract(pending, plan.weights, advance)
    finally:
        ledger.commit()
    return report


def _choose_networks(
    models_dir: Path, engine: str, names: Sequence[str], reporter: Reporter
) -> list[Network]:
    chosen = [NETWORKS.get(name) for name in names] if names else list(NETWORKS)
    there = installed(models_dir)
    usable = [network for network in chosen if network in there]
    missing = [network for network in chosen if network not in there]
    stuck = _find_stuck(usable, models_dir, engine)
    if names and stuck:
        raise MissingExtraError(next(iter(stuck.values())))
    usable = [network for network in usable if network.name not in stuck]
    if names and missing:
        raise MissingNetworkError(
            f"{models_dir} has no file for {', '.join(network.name for network in missing)}. "
            "'flask download-models --list' says how to get it."
        )
    if not usable:
        raise MissingNetworkError(f"{models_dir} has no networks. Get them with: flask download-models")
    for network in missing:
        reporter.say(
            f"Skipping {network.name}: {network.file_in(models_dir)} is not there "
            "(see flask download-models --list)."
        )
    for name, reason in stuck.items():
        reporter.say(f"Skipping {name}: {reason}")
    for network in usable:
        _check_front_end(network)
    return usable


def _find_stuck(networks: Sequence[Network], models_dir: Path, engine: str) -> dict[str, str]:
    """Return the networks whose file needs an engine that is not installed, and what is said of it."""
    stuck = {}
    for network in networks:
        try:
            engine_of(network, network.file_in(models_dir), engine)
        except MissingExtraError as error:
            stuck[network.name] = str(error)
    return stuck


def _check_front_end(network: Network) -> None:
    if network.front_end not in front_end_names():
        raise NetworkError(
            f"The network {network.name} wants the front end {network.front_end!r}. "
            f"There are: {', '.join(front_end_names())}."
        )
    if network.patch_bands != frame_bands(network.front_end):
        raise NetworkError(
            f"The network {network.name} wants {network.patch_bands} bands, but the front end "
            f"{network.front_end!r} has {frame_bands(network.front_end)}."
        )


def _refuse_names_of_imported(settings: Settings, networks: Sequence[Network]) -> None:
    taken = sorted({network.name for network in networks} & set(imported_names(settings.DATA_DIR)))
    if taken:
        raise InputError(
            f"{taken[0]} is the name of a network and of imported embeddings. Rename the network, or remove "
            f"the embeddings with: flask forget-embeddings {taken[0]}"
        )


def _recipe(network: Network, engine: str) -> dict[str, Any]:
    """Return how the rows of a network come about: what belongs into the manifests of its parts."""
    package, package_is = package_version(engine)
    return {
        "front_end": network.front_end,
        "patch_frames": network.patch_frames,
        "patch_hop": network.patch_hop,
        "engine": engine,
        "platform": platform.machine(),
        "versions": {
            "music-explore": VERSION,
            **{name: version(name) for name in ("av", "soxr", "numpy")},
            package: package_is,
        },
    }


@dataclass
class _Run:
    """One run over the pending tracks."""

    audio_dir: Path
    ledger: Ledger
    prepare: tuple[Sequence[Network], Path, str, float]
    jobs: int
    report: ExtractReport
    share: bool

    def extract(
        self, pending: list[PendingTrack], weights: dict[str, str], advance: Callable[[int], None]
    ) -> None:
        now, later = split_twins(pending)
        while now:
            if self.share:
                now = self._share(now, weights, advance)
            self._compute(now, advance)
            self.ledger.commit()
            now, later = split_twins(later)

    def _share(
        self, tracks: list[PendingTrack], weights: dict[str, str], advance: Callable[[int], None]
    ) -> list[PendingTrack]:
        """Settle tracks whose very content has been extracted before; return the others."""
        twins = _find_twins(tracks, weights)
        others = []
        for track in tracks:
            candidates = twins.get(track.quick_hash, {})
            content_hash = hash_file(self.audio_dir / track.path) if candidates else None
            if content_hash is not None and content_hash in candidates:
                self.ledger.share(track, candidates[content_hash], content_hash)
                self.report.shared += 1
                advance(1)
            else:
                others.append(track)
        return others

    def _compute(self, tracks: Sequence[PendingTrack], advance: Callable[[int], None]) -> None:
        by_id = {track.track_id: track for track in tracks}
        tasks = [Task(track.track_id, self.audio_dir / track.path, track.networks) for track in tracks]
        jobs = min(self.jobs, len(tasks))
        outcomes = run_tasks(tasks, prepare_worker, self.prepare, jobs=jobs) if jobs else self._do(tasks)
        for outcome in outcomes:
            track = by_id[outcome.task.track_id]
            if outcome.result is not None:
                self.ledger.add(track, outcome.result)
                self.report.extracted += 1
            elif isinstance(outcome.error, AudioUnavailableError):
                self._put_off(track, str(outcome.error))
            else:
                reason = _tell(outcome.error)
                self.ledger.fail(track, reason)
                self.report.failures.append((track.path, reason))
            advance(1)

    def _do(self, tasks: Sequence[Task]) -> Iterator[Outcome[Task, TrackVectors]]:
        """Do tasks in this process."""
        work = kept_worker(*self.prepare)
        for task in tasks:
            try:
                yield Outcome(task, result=work(task))
            except Exception as error:  # noqa: BLE001 - recorded with the track's name
                yield Outcome(task, error=portable(error))

    def _put_off(self, track: PendingTrack, reason: str) -> None:
        """Leave a track pending: a disk that was unplugged says nothing about its files."""
        if not self.audio_dir.is_dir():
            raise StorageError(
                f"The music is gone: there is no folder {self.audio_dir} any more. Is its disk mounted? "
                "Then run the command again: it goes on from here."
            )
        self.report.failures.append((track.path, f"{reason}; the next run tries it again"))


def _tell(error: MusicExploreError | None) -> str:
    if not isinstance(error, AudioError | NetworkError | WorkerError):
        raise error or InputError("A worker returned nothing.")
    return str(error)


def _find_twins(tracks: Sequence[PendingTrack], weights: dict[str, str]) -> dict[str | None, dict[str, int]]:
    """Return quick hash → content hash → a track that has all rows, for the looks that ``tracks`` have."""
    looks = {track.quick_hash for track in tracks}
    several = select(Track.quick_hash).group_by(Track.quick_hash).having(func.count() > 1)
    query = (
        select(Track.quick_hash, Track.content_hash, Track.id, Extraction.network, Part.weights_sha256)
        .join(Extraction, Extraction.track_id == Track.id)
        .join(Part, Part.id == Extraction.part_id)
        .where(Track.content_hash.is_not(None), is_current())
        .where(Track.quick_hash.in_(several))
        .order_by(Track.id)
    )
    complete: dict[tuple[str | None, str, int], set[str]] = {}
    for quick_hash, content_hash, track_id, network, sha256 in db.session.execute(query):
        if quick_hash in looks and content_hash and weights.get(network) == sha256:
            complete.setdefault((quick_hash, content_hash, track_id), set()).add(network)
    wanted: dict[str | None, set[str]] = {track.quick_hash: set(track.networks) for track in tracks}
    own = {track.track_id for track in tracks}
    twins: dict[str | None, dict[str, int]] = {}
    for (quick_hash, content_hash, track_id), have in complete.items():
        if track_id not in own and wanted[quick_hash] <= have:
            twins.setdefault(quick_hash, {}).setdefault(content_hash, track_id)
    return twins
