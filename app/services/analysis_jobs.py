"""The kind of job that analyses audio: what a worker does, how the end is told, what is thrown away."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.analyses import Analyser, Wanted, versions
from app.analyses.places import weights_sha256
from app.errors import CancelledError, MusicExploreError, NotFoundError
from app.models import AnalysisResult, db
from app.networks import installed
from app.networks.engines import engine_for
from app.queries.clock import database_now
from app.services import webhooks
from app.services.analysis import track_path, upload_path
from app.settings import Settings

if TYPE_CHECKING:
    from app.services.jobs.queue import Taken
    from app.services.jobs.run import JobRun

_kept = threading.local()
"""``analysers`` of each thread: one analyser does one thing at a time."""


def run(job: "JobRun", arguments: dict[str, Any]) -> dict[str, Any]:
    """Analyse what has not been analysed yet of this audio, and put all of it together."""
    settings, taken = job.settings, job.taken
    path = _audio_for(settings, taken)
    names: list[str] = arguments["names"]
    wanted = _wanted(names, arguments)
    analyser = _analyser(settings)
    version_of = versions(settings.MODELS_DIR, engine_for(settings), wanted)
    weights = _weights(settings, wanted)  # before the networks are loaded: files may be replaced meanwhile
    found = _known(taken.subject or "", version_of)
    missing = [name for name in names if name not in found]
    if missing:
        with job.stage("Analysing", len(missing)) as advance:
            steps = iter([0, *[1] * len(missing)])
            results = analyser.analyse(
                path,
                _wanted(missing, arguments),
                max_seconds=settings.UPLOAD_MAX_SECONDS,
                advance=lambda _name: advance(next(steps, 0)),
            )
            advance(1)
        _remember(taken.subject or "", version_of, results)
        found |= results
    return {"analyses": {name: found[name] for name in names}, "weights": weights}


def tell_end(taken: "Taken", error: MusicExploreError | None) -> None:
    """Leave word for whoever wants to be told, in the transaction that ends the job."""
    url = taken.arguments.get("webhook_url")
    if not url:
        return
    event: dict[str, Any] = {"status": "finished"}
    if isinstance(error, CancelledError):
        event = {"status": "cancelled"}
    elif error is not None:
        event = {"status": "failed", "reason": str(error)}
    webhooks.enqueue(db.session, taken.id, url, event)


def discard(settings: Settings, job_id: str) -> None:
    """Delete the audio that was sent."""
    upload_path(settings, job_id).unlink(missing_ok=True)


def _audio_for(settings: Settings, taken: "Taken") -> Path:
    if taken.arguments["source"] == "track":
        return track_path(settings, taken.arguments["track"])
    path = upload_path(settings, taken.id)
    if not path.is_file():
        raise NotFoundError("The audio that was sent is not there any more.")
    return path


def _wanted(names: Sequence[str], arguments: dict[str, Any]) -> Wanted:
    return Wanted(tuple(names), tuple(arguments["networks"]), arguments["embeddings"])


def _analyser(settings: Settings) -> Analyser:
    """Return the analyser of this thread; what it has loaded stays loaded."""
    key = (settings.MODELS_DIR, engine_for(settings))
    if not hasattr(_kept, "analysers"):
        _kept.analysers = {}
    analysers: dict[tuple[Path, str], Analyser] = _kept.analysers
    if key not in analysers:
        analysers[key] = Analyser(*key)
    return analysers[key]


def _weights(settings: Settings, wanted: Wanted) -> dict[str, str]:
    """Return network → SHA-256 of its weights, of those whose values the result may hold."""
    there = installed(settings.MODELS_DIR)
    networks = [network for network in there if network.name in wanted.networks or not wanted.networks]
    return {network.name: weights_sha256(network.file_in(settings.MODELS_DIR)) for network in networks}


def _known(content_hash: str, version_of: dict[str, str]) -> dict[str, Any]:
    rows = db.session.execute(
        select(AnalysisResult.name, AnalysisResult.version, AnalysisResult.result).where(
            AnalysisResult.content_hash == content_hash, AnalysisResult.name.in_(version_of)
        )
    ).all()
    db.session.rollback()
    return {name: result for name, version, result in rows if version_of[name] == version}


def _remember(content_hash: str, version_of: dict[str, str], results: dict[str, Any]) -> None:
    now = database_now()
    for name, result in results.items():
        row = AnalysisResult(
            content_hash=content_hash, name=name, version=version_of[name], result=result, created_at=now
        )
        db.session.add(row)
        try:
            db.session.commit()
        except IntegrityError:  # another worker was at the same audio
            db.session.rollback()
