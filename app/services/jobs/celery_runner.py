"""The runner for many machines: Celery carries the news of a job to workers that share the database.

A message says that there is work, no more: which job a worker takes is decided by the database, so a message
that comes twice, late or never does no harm. A worker is one process with one job at a time, in a thread
beside the one that listens to the broker. Celery's forked processes could have no children, which some jobs
need.
"""

import functools
import logging
from typing import Final

from celery import Celery
from celery.signals import worker_ready, worker_shutting_down
from flask import Flask
from kombu.exceptions import OperationalError

from app.services.jobs import queue
from app.services.jobs.run import run_job
from app.services.jobs.upkeep import Upkeep
from app.services.jobs.worker import worker_name
from app.settings import Settings

log = logging.getLogger(__name__)

TASK: Final = "music_explore.run"
QUEUE: Final = "music-explore"
_ANSWER_SECONDS: Final = 2.0


@functools.cache
def _celery(broker: str) -> Celery:
    celery = Celery("music_explore", broker=broker, set_as_current=False)
    celery.conf.update(
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_serializer="json",
        accept_content=["json"],
        worker_pool="threads",
        worker_concurrency=1,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=_ANSWER_SECONDS,
    )
    if broker.startswith("redis"):
        celery.conf.broker_transport_options = {
            "socket_connect_timeout": _ANSWER_SECONDS,
            "socket_timeout": 10 * _ANSWER_SECONDS,
            "max_retries": 0,
        }
    return celery


def send(settings: Settings, job_id: str) -> None:
    """Let a worker know of a job; one that cannot be told now is told again by the upkeep."""
    try:
        _celery(settings.CELERY_BROKER_URL).send_task(TASK, [job_id], retry=False)
    except (OperationalError, OSError) as error:
        log.warning("Job %s: the broker does not answer: %s", job_id, error)


def make_worker(app: Flask, settings: Settings) -> Celery:
    """Return Celery as its workers need it, for ``celery -A worker worker``."""
    celery = _celery(settings.CELERY_BROKER_URL)
    upkeep = Upkeep(app, settings)

    def run(job_id: str) -> None:
        with app.app_context():
            taken = queue.take_next(settings, worker_name())
            if taken is None:
                log.debug("Job %s is another worker's.", job_id)
                return
            run_job(app, settings, taken)

    celery.task(run, name=TASK)

    worker_ready.connect(lambda **_: upkeep.start(), weak=False)
    worker_shutting_down.connect(lambda **_: upkeep.stop(), weak=False)
    return celery


def run_worker(app: Flask, settings: Settings) -> None:
    """Be a Celery worker until a signal comes; the job at hand is done first."""
    options = ["--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    make_worker(app, settings).worker_main(["worker", *options])
