"""Progress of a run, left where others can read it."""

import contextlib
import time
from collections.abc import Iterator

from app.services.lock import holds_lock
from app.services.report import Advance, Reporter
from app.settings import Settings
from app.store.progress import Progress, write_progress

PAUSE_SECONDS = 1.0


class SharedReporter(Reporter):
    """Passes everything on to another reporter, and leaves word below ``ROOT_DIR`` at most once a second.

    Only while this process holds the library's lock: a dry run writes nothing. A disk that cannot be
    written is no reason to stop the run: then there is no word.
    """

    def __init__(self, listener: Reporter, settings: Settings) -> None:
        self._listener = listener
        self._settings = settings

    @contextlib.contextmanager
    def stage(self, label: str, total: int) -> Iterator[Advance]:
        started_at = told_at = time.monotonic()
        done = 0
        self._tell(Progress(label, 0, total))
        with self._listener.stage(label, total) as advance:

            def advance_both(steps: int) -> None:
                nonlocal done, told_at
                advance(steps)
                done += steps
                now = time.monotonic()
                if now - told_at >= PAUSE_SECONDS:
                    told_at = now
                    self._tell(Progress(label, done, total, _seconds_left(now - started_at, done, total)))

            yield advance_both

    def say(self, message: str) -> None:
        self._listener.say(message)

    def _tell(self, progress: Progress) -> None:
        if holds_lock(self._settings):
            with contextlib.suppress(OSError):
                write_progress(self._settings.ROOT_DIR, progress)


def _seconds_left(elapsed: float, done: int, total: int) -> float | None:
    return round(elapsed * (total - done) / done, 1) if 0 < done <= total else None
