"""Audio that was sent for an analysis becomes a track of the library."""

import re
import shutil
from pathlib import PurePath
from typing import Final

from app.audio.decode import AUDIO_SUFFIXES
from app.errors import ConflictError, InputError
from app.files import atomic_path
from app.queries.analyses import library_track_of
from app.queries.jobs import JobFacts
from app.queries.status import printable
from app.queries.tracks import find_track
from app.services import library_jobs
from app.services.analysis import audio_of
from app.settings import Settings

FOLDER: Final = "uploads"
"""Below ``AUDIO_DIR``."""
_MAX_STEM: Final = 150
"""Bytes: names of files have at most 255, and some are needed for what comes after."""
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\ud800-\udfff]+')


def keep_upload(settings: Settings, job: JobFacts, *, owner: str | None = None) -> JobFacts:
    """Copy the audio of an analysis into the library, and have the library processed.

    Asked for twice, it is the same file, and the library is processed once more.

    Returns
    -------
    JobFacts
        The job that takes it in.

    Raises
    ------
    ConflictError
        If it is a track of the library already, or the library's audio is not here.
    NotFoundError
        If the audio is not kept any more.
    InputError
        If its name does not end as names of audio files do.
    QueueFullError
        If too many jobs wait; the file is there then.
    StorageError
        If it cannot be written.
    """
    if job.arguments["source"] != "upload":
        raise ConflictError(f"{job.title} is in the library already.")
    place = f"{FOLDER}/{kept_name(job)}"
    same = library_track_of(job)
    path = place if same is None else find_track(same).path
    if path != place:
        raise ConflictError(f"{job.title} is in the library already, as {printable(path)}.")
    if settings.AUDIO_PROVIDER != "local":
        raise ConflictError(
            f"The library plays audio from {settings.AUDIO_PROVIDER}, not from AUDIO_DIR: "
            "nothing can be added to it."
        )
    source = audio_of(settings, job)
    with atomic_path(settings.AUDIO_DIR / place) as partial:
        shutil.copyfile(source, partial)
    return library_jobs.ask(settings, "process", {"retry_failed": False}, owner=owner)


def kept_name(job: JobFacts) -> str:
    """Return the name of the file: the one it was sent under, made safe, and the beginning of the job's id.

    The latter tells files apart that are called the same.
    """
    name = PurePath(job.title)
    suffix = name.suffix.lower()
    if suffix not in AUDIO_SUFFIXES:
        known = "no ending" if not suffix else f"the ending {suffix}"
        raise InputError(
            f"{job.title} has {known}, by which the library does not know audio. Call it otherwise."
        )
    stem = _UNSAFE.sub("_", name.stem).strip(". ")
    stem = stem.encode()[:_MAX_STEM].decode(errors="ignore").strip() or "audio"
    return f"{stem} {job.id[:8]}{suffix}"
