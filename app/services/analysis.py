"""Asking for an analysis: of audio that is sent, or of a track of the library."""

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import IO, Any, Final, Literal

from app.analyses import ANALYSES, availability
from app.audio.container import AudioFacts
from app.audio.decode import probe
from app.errors import InputError, MissingNetworkError, NotFoundError, TooLargeError
from app.files import file_sha256, storage_error
from app.networks import NETWORKS, installed
from app.networks.engines import engine_for
from app.providers import PROVIDERS, AudioFile, Playable
from app.queries.analyses import KIND
from app.queries.jobs import JobFacts
from app.queries.status import printable
from app.queries.tracks import find_track
from app.services import webhooks
from app.services.jobs import queue, runners
from app.settings import Settings

FOLDER: Final = "uploads"
_BLOCK: Final = 1 << 18
_MAX_TITLE: Final = 200


@dataclass(frozen=True)
class Request:
    """What somebody wants to know of some audio.

    Attributes
    ----------
    names : tuple of str
        Analyses; all that can run here if empty.
    networks : tuple of str
        For tags and embeddings; all that are installed if empty.
    webhook_url : str or None
        Who is told of the end.
    owner : str or None
        Name of the token that asks.
    key : str or None
        Idempotency key of whoever asks.
    missing : dict
        Analyses that were also requested but cannot run here, with reasons; stored with the job. Without
        names, all that were skipped.
    """

    names: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    embeddings: Literal["mean", "segments"] = "mean"
    webhook_url: str | None = None
    owner: str | None = None
    key: str | None = None
    missing: dict[str, str] = field(default_factory=dict)


def analyse_upload(settings: Settings, stream: IO[bytes], file_name: str, request: Request) -> JobFacts:
    """Keep audio that is sent, and put its analysis into the queue.

    Parameters
    ----------
    file_name : str
        What the sender calls it. It is only shown: the file that is kept has a name of its own.

    Raises
    ------
    AudioError
        If it is no audio.
    InputError
        If it is too long, or the request is wrong.
    TooLargeError
        If it is larger than ``UPLOAD_MAX_MB``.
    QueueFullError
        If too many jobs wait.
    StorageError
        If it cannot be written.
    """
    arguments = check_request(settings, request)
    job_id = queue.new_id()
    path = upload_path(settings, job_id)
    try:
        content_hash = _receive(stream, path, settings.UPLOAD_MAX_MB)
        facts = _check_audio(path, settings)
        title = _title(file_name)
        arguments |= {
            "source": "upload",
            "suffix": PurePath(title).suffix.lower(),
            "duration": facts.duration,
        }
        job, is_new = _submit(settings, request, job_id, title, arguments, content_hash)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if not is_new:
        path.unlink(missing_ok=True)
    return job


def analyse_track(settings: Settings, track_id: int, request: Request) -> JobFacts:
    """Put the analysis of a track of the library into the queue.

    Raises
    ------
    NotFoundError
        If there is no such track, or its file is not here.
    AudioError
        If it cannot be decoded.
    InputError
        If the request is wrong.
    """
    arguments = check_request(settings, request)
    path = track_path(settings, track_id)
    facts = _check_audio(path, settings)
    arguments |= {"source": "track", "track": track_id, "duration": facts.duration}
    track = find_track(track_id)
    title = printable(track.title or PurePath(track.path).name)[:_MAX_TITLE]
    job, _ = _submit(settings, request, queue.new_id(), title, arguments, file_sha256(path))
    return job


def list_attributes(settings: Settings) -> list[dict[str, str | None]]:
    """Return all analyses: name, title, and why it cannot run here, if so."""
    able = availability(settings.MODELS_DIR, engine_for(settings))
    return [{"name": entry.name, "title": entry.title, "unavailable": able[entry.name]} for entry in ANALYSES]


def upload_path(settings: Settings, job_id: str) -> Path:
    """Return where the audio of a job is kept."""
    return settings.ROOT_DIR / FOLDER / job_id


