"""Extraction spread over workers: batches of tracks as jobs, each of which writes parts of its own."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from app.errors import NotFoundError
from app.models import db
from app.queries.jobs import find_job, ids_under_way, job_result, list_jobs
from app.services.adopt import adopt_parts
from app.services.extract import extract_tracks, plan_extraction
from app.services.jobs import queue, runners
from app.services.lock import library_lock
from app.services.pending import find_pending
from app.services.report import Reporter
from app.settings import Settings

if TYPE_CHECKING:
    from app.services.jobs.run import JobRun

KIND: Final = "extract"
BATCH: Final = 32
LOOK_SECONDS: Final = 0.5
_MOST: Final = 1_000_000


@dataclass
class SpreadReport:
    """What became of a library that was spread over workers.

    Attributes
    ----------
    tracks, batches : int
        That were to be done.
    extracted, shared, failed : int
        Tracks.
    lost : list of (str, str)
        Batches that failed as a whole: job and reason.
    """

    tracks: int = 0
    batches: int = 0
    extracted: int = 0
    shared: int = 0
    failed: int = 0
    lost: list[tuple[str, str]] = field(default_factory=list)


def spread(
    settings: Settings,
    reporter: Reporter,
    *,
    networks: Sequence[str] = (),
    retry_failed: bool = False,
    force: bool = False,
    dry_run: bool = False,
) -> SpreadReport:
    """Ask workers for what is pending, and wait until they have done it.

    What an earlier run has asked for and is still to be done is not asked for twice, only waited for.
    """
    plan = plan_extraction(settings, networks, reporter)
    names = [network.name for network in plan.networks]
    _, waiting_already = list_jobs(kinds=[KIND], states=["queued", "running"], limit=_MOST)
    if not (dry_run or force):
        adopt_parts(settings, reporter, plan.weights, plan.recipes)
    flags = {"retry_failed": retry_failed, "force": force}
    under_way = [
        job
        for job in waiting_already
        if set(names) <= set(job.arguments["networks"]) and flags.items() <= job.arguments.items()
    ]
    taken = {track for job in under_way for track in job.arguments["tracks"]}
    pending = [
        track.track_id
        for track in find_pending(plan.weights, retry_failed=retry_failed, force=force)
        if track.track_id not in taken
    ]
    batches = [pending[first : first + BATCH] for first in range(0, len(pending), BATCH)]
    report = SpreadReport(len(pending) + len(taken), len(batches) + len(under_way))
    if dry_run:
        return report
    waiting = {job.id: len(job.arguments["tracks"]) for job in under_way}
    for batch in batches:
        arguments = {"tracks": batch, "networks": names, **flags}
        waiting[_ask(settings, arguments)] = len(batch)
    _wait(settings, reporter, waiting, report)
    return report


def _ask(settings: Settings, arguments: dict[str, Any]) -> str:
    title = f"Extract {len(arguments['tracks'])} tracks"
    wide = settings.model_copy(update={"MAX_QUEUED_JOBS": _MOST})  # meant for what others send
    job, _ = queue.add_job(wide, queue.NewJob(KIND, title, arguments, rank=1))
    runners.hand(settings, job.id)
    return job.id


def _wait(settings: Settings, reporter: Reporter, waiting: dict[str, int], report: SpreadReport) -> None:
    if settings.RUNNER == "embedded" and waiting:
        reporter.say("Workers do it: those of the app that is served, and each 'flask worker'.")
    with reporter.stage("Extracting", sum(waiting.values())) as advance:
        while waiting:
            for job_id in _ended(waiting):
                advance(waiting.pop(job_id))
                _count(job_id, report)
            if waiting:
                time.sleep(LOOK_SECONDS)


def _ended(waiting: dict[str, int]) -> set[str]:
    under_way = ids_under_way(KIND)
    db.session.rollback()
    return waiting.keys() - under_way


def _count(job_id: str, report: SpreadReport) -> None:
    try:
        job = find_job(job_id)
    except NotFoundError as error:  # somebody has deleted it
        report.lost.append((job_id, str(error)))
        return
    result = job_result(job_id)
    if job.state != "finished" or result is None:
        report.lost.append((job_id, job.error or job.state))
        return
    report.extracted += result["extracted"]
    report.shared += result["shared"]
    report.failed += result["failed"]


# --- in the worker ---


def run(job: "JobRun", arguments: dict[str, Any]) -> dict[str, Any]:
    """Extract a batch; tracks that another try has done are not done again."""
    settings = job.settings
    plan = plan_extraction(settings, arguments["networks"], Reporter())
    with library_lock(settings, shared=True):
        pending = find_pending(
            plan.weights,
            retry_failed=arguments["retry_failed"],
            force=arguments["force"],
            only=arguments["tracks"],
        )
        with job.stage("Extracting", len(pending)) as advance:
            # After a worker has died over it in a process of its own: then that dies, and the track is known.
            jobs = 0 if job.taken.tries == 1 else 1
            report = extract_tracks(settings, plan, pending, advance, jobs=jobs, share=not arguments["force"])
    for path, reason in report.failures:
        job.say(f"{path.encode('utf-8', 'backslashreplace').decode()}: {reason}")
    return {"extracted": report.extracted, "shared": report.shared, "failed": len(report.failures)}
