"""What people and programs do with jobs that exist."""

from app.errors import ConflictError
from app.queries.jobs import JobFacts, find_job
from app.services.jobs import queue, runners
from app.services.jobs.kinds import kind_of
from app.settings import Settings


def cancel(settings: Settings, job_id: str) -> JobFacts:
    """Cancel a job: at once if it waits, else by asking its worker.

    Raises
    ------
    NotFoundError
        If there is none.
    ConflictError
        If it has ended already.
    """
    return queue.cancel(settings, job_id, kind_of(find_job(job_id).kind).tell_end)


def retry(settings: Settings, job_id: str) -> JobFacts:
    """Run a job again that failed or was cancelled.

    Raises
    ------
    NotFoundError
        If there is none.
    ConflictError
        If it is in another state, or what it needs has been thrown away.
    """
    facts = find_job(job_id)
    if facts.has_ended and facts.expires_at is None:
        raise ConflictError(f"What the job {job_id} worked on has been thrown away. Ask for it anew.")
    job = queue.retry(job_id)
    runners.hand(settings, job_id)
    return job


def forget(settings: Settings, job_id: str) -> None:
    """Delete a job that has ended, with all that it keeps.

    Raises
    ------
    NotFoundError
        If there is none.
    ConflictError
        If it has not ended.
    """
    facts = queue.forget(job_id)
    kind_of(facts.kind).discard(settings, job_id)
