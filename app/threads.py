"""Cores, and work in threads that Ctrl-C can stop at any moment."""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_batches(
    function: Callable[[T], R], items: Sequence[T], *, threads: int, batch: int
) -> Iterator[list[R]]:
    """Apply ``function`` in threads; yield the results in the order of the items, a batch at a time.

    A signal that comes while a batch is under way is answered at its end, so batches should be short.
    """
    pool = ThreadPoolExecutor(threads)
    try:
        for start in range(0, len(items), batch):
            with signals_deferred():
                results = list(pool.map(function, items[start : start + batch]))
            yield results
    finally:
        with signals_deferred():
            pool.shutdown()


@contextlib.contextmanager
def signals_deferred() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait until the end of the block.

    Locks written in Python, such as those of a thread pool, stay taken for ever if an exception comes
    between taking them and noting that they are taken; the program then waits for itself.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are answered by the main thread
        return
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    previous = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        yield
    finally:
        for known, handler in previous.items():
            signal.signal(known, handler)
        for number in came[:1]:
            signal.raise_signal(number)
