"""What extraction does with files: in worker processes, so no module here loads the database."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.audio.container import explain_os_error
from app.errors import AudioError, AudioUnavailableError, TooLongError
from app.networks import Network
from app.services.vectors import TrackVectors, VectorExtractor, hash_content


@dataclass(frozen=True)
class Task:
    """A file, and the networks that it needs."""

    track_id: int
    path: Path
    networks: tuple[str, ...]


def prepare_worker(
    networks: Sequence[Network], models_dir: Path, engine: str, max_hours: float = math.inf
) -> Callable[[Task], TrackVectors]:
    """Load the networks once; return what extracts a track of up to so many hours."""
    extractor = VectorExtractor(networks, models_dir, engine)

    def work(task: Task) -> TrackVectors:
        before = _stamp(task.path)
        try:
            vectors = extractor.extract(task.path, task.networks, max_hours * 3600)
        except TooLongError as error:
            raise AudioError(f"longer than {max_hours:g} h, the limit set by MAX_TRACK_HOURS") from error
        if _stamp(task.path) != before:
            raise AudioUnavailableError("the file changed while it was read")
        return vectors

    return work


kept_worker = lru_cache(maxsize=1)(prepare_worker)


def hash_file(path: Path) -> str | None:
    """Return the SHA-256 of a file; None if it cannot be read, which extraction will meet and tell."""
    try:
        return hash_content(path)
    except AudioUnavailableError:
        return None


def _stamp(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise AudioUnavailableError(explain_os_error(error)) from error
    return status.st_size, status.st_mtime_ns
