"""Worker processes: order of nothing, deaths, errors, and no orphans."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from app.errors import AudioError, DamagedNetworkError, WorkerError
from app.services.workers import run_tasks


def _prepare_square() -> Callable[[int], int]:
    return lambda number: number * number


def _prepare_trouble(folder: Path) -> Callable[[str], str]:
    def work(task: str) -> str:
        (folder / f"{task}-{time.monotonic_ns()}").touch()
        if task == "poison":
            os.kill(os.getpid(), signal.SIGSEGV)
        if task == "once" and len(list(folder.glob("once-*"))) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if task == "bad":
            raise AudioError("not audio")
        if task == "odd":
            raise _UnpicklableError("x", "y")
        return task.upper()

    return work


class _UnpicklableError(Exception):
    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first}{second}")


def _prepare_failure() -> Callable[[int], int]:
    raise DamagedNetworkError("net.pb is damaged")


def _prepare_exit() -> Callable[[int], int]:
    os._exit(7)


def _prepare_slow() -> Callable[[int], int]:
    return lambda seconds: time.sleep(seconds) or os.getpid()


def test_every_task_has_its_outcome_when_workers_share_them() -> None:
    outcomes = list(run_tasks(range(20), _prepare_square, jobs=2))
    assert {outcome.task: outcome.result for outcome in outcomes} == {n: n * n for n in range(20)}


def test_nothing_is_started_when_there_are_no_tasks() -> None:
    assert list(run_tasks([], _prepare_failure, jobs=2)) == []


def test_others_go_on_when_one_task_kills_its_workers(tmp_path: Path) -> None:
    tasks = ["a", "poison", "b", "c"]
    outcomes = {o.task: o for o in run_tasks(tasks, _prepare_trouble, (tmp_path,), jobs=2)}
    assert {task for task in tasks if outcomes[task].error is None} == {"a", "b", "c"}
    assert isinstance(outcomes["poison"].error, WorkerError)
    assert "SIGSEGV" in str(outcomes["poison"].error)
    assert len(list(tmp_path.glob("poison-*"))) == 2


def test_task_is_tried_again_when_its_worker_was_killed_once(tmp_path: Path) -> None:
    (outcome,) = run_tasks(["once"], _prepare_trouble, (tmp_path,), jobs=1)
    assert outcome.result == "ONCE"


def test_error_reaches_the_parent_when_a_task_raises(tmp_path: Path) -> None:
    outcomes = {o.task: o.error for o in run_tasks(["bad", "odd"], _prepare_trouble, (tmp_path,), jobs=1)}
    assert isinstance(outcomes["bad"], AudioError)
    assert str(outcomes["bad"]) == "not audio"
    assert "unexpected _UnpicklableError" in str(outcomes["odd"])


def test_preparation_error_is_raised_when_workers_cannot_load() -> None:
    with pytest.raises(DamagedNetworkError, match=r"net\.pb"):
        list(run_tasks([1], _prepare_failure, jobs=2))


def test_run_ends_when_workers_die_at_start() -> None:
    with pytest.raises(WorkerError, match="status 7"):
        list(run_tasks([1], _prepare_exit, jobs=2))


def test_no_worker_is_left_when_the_consumer_stops_early() -> None:
    before = psutil.Process().children(recursive=True)
    running = run_tasks([0, 60, 60], _prepare_slow, jobs=2)
    first = next(running)
    assert psutil.pid_exists(first.result)
    running.close()
    new = [child for child in psutil.Process().children(recursive=True) if child not in before]
    assert all("resource_tracker" in " ".join(child.cmdline()) for child in new)
