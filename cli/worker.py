"""``flask worker``, and the worker processes that the app starts (``python -m cli.worker``)."""

import json
import logging
import signal
import sys
from types import FrameType
from typing import NoReturn

import click
from flask import Flask, current_app

from app import create_app, current_settings
from app.settings import Settings
from cli.base import command


@command(
    "worker",
    examples="""
    flask worker                    do jobs until Ctrl-C
    flask worker --concurrency 4    four at a time
    flask worker --once             do what waits, then end
    """,
)
@click.option(
    "--concurrency", type=click.IntRange(1, 256), default=1, show_default=True, help="Jobs at a time."
)
@click.option("--once", is_flag=True, help="End as soon as nothing waits.")
def worker(concurrency: int, once: bool) -> None:
    """Do the jobs that the page, the API and 'extract-all --distributed' ask for.

    The app starts workers of its own (the setting WORKERS), so that one machine needs none of these. With
    RUNNER = "celery" this is a Celery worker, of which there may be any number on any machine.
    """
    from app.services import database

    database.check()
    settings = current_settings(current_app)
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - for other threads
    _show_log()
    if not once:
        click.echo("Waiting for jobs. Ctrl-C ends it.", err=True)
    try:
        if concurrency == 1 or once:
            _work(app, settings, once=once)
        else:
            _watch(app, settings, concurrency)
    except KeyboardInterrupt:  # how a worker ends, so no failure
        click.echo("Ended. What was at hand is back in the queue.", err=True)


def _watch(app: Flask, settings: Settings, concurrency: int) -> None:
    """Keep several worker processes running, and do the upkeep."""
    from app.services.jobs.pool import WorkerPool
    from app.services.jobs.upkeep import Upkeep

    upkeep, pool = Upkeep(app, settings), WorkerPool(app, settings, concurrency)
    upkeep.start()
    try:
        pool.watch()
    finally:
        pool.stop()
        upkeep.stop()


def _work(app: Flask, settings: Settings, *, once: bool) -> None:
    """Do jobs in this process, and the upkeep."""
    from app.services.jobs.upkeep import Upkeep
    from app.services.jobs.worker import work
    from app.services.webhooks import send_due

    if settings.RUNNER == "celery" and not once:
        from app.services.jobs.celery_runner import run_worker

        run_worker(app, settings)
        return
    upkeep = Upkeep(app, settings)
    upkeep.start()
    try:
        work(app, settings, once=once)
        if once:
            send_due(settings)
    finally:
        upkeep.stop()


def main() -> None:
    """Be a worker process of a pool: the settings come on the first line of the standard input."""
    from app.services.jobs.pool import leave_when_orphaned

    signal.signal(signal.SIGTERM, _interrupt)
    app = create_app(json.loads(sys.stdin.buffer.readline()))
    leave_when_orphaned()
    _show_log()
    try:
        _work(app, current_settings(app), once=False)
    except KeyboardInterrupt:
        sys.exit(0)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _show_log() -> None:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)


COMMANDS = (worker,)

if __name__ == "__main__":
    main()
