"""Workers as processes of their own, with some kinds of jobs that only tests need.

Run as a program it is one worker, of either runner: ``python -m tests.integration.jobs.farm``; the settings
come on the standard input.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask

from app import create_app, current_settings
from app.errors import BusyError
from app.queries.jobs import JobFacts, find_job
from app.services.jobs import queue, runners
from app.services.jobs.kinds import KINDS, Kind
from app.settings import PROJECT_DIR, Settings, dump_settings

PATIENCE = 60.0


def _note(run, arguments: dict[str, Any]) -> dict[str, Any]:
    """Leave a line in a file, then sleep in small steps."""
    with Path(arguments["file"]).open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    with run.stage("Sleeping", arguments.get("steps", 0)) as advance:
        for _ in range(arguments.get("steps", 0)):
            time.sleep(0.05)
            advance(1)
    return {"pid": os.getpid()}


def _poison(run, arguments: dict[str, Any]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _deaf(run, arguments: dict[str, Any]) -> None:
    """Like a computation that runs no Python."""
    time.sleep(600)


def _busy(run, arguments: dict[str, Any]) -> None:
    raise BusyError("Another run is at work.")


def add_kinds() -> None:
    KINDS.update({"note": Kind(_note), "poison": Kind(_poison), "deaf": Kind(_deaf), "busy": Kind(_busy)})


class Farm:
    """The application's side and its workers.

    Attributes
    ----------
    app : Flask
    settings : Settings
    """

    def __init__(self, app: Flask, log: Path) -> None:
        add_kinds()
        self.app = app
        self.settings: Settings = current_settings(app)
        self._log = log
        self.workers: list[subprocess.Popen[bytes]] = []

    def start(self, number: int = 1) -> None:
        for _ in range(number):
            with self._log.open("ab") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "tests.integration.jobs.farm"],
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    cwd=PROJECT_DIR,
                    start_new_session=True,
                )
            process.stdin.write(json.dumps(dump_settings(self.settings)).encode() + b"\n")
            process.stdin.flush()
            self.workers.append(process)

    def stop(self) -> None:
        """End all workers at once, children of Celery's among them."""
        for process in self.workers:
            process.stdin.close()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.workers.clear()

    def log(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def add(self, kind: str, **arguments: Any) -> str:
        with self.app.app_context():
            facts, _ = queue.add_job(self.settings, queue.NewJob(kind, kind, arguments))
            runners.hand(self.settings, facts.id)
            return facts.id

    def look(self, job_id: str) -> JobFacts:
        with self.app.app_context():
            return find_job(job_id)

    def wait(self, job_id: str, until: Callable[[JobFacts], bool] = lambda job: job.has_ended) -> JobFacts:
        """Return a job once it is as wanted; fail after a long while."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            job = self.look(job_id)
            if until(job):
                return job
            time.sleep(0.05)
        raise AssertionError(f"{self.look(job_id)}\n{self.log()}")


def main() -> None:
    from app.services.jobs.upkeep import Upkeep
    from app.services.jobs.worker import work

    app = create_app(json.loads(sys.stdin.buffer.readline()))
    add_kinds()
    settings = current_settings(app)
    if settings.RUNNER == "celery":
        from app.services.jobs.celery_runner import run_worker

        run_worker(app, settings)
        return
    Upkeep(app, settings).start()
    work(app, settings)


if __name__ == "__main__":
    main()
