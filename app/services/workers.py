"""Worker processes that may die: a death costs the task at hand a try, never the run.

Each worker has a pipe of its own, so a worker that is killed while it writes cannot block the others.
Workers are spawned, not forked: the libraries that they load keep threads. A worker whose parent is gone
reads the end of its pipe and leaves.
"""

import contextlib
import itertools
import multiprocessing
import signal
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Generic, TypeVar

from app.errors import MusicExploreError, WorkerError

Task = TypeVar("Task")
Result = TypeVar("Result")
Work = Callable[[Any], Any]

TRIES = 2
START_TRIES = 4
_STARTING = -1  # among the deaths, which are counted by the identity of their task


@dataclass(frozen=True)
class Outcome(Generic[Task, Result]):
    """What became of a task: a result, or the error that it ended with."""

    task: Task
    result: Result | None = None
    error: MusicExploreError | None = None


@dataclass(frozen=True)
class _Failure:
    """An exception on its way through the pipe."""

    error: MusicExploreError


class _Worker:
    """One process and the task it is at."""

    def __init__(self, prepare: Callable[..., Work], arguments: tuple[Any, ...]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, child = context.Pipe()
        self.process: BaseProcess = context.Process(
            target=_serve, args=(child, prepare, arguments), daemon=True
        )
        # A Ctrl-C reaches the whole group: blocked here, it is the parent's alone from the child's start on.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        child.close()
        self.ready = False
        self.task: Any = None
        self.busy = False

    def give(self, task: Any) -> None:
        self.task, self.busy = task, True
        with contextlib.suppress(OSError):  # it died meanwhile: taking its answer will tell
            self.connection.send(task)

    def take(self) -> Any:
        """Return what the worker sent; EOFError or OSError if it died."""
        return self.connection.recv()

    def describe_death(self) -> str:
        self.process.join()
        code = self.process.exitcode
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            hint = "; perhaps memory ran out" if name == "SIGKILL" else ""
            return f"the worker process was ended by {name}{hint}"
        return f"the worker process ended with status {code}"

    def stop(self) -> None:
        """End the process: by itself if it is idle, so that its libraries clean up; else by force."""
        self.connection.close()
        if not self.busy:
            self.process.join(timeout=5)
        self.process.terminate()
        self.process.join(timeout=5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _serve(connection: Connection, prepare: Callable[..., Work], arguments: tuple[Any, ...]) -> None:
    """Run in the child: prepare once, then work until the pipe ends."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        work = prepare(*arguments)
        connection.send(None)
        while True:
            connection.send(_attempt(work, connection.recv()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:  # noqa: BLE001 - sent to the parent, which raises it
        with contextlib.suppress(OSError):  # unless it has gone, over another worker's error
            connection.send(_Failure(portable(error)))


def _attempt(work: Work, task: Any) -> Any:
    try:
        return work(task)
    except Exception as error:  # noqa: BLE001 - recorded by the parent with the task's name
        return _Failure(portable(error))


def portable(error: Exception) -> MusicExploreError:
    """Return an error as one of ours, which survives the way between processes; others often do not."""
    if isinstance(error, MusicExploreError):
        return error
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return WorkerError(f"unexpected {type(error).__name__} at {place}: {error}")


def run_tasks(
    tasks: Iterable[Task],
    prepare: Callable[..., Work],
    arguments: tuple[Any, ...] = (),
    *,
    jobs: int,
) -> Iterator[Outcome[Task, Any]]:
    """Run tasks on worker processes, yielding outcomes as they come, in no fixed order.

    Parameters
    ----------
    tasks : iterable
        Picklable values; taken one by one as workers become free.
    prepare : callable
        Called once in each worker with ``arguments``; returns the function that is given each task.
    jobs : int
        Number of processes.

    Raises
    ------
    MusicExploreError
        If ``prepare`` fails. A task that fails does not raise: its outcome holds the error. A task
        under which a worker dies is tried once more, for the death may have been another's fault.
    """
    queue = _Queue(tasks)
    deaths: dict[int, int] = {}
    workers: list[_Worker] = []
    try:
        workers.extend(_Worker(prepare, arguments) for _ in range(0 if queue.is_empty() else jobs))
        while True:
            _deal(workers, queue)
            if queue.is_empty() and not any(worker.busy for worker in workers):
                return
            awaited = {worker.connection: worker for worker in workers if worker.busy or not worker.ready}
            for connection in wait(list(awaited)):
                worker = awaited[connection]  # type: ignore[index]  # wait() returns what it was given
                outcome = _listen(worker, queue, deaths)
                if outcome is not None:
                    yield outcome
                if worker.connection.closed:
                    workers[workers.index(worker)] = _Worker(prepare, arguments)
    finally:
        for worker in workers:
            worker.stop()


class _Queue:
    """Tasks still to be dealt out; those that come back go first."""

    def __init__(self, tasks: Iterable[Any]) -> None:
        self._tasks = iter(tasks)
        self._first: deque[Any] = deque()

    def is_empty(self) -> bool:
        if not self._first:
            self._first.extend(itertools.islice(self._tasks, 1))
        return not self._first

    def take(self) -> Any:
        return self._first.popleft()

    def put_back(self, task: Any) -> None:
        self._first.appendleft(task)


def _deal(workers: list[_Worker], queue: _Queue) -> None:
    for worker in workers:
        if worker.ready and not worker.busy and not queue.is_empty():
            worker.give(queue.take())


def _listen(worker: _Worker, queue: _Queue, deaths: dict[int, int]) -> Outcome[Any, Any] | None:
    """Take what a worker sent; after a death, put the task back or give it up."""
    try:
        answer = worker.take()
    except (EOFError, OSError):
        reason = worker.describe_death()
        worker.connection.close()
        if not worker.ready:
            deaths[_STARTING] = deaths.get(_STARTING, 0) + 1
            if deaths[_STARTING] >= START_TRIES:
                raise WorkerError(f"Workers cannot start: {reason}.") from None
            return None
        return _mourn(worker.task, reason, queue, deaths)
    if not worker.ready:
        if isinstance(answer, _Failure):
            raise answer.error
        worker.ready = True
        deaths.pop(_STARTING, None)
        return None
    worker.busy = False
    if isinstance(answer, _Failure):
        return Outcome(worker.task, error=answer.error)
    return Outcome(worker.task, result=answer)


def _mourn(task: Any, reason: str, queue: _Queue, deaths: dict[int, int]) -> Outcome[Any, Any] | None:
    deaths[id(task)] = deaths.get(id(task), 0) + 1
    if deaths[id(task)] < TRIES:
        queue.put_back(task)
        return None
    return Outcome(task, error=WorkerError(f"{reason}, twice in a row"))
