"""Requests that hold a thread of the server for long: not so many at once that none is left for others.

They are event streams, requests that wait for a result, large exports, which are sent as they are made, and
files that are analysed within a request. ``gunicorn.conf.py`` sets the number of threads.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

from flask import Response

from app.errors import OverloadedError

MOST: Final = 8
LARGE_BYTES: Final = 2**24
"""More than this of an answer is not taken from its thread before the client has taken some of it."""

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


def hold_until_sent(response: Response) -> None:
    """Hold a place until a response has been sent.

    Raises
    ------
    OverloadedError
        If no place is free.
    """
    if not take():
        raise OverloadedError("Too many long requests are running on this server. Try again later.")
    response.call_on_close(leave)
