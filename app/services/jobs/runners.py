"""Runners: how workers hear of a job. Whatever happens here, the job is in the database already."""

import logging

from app.services.jobs.bell import ring
from app.settings import Settings

log = logging.getLogger(__name__)


def hand(settings: Settings, job_id: str) -> None:
    """Let the workers know of a job. A broker that does not answer is no error: it is told again later."""
    if settings.RUNNER == "embedded":
        ring(settings)
        return
    from app.services.jobs import celery_runner  # noqa: PLC0415 - an optional package

    celery_runner.send(settings, job_id)
