"""Requests that hold a thread of the server for long: not so many at once that none is left for others.

They are event streams, requests that wait for a result, and files that are heard within a request. How many
threads there are is said in ``gunicorn.conf.py``.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

MOST: Final = 8

leaving = threading.Event()
"""Set once this process is told to end: whoever waits shall wait no longer."""

_held = threading.BoundedSemaphore(MOST)


def take() -> bool:
    """Take a place, if one is free; whoever has it calls :func:`leave` in the end."""
    return _held.acquire(blocking=False)


def leave() -> None:
    """Give a place back."""
    _held.release()


@contextlib.contextmanager
def place() -> Iterator[bool]:
    """Hold a place during the block; the block is told whether there was one."""
    taken = take()
    try:
        yield taken
    finally:
        if taken:
            leave()
