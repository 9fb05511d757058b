"""Work on the whole library as jobs: what the commands do, with the progress in the job's row."""

from typing import TYPE_CHECKING, Any, Final

from app.queries.jobs import JobFacts, list_jobs
from app.services import database
from app.services.extract import ExtractReport
from app.services.index import index_all
from app.services.jobs import queue, runners
from app.services.lock import library_lock
from app.services.process import process_library
from app.services.progress import SharedReporter
from app.services.reduce import reduce_all
from app.settings import Settings

if TYPE_CHECKING:
    from app.services.jobs.run import JobRun

TITLES: Final = {"process": "Process the library", "reduce": "Compute maps"}


def ask(settings: Settings, kind: str, arguments: dict[str, Any], *, owner: str | None = None) -> JobFacts:
    """Put work on the library into the queue; the same work that waits already is not asked for twice.

    Raises
    ------
    QueueFullError
        If too many jobs wait.
    """
    _, waiting = list_jobs(kinds=[kind], states=["queued"])
    for job in waiting:
        if job.arguments == arguments:
            return job
    new = queue.NewJob(kind, TITLES[kind], arguments, owner=owner, rank=1, subject="library")
    job, _ = queue.add_job(settings, new)
    runners.hand(settings, job.id)
    return job


# --- in the worker ---


def process(run: "JobRun", arguments: dict[str, Any]) -> dict[str, Any]:
    """Take in what is new, from audio files to maps, as ``flask process`` does."""
    database.check()
    settings = run.settings
    told: dict[str, Any] = {}
    with library_lock(settings):
        reporter = SharedReporter(run, settings)
        for report in process_library(settings, reporter, retry_failed=arguments.get("retry_failed", False)):
            if isinstance(report, ExtractReport):
                told |= {"extracted": report.extracted, "shared": report.shared}
                told["failed"] = len(report.failures)
                for path, reason in report.failures:
                    run.say(f"{path.encode('utf-8', 'backslashreplace').decode()}: {reason}")
    return told


def reduce(run: "JobRun", arguments: dict[str, Any]) -> dict[str, Any]:
    """Compute maps, then the indexes that belong to them."""
    database.check()
    settings = run.settings
    with library_lock(settings):
        reporter = SharedReporter(run, settings)
        report = reduce_all(
            settings,
            reporter,
            projections=arguments.get("projections", ()),
            networks=arguments.get("networks", ()),
            force=arguments.get("force", False),
        )
        if report.published:
            index_all(settings, reporter)
    return {"computed": report.computed, "kept": report.kept, "published": report.published}
