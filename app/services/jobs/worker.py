"""A worker that takes jobs from the database, one after the other, until it is told to end."""

import logging
import os
import socket
import time

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.models import db
from app.services.jobs import queue
from app.services.jobs.bell import Bell
from app.services.jobs.run import run_job
from app.settings import Settings

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
AWAY_SECONDS = 2.0


def worker_name() -> str:
    """Return a name for this process that says where to find it."""
    return f"{socket.gethostname()}:{os.getpid()}"


def work(app: Flask, settings: Settings, *, once: bool = False) -> None:
    """Do jobs until a signal interrupts, which puts the job at hand back into the queue.

    Parameters
    ----------
    once : bool
        Whether to end as soon as nothing waits.
    """
    name = worker_name()
    bell = Bell(settings)
    try:
        while True:
            if _do_next(app, settings, name):
                continue
            if once:
                return
            bell.wait(LOOK_SECONDS)
    finally:
        bell.close()


def _do_next(app: Flask, settings: Settings, name: str) -> bool:
    """Do the job whose turn it is; tell whether there was one."""
    with app.app_context():
        try:
            taken = queue.take_next(settings, name)
            if taken is None:
                return False
            run_job(app, settings, taken)
        except SQLAlchemyError as error:
            db.session.rollback()
            log.info("The database does not answer: %s", error)  # the upkeep warns of it
            time.sleep(AWAY_SECONDS)
            return False
    return True
