"""What the run that is at work on a library is doing, for those who look on.

``ROOT_DIR/library.lock`` is held by the run and holds its process's number; ``ROOT_DIR/progress.json`` says
how far it has come. What a killed run left is told from the word of a living one by the lock and the number.
"""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

LOCK_FILE = "library.lock"
PROGRESS_FILE = "progress.json"


@dataclass(frozen=True)
class Progress:
    """How far a run has come in its present stage.

    Attributes
    ----------
    total : int
        Steps of the stage; 0 if nobody knows.
    seconds_left : float or None
        Of the stage, if it goes on at the same pace.
    """

    stage: str
    done: int = 0
    total: int = 0
    seconds_left: float | None = None


UNTOLD = Progress("Working")
_PROGRESS = TypeAdapter(Progress)


def write_progress(root: Path, progress: Progress) -> None:
    """Leave word of this process's progress. Not synced to the disk: it is of no use after a crash."""
    partial = root / f".{PROGRESS_FILE}.{os.getpid()}"
    partial.write_text(json.dumps({"process": os.getpid(), **asdict(progress)}), encoding="utf-8")
    partial.replace(root / PROGRESS_FILE)


def read_progress(root: Path) -> Progress | None:
    """Return how far the run has come that is at work on a library now; None if there is none."""
    holder = _holder(root / LOCK_FILE)
    if holder is None:
        return None
    try:
        told = json.loads((root / PROGRESS_FILE).read_text(encoding="utf-8"))
        return _PROGRESS.validate_python(told) if told.pop("process") == holder else UNTOLD
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return UNTOLD


def _holder(path: Path) -> int | None:
    """Return the number of the process that holds a lock; None if nobody does.

    Looking takes the lock for an instant, together with others who look.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 32, 0).strip()
        return int(text) if text.isdigit() else 0
    finally:
        os.close(descriptor)
    return None
