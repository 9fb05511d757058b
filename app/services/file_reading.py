"""Reading files for the catalogue: hashes and tags, in worker processes.

Tags may be made to exhaust a reader: a frame of some kilobytes unpacks to gigabytes, a hundred thousand
frames keep it busy for minutes. So each file has limits of memory and processor time, and a file that ends
its worker costs only itself.
"""

import contextlib
import resource
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import NoReturn

from app.audio.decode import probe
from app.audio.tags import FileTags, read_tags
from app.errors import AudioError, NoSoundError
from app.files import file_sha256
from app.services.audio_files import Fingerprint, FoundFile, fingerprint
from app.services.workers import run_tasks
from app.threads import available_cores

CHUNK = 32
MEMORY_BYTES = 512 * 2**20
CPU_SECONDS = 5.0
# Reading waits for the disk more than for the processor, most of all on a network share.
PROCESSES_PER_CORE = 2
CHUNKS_PER_PROCESS = 8  # a process takes as long to start as it takes to read so much


@dataclass(frozen=True)
class ReadTask:
    """A file to read.

    Attributes
    ----------
    path : Path
        Where it is.
    known_as : frozenset of str
        SHA-256 of whole files that it may be; it is read in full to find out, unless there are none.
    with_hash, with_tags : bool
        What is wanted of it.
    may_lack_sound : bool
        Whether to find out if there is any sound in it.
    """

    file: FoundFile
    path: Path
    known_as: frozenset[str] = frozenset()
    with_hash: bool = True
    with_tags: bool = True
    may_lack_sound: bool = False


@dataclass(frozen=True)
class Reading:
    """What reading a file gave. Neither content nor error: the file has vanished.

    Attributes
    ----------
    content_hash : str or None
        The one of ``known_as`` that it is, or None if it is none of them.
    tags : FileTags or None
        None where they were not wanted, are those of a known content, or could not be read.
    without_tags : str
        Why the tags could not be read, if so.
    has_sound : bool
        False for a video without sound.
    error : str or None
        Why the file could not be read.
    """

    file: FoundFile
    content: Fingerprint | None = None
    content_hash: str | None = None
    tags: FileTags | None = None
    without_tags: str = ""
    has_sound: bool = True
    error: str | None = None


def read_files(tasks: Sequence[ReadTask], *, jobs: int | None = None) -> Iterator[list[Reading]]:
    """Read files; yield the readings in the order of the tasks, some at a time.

    Parameters
    ----------
    jobs : int, optional
        Worker processes, two per core by default; 0 reads in this process, without limits.
    """
    chunks = [tuple(tasks[start : start + CHUNK]) for start in range(0, len(tasks), CHUNK)]
    if jobs == 0:
        yield from ([read_file(task) for task in chunk] for chunk in chunks)
        return
    if jobs is None:
        jobs = available_cores() * PROCESSES_PER_CORE
    done: dict[int, list[Reading]] = {}
    due = 0
    numbered = list(enumerate(chunks))
    for outcome in run_tasks(numbered, _prepare, jobs=min(jobs, 1 + len(numbered) // CHUNKS_PER_PROCESS)):
        number, chunk = outcome.task
        done[number] = _read_singly(chunk) if outcome.result is None else outcome.result
        while due in done:
            yield done.pop(due)
            due += 1


def _read_singly(chunk: Sequence[ReadTask]) -> list[Reading]:
    """Read files of which one ends its worker: one by one, that one without its tags."""
    readings = []
    for task in chunk:
        reading, reason = _read_alone(task)
        if reading is None and task.with_tags:
            reading, _ = _read_alone(replace(task, with_tags=False))
            reading = reading and replace(reading, without_tags=reason)
        readings.append(reading or Reading(task.file, error=reason))
    return readings


def _read_alone(task: ReadTask) -> tuple[Reading | None, str]:
    (outcome,) = run_tasks([(0, (task,))], _prepare, jobs=1)
    if outcome.result is None:
        return None, str(outcome.error)
    return outcome.result[0], ""


def _prepare() -> Callable[[tuple[int, Sequence[ReadTask]]], list[Reading]]:
    """Run in each worker: set the limits, return what reads a chunk."""
    _limit_memory()
    signal.signal(signal.SIGPROF, _stop_reading)
    return lambda numbered: [_read_within_limits(task) for task in numbered[1]]


def _limit_memory() -> None:
    with contextlib.suppress(OSError, ValueError):  # not every system counts it
        status = Path("/proc/self/status").read_text("ascii")
        used = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData:"))
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (used * 1024 + MEMORY_BYTES, hard))


class _TookTooLong(BaseException):
    """Passes through libraries that catch every exception."""


def _stop_reading(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _TookTooLong


def _read_within_limits(task: ReadTask) -> Reading:
    reading = read_file(replace(task, with_tags=False))
    if reading.error is not None or not _needs_tags(task, reading):
        return reading
    try:
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        try:
            return _add_tags(task, reading)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except _TookTooLong:
        return replace(reading, without_tags=f"they need more than {CPU_SECONDS:g} s of processor time")
    except MemoryError:
        return replace(reading, without_tags=f"they need more than {MEMORY_BYTES >> 20} MB of memory")


def read_file(task: ReadTask) -> Reading:
    """Read one file in this process, without limits."""
    try:
        content = fingerprint(task.path) if task.with_hash else None
        content_hash = file_sha256(task.path) if task.known_as else None
    except FileNotFoundError:
        return Reading(task.file)
    except OSError as error:
        return Reading(task.file, error=error.strerror or str(error))
    if task.may_lack_sound and not _has_sound(task.path):
        return Reading(task.file, content, has_sound=False)
    reading = Reading(task.file, content, content_hash if content_hash in task.known_as else None)
    return _add_tags(task, reading) if _needs_tags(task, reading) else reading


def _has_sound(path: Path) -> bool:
    try:
        probe(path)
    except NoSoundError:
        return False
    except AudioError:
        return True  # extraction will say what is wrong with it
    return True


def _needs_tags(task: ReadTask, reading: Reading) -> bool:
    is_there = reading.content is not None or not task.with_hash
    return task.with_tags and reading.content_hash is None and reading.has_sound and is_there


def _add_tags(task: ReadTask, reading: Reading) -> Reading:
    try:
        return replace(reading, tags=read_tags(task.path))
    except OSError as error:
        return replace(reading, without_tags=error.strerror or str(error))