def audio_of(settings: Settings, job: JobFacts) -> Path:
    """Return the audio that a job is about.

    Raises
    ------
    NotFoundError
        If it is not there any more.
    """
    if job.arguments["source"] == "track":
        return track_path(settings, job.arguments["track"])
    path = upload_path(settings, job.id)
    if not path.is_file():
        raise NotFoundError(f"The audio of {job.id} is not kept any more.")
    return path


def _title(file_name: str) -> str:
    """Return what a file is called, of what its sender says: no folders, one line."""
    name = PurePath(file_name.replace("\\", "/")).name
    return " ".join(printable(name).split())[:_MAX_TITLE] or "audio"


def check_request(settings: Settings, request: Request) -> dict[str, Any]:
    """Return the arguments of the job; refuse what is known to fail, whatever the audio is.

    Raises
    ------
    InputError, NotFoundError
        If an analysis or a network is not here, or the webhook cannot be sent.
    MissingNetworkError
        If no analysis can run here.
    """
    able = availability(settings.MODELS_DIR, engine_for(settings))
    unknown = [name for name in request.names if name not in able]
    if unknown:
        raise InputError(f"There is no analysis {unknown[0]!r}. There are: {', '.join(ANALYSES.names())}.")
    for name in request.names:
        reason = able[name]
        if reason is not None:
            raise InputError(f"The analysis {name!r} cannot run here: {reason}")
    there = installed(settings.MODELS_DIR)
    for name in request.networks:
        if NETWORKS.get(name) not in there:
            raise NotFoundError(f"The network {name} is not installed here.")
    names = [name for name, reason in able.items() if reason is None and name != "embeddings"]
    if not (request.names or names):
        raise MissingNetworkError("No analysis can run here. Get the networks with: flask download-models")
    if request.webhook_url:
        webhooks.check_target(settings, request.webhook_url)
    arguments: dict[str, Any] = {
        "names": list(dict.fromkeys(request.names or names)),
        "networks": list(request.networks),
        "embeddings": request.embeddings,
    }
    if request.webhook_url:
        arguments["webhook_url"] = request.webhook_url
    left_out = {name: reason for name, reason in able.items() if reason is not None and not request.names}
    if missing := request.missing or left_out:
        arguments["missing"] = missing
    return arguments


def _receive(stream: IO[bytes], path: Path, max_mb: int) -> str:
    """Write what is sent to a file that nobody else knows; return its SHA-256."""
    digest, size = hashlib.sha256(), 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            while block := stream.read(_BLOCK):
                size += len(block)
                if size > max_mb * 2**20:
                    raise TooLargeError(f"The file is larger than {max_mb} MB.")
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise storage_error(path, error) from error
    return digest.hexdigest()


def _check_audio(path: Path, settings: Settings) -> AudioFacts:
    facts = probe(path)
    if (
        facts.duration is not None
        and facts.duration_is_declared
        and facts.duration > settings.UPLOAD_MAX_SECONDS
    ):
        raise InputError(f"The sound is longer than {settings.UPLOAD_MAX_SECONDS:g} seconds.")
    return facts


def track_path(settings: Settings, track_id: int) -> Path:
    """Return the file of a track; NotFoundError if there is no such track, or its file is not here."""
    found = find_track(track_id)
    source = PROVIDERS.get("local").url(Playable(found.id, found.path, found.external_id), settings)
    assert isinstance(source, AudioFile)  # noqa: S101 - what the local provider gives
    return source.path


def _submit(
    settings: Settings,
    request: Request,
    job_id: str,
    title: str,
    arguments: dict[str, Any],
    content_hash: str,
) -> tuple[JobFacts, bool]:
    key = None
    if request.key is not None:
        key = hashlib.sha256(f"{request.owner or ''}\n{request.key}".encode()).hexdigest()
    new = queue.NewJob(
        KIND,
        title,
        arguments,
        owner=request.owner,
        subject=content_hash,
        request_key=key,
        id=job_id,
    )
    job, is_new = queue.add_job(settings, new)
    if is_new:
        runners.hand(settings, job.id)
    return job, is_new
