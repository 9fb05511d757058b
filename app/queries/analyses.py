"""Analyses of audio: what they found, and where the audio lies on the library's maps."""

from typing import Any

import numpy as np
from sqlalchemy import select

from app.errors import ConflictError, GoneError, InputError
from app.graph import Float32
from app.models import Job, Track, db
from app.models.job import EXPIRED, FINISHED
from app.queries.jobs import JobFacts, find_job, job_result
from app.queries.placing import Placed, Sent, place_sound
from app.settings import Settings
from app.store.snapshots import Space

KIND = "analysis"
TAGGRAMS = "taggrams"


def describe_analysis(job: JobFacts) -> dict[str, Any]:
    """Return what lists tell of an analysis."""
    told = {name: value for name, value in job.to_json().items() if name != "kind"}
    track = job.arguments.get("track")
    is_kept = job.expires_at is not None or not job.has_ended
    sound = f"/api/v1/analyses/{job.id}/audio" if is_kept else None
    return {
        **told,
        "attributes": job.arguments["names"],
        "missing": job.arguments.get("missing", {}),
        "track": track,
        "duration": job.arguments.get("duration"),
        "audio": sound if track is None else f"/audio/track/{track}",
    }


def found_by(job: JobFacts) -> dict[str, Any]:
    """Return analysis → what it found.

    Raises
    ------
    GoneError
        If it has been thrown away.
    ConflictError
        If the analysis has not finished, or not well.
    """
    found: dict[str, Any] = _result(job)["analyses"]
    return found


def library_track_of(job: JobFacts) -> int | None:
    """Return the track of the library whose file has the very same bytes as the audio of an analysis."""
    same = select(Track.id).join(Job, Job.subject == Track.content_hash)
    return db.session.scalar(
        same.where(Job.id == job.id, Track.state == "present").order_by(Track.id).limit(1)
    )


def _result(job: JobFacts) -> dict[str, Any]:
    result = job_result(job.id)
    if job.state == EXPIRED:
        raise GoneError(f"The result of {job.id} is not kept any more.")
    if job.state != FINISHED or result is None:
        reason = f": {job.error}" if job.error else "."
        raise ConflictError(f"The analysis {job.id} is {job.state}{reason}")
    return result


def place_of(settings: Settings, job_id: str, space: Space, projection: str, k: int) -> Placed:
    """Return where the audio of an analysis lies on a map.

    Raises
    ------
    NotFoundError
        If there is no such analysis or map.
    InputError
        If it was not asked for the vectors of that space.
    ConflictError
        If it has no result, or was heard with other weights than the library.
    """
    job = find_job(job_id, KIND)
    result = _result(job)
    rows = _rows(result["analyses"], space)
    content = db.session.get_one(Job, job.id).subject
    weights = result.get("weights", {}).get(space.network)
    return place_sound(settings, space, projection, Sent(rows, content, weights), k)


def _rows(found: dict[str, Any], space: Space) -> Float32:
    """Return the vectors of the segments, or their mean, float32, shape=(n_rows, size)."""
    name = "tags" if space.layer == TAGGRAMS else "embeddings"
    known = found.get(name, {}).get("networks", {}).get(space.network)
    if known is None:
        raise InputError(
            f"The analysis was not asked for the {name} of {space.network}: "
            f"attributes={name}&network={space.network}"
        )
    if "segments" in known:
        segments = np.array(known["segments"], np.float32)
        return segments if space.level == "segments" else segments.mean(axis=0, keepdims=True)
    if space.level == "segments":
        raise InputError("The analysis was asked for the mean of the embeddings only: embeddings=segments")
    return np.array([known["mean"]], np.float32)
