"""What jobs there are: for each kind the function that does it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.errors import InputError, MusicExploreError
from app.queries.analyses import KIND as ANALYSIS
from app.services import analysis_jobs, extract_jobs, library_jobs
from app.services.jobs.queue import Taken, TellEnd
from app.settings import Settings

if TYPE_CHECKING:
    from app.services.jobs.run import JobRun


def _tell_nobody(_taken: Taken, _error: MusicExploreError | None) -> None:
    """Nobody waits for word of most jobs."""


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    Attributes
    ----------
    run : callable
        Does it; must be safe to run twice, as a worker may die just before the end is written.
    tell_end : callable
        Called in the transaction that ends the job, with its error if it failed.
    discard : callable
        Removes what the job keeps outside the database; called when its row or its result goes.
    """

    run: "Callable[[JobRun, dict[str, Any]], dict[str, Any] | None]"
    tell_end: TellEnd = _tell_nobody
    discard: Callable[[Settings, str], None] = lambda _settings, _job_id: None


def _run_unknown(job: "JobRun", _arguments: dict[str, Any]) -> None:
    raise InputError(f"This version does not know jobs of the kind {job.taken.kind!r}.")


def kind_of(name: str) -> Kind:
    """Return a kind of job; one that this version does not know fails."""
    return KINDS.get(name, Kind(_run_unknown))


KINDS: Final[dict[str, Kind]] = {
    ANALYSIS: Kind(analysis_jobs.run, analysis_jobs.tell_end, analysis_jobs.discard),
    extract_jobs.KIND: Kind(extract_jobs.run),
    "process": Kind(library_jobs.process),
    "reduce": Kind(library_jobs.reduce),
}
