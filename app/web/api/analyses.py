"""Analyses: audio in, tags, genre, tempo, key and more out. Each is a job."""

import time
from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from werkzeug.datastructures import FileStorage

from app.errors import InputError, MusicExploreError, NotFoundError
from app.models import db
from app.queries.analyses import KIND, describe_analysis, found_by, library_track_of, place_of
from app.queries.hidden import hide_paths
from app.queries.jobs import JobFacts, find_job, list_jobs
from app.queries.webhooks import deliveries_of
from app.services.analysis import (
    analyse_track,
    analyse_upload,
    audio_of,
    check_request,
    list_attributes,
)
from app.services.jobs import control
from app.services.keep import keep_upload
from app.services.webhooks import retry_delivery
from app.settings import Settings
from app.store.snapshots import Space
from app.web import context, holding
from app.web.api.arguments import ArgumentsError
from app.web.api.operation import operation
from app.web.api.places import below_root, describe_place
from app.web.api.schemas.analyses import (
    AnalysesAnswer,
    AnalysesArguments,
    AnalysisAnswer,
    AnalysisArguments,
    AnalysisFactsAnswer,
    AnalysisPlaceAnswer,
    AttributesAnswer,
    BatchAnswer,
    BatchArguments,
    DeliveriesAnswer,
    PlaceArguments,
    WaitArguments,
)
from app.web.api.schemas.jobs import JobAnswer
from app.web.media import UNKNOWN, send_audio
from app.web.responses import json_response

analyses = Blueprint("analyses", __name__, url_prefix="/api/v1")

FILE = "file"
MAX_FILES = 50
MAX_SIZES = 4  # a batch may be as large as so many of the largest files
MAX_KEY = 255
LOOK_SECONDS = 0.05


@analyses.get("/analyses/attributes")
@operation(answer=AttributesAnswer)
def attributes() -> Response:
    """List what can be asked for, and how large a file may be."""
    settings = context.settings()
    return json_response(
        {
            "attributes": list_attributes(settings),
            "max_mb": settings.UPLOAD_MAX_MB,
            "max_seconds": settings.UPLOAD_MAX_SECONDS,
        }
    )


@analyses.post("/analyses")
@operation(
    query=AnalysisArguments,
    upload=FILE,
    answer=AnalysisAnswer,
    status=202,
    also={200: AnalysisAnswer},
    errors=(409, 422),
    scope="analyse",
)
def submitted(arguments: AnalysisArguments) -> Response:
    """Have an audio file analysed.

    The answer comes at once, with status 202, or with ``wait`` as soon as the result is there, with status
    200. The same request sent again under the same header ``Idempotency-Key`` is the same analysis.
    """
    settings = context.settings()
    [file] = uploaded_files(1)
    asked = arguments.to_request(context.owner(), _key())
    job = analyse_upload(settings, file.stream, file.filename or "", asked)
    return _answer(_wait(job, arguments.wait))


@analyses.post("/analyses/batch")
@operation(
    query=BatchArguments,
    upload=FILE,
    most_files=MAX_FILES,
    answer=BatchAnswer,
    status=202,
    also={422: BatchAnswer},
    scope="analyse",
)
def submitted_together(arguments: BatchArguments) -> Response:
    """Have several audio files analysed, at most 50; those that cannot be taken are told apart.

    The status is 422 if none can be taken.
    """
    settings = context.settings()
    asked = arguments.to_request(context.owner())
    check_request(settings, asked)
    taken, refused = [], []
    for file in uploaded_files(MAX_FILES):
        try:
            job = analyse_upload(settings, file.stream, file.filename or "", asked)
        except MusicExploreError as error:
            title = (file.filename or "")[:200]
            reason = hide_paths(settings, str(error), everywhere=error.http_status >= 500)
            refused.append({"title": title, "error_code": error.code, "error": reason})
        else:
            taken.append(_told(job))
    return json_response({"analyses": taken, "refused": refused}, 202 if taken else 422)


@analyses.post("/tracks/<int:track_id>/analyses")
@operation(
    query=AnalysisArguments,
    answer=AnalysisAnswer,
    status=202,
    also={200: AnalysisAnswer},
    errors=(409, 422),
    scope="analyse",
)
def submitted_track(track_id: int, arguments: AnalysisArguments) -> Response:
    """Have a track of the library analysed; see ``/api/v1/analyses``."""
    job = analyse_track(context.settings(), track_id, arguments.to_request(context.owner(), _key()))
    return _answer(_wait(job, arguments.wait))


@analyses.get("/analyses")
@operation(query=AnalysesArguments, answer=AnalysesAnswer, errors=(404,), anonymous=False)
def listed(arguments: AnalysesArguments) -> Response:
    """List the analyses, the newest first, page by page; those of others only with the scope ``write``."""
    total, found = list_jobs(
        kinds=[KIND],
        states=arguments.state,
        owner=context.seen_owner(),
        before=arguments.cursor,
        limit=arguments.limit + 1,
    )
    page = found[: arguments.limit]
    return json_response(
        {
            "total": total,
            "next": page[-1].id if len(found) > len(page) else None,
            "analyses": [_told(job) for job in page],
        }
    )


@analyses.get("/analyses/<job_id>")
@operation(query=WaitArguments, answer=AnalysisAnswer, errors=(404,))
def one(job_id: str, arguments: WaitArguments) -> Response:
    """Tell how far an analysis has come, and what it found."""
    return json_response(_describe(_wait(find_job(job_id, KIND), arguments.wait)))


@analyses.post("/analyses/<job_id>/cancel")
@operation(answer=AnalysisFactsAnswer, status=202, errors=(404, 409), scope="analyse")
def cancelled(job_id: str) -> Response:
    """Cancel an analysis that waits or runs; one of others only with the scope ``write``."""
    _find_own(job_id)
    return json_response(_told(control.cancel(context.settings(), job_id)), 202)


@analyses.delete("/analyses/<job_id>")
@operation(media={}, status=204, errors=(404, 409), scope="analyse")
def deleted(job_id: str) -> Response:
    """Delete an analysis that has ended, with the audio that was sent; as for cancelling."""
    _find_own(job_id)
    control.forget(context.settings(), job_id)
    return Response(status=204)


@analyses.get("/analyses/<job_id>/audio")
@operation(media={"audio/*": None, UNKNOWN: None}, also={206: None}, errors=(404, 416))
def audio(job_id: str) -> Any:
    """Send the audio that was analysed, or the range asked for."""
    job = find_job(job_id, KIND)
    return send_audio(audio_of(context.settings(), job), job.title)


@analyses.get("/analyses/<job_id>/place")
@operation(query=PlaceArguments, answer=AnalysisPlaceAnswer, errors=(404, 409, 410))
def place(job_id: str, arguments: PlaceArguments) -> Response:
    """Tell where the audio lies on a map of the library, and what is near it.

    The analysis must have been asked for the vectors of the map: ``embeddings``, or ``tags`` for the layer
    ``taggrams``; for a map of segments with ``embeddings=segments``.
    """
    space = Space(arguments.network, arguments.layer, arguments.level)
    placed = place_of(context.settings(), job_id, space, arguments.projection, arguments.k)
    near = placed.near
    return json_response(
        {
            "positions": placed.positions.tolist(),
            "neighbours": [
                {**describe_place(one.place, near.segment_seconds), "distance": one.distance}
                for one in near.results
            ],
        }
    )


@analyses.get("/analyses/<job_id>/deliveries")
@operation(answer=DeliveriesAnswer, errors=(404,), anonymous=False)
def deliveries(job_id: str) -> Response:
    """Tell what was sent to the analysis's webhook, and what came of each try."""
    find_job(job_id, KIND)
    return json_response({"deliveries": [delivery.to_json() for delivery in deliveries_of(job_id)]})


@analyses.post("/deliveries/<delivery_id>/retry")
@operation(media={}, status=204, errors=(404,), scope="write")
def sent_again(delivery_id: str) -> Response:
    """Send an event again that was given up."""
    retry_delivery(delivery_id)
    return Response(status=204)


@analyses.post("/analyses/<job_id>/keep")
@operation(answer=JobAnswer, status=202, errors=(404, 409), scope="write")
def kept(job_id: str) -> Response:
    """Add the audio that was sent to the library: it is copied into ``AUDIO_DIR``, and a job takes it in."""
    job = keep_upload(context.settings(), find_job(job_id, KIND), owner=context.owner())
    response = json_response(job.to_json(), 202)
    response.location = url_for("jobs.one", job_id=job.id)
    return response


def uploaded_files(most: int) -> list[FileStorage]:
    """Return the files of the form that was sent."""
    if request.mimetype != "multipart/form-data":
        abort(415, f"The body must be a form with a file: curl -F {FILE}=@song.mp3")
    # The whole form is kept on the disk of the server's temporary files before any of it is looked at.
    request.max_content_length = largest_upload(context.settings(), most)
    files = request.files.getlist(FILE)
    if not files:
        raise ArgumentsError({FILE: "Field required"})
    if len(files) > most:
        raise ArgumentsError({FILE: f"At most {most} at once"})
    return files


def largest_upload(settings: Settings, files: int = MAX_FILES) -> int:
    """Return how many bytes a form with so many files may have."""
    return (settings.UPLOAD_MAX_MB * min(files, MAX_SIZES) + 1) * 2**20


def _find_own(job_id: str) -> None:
    """Refuse what is not there, or is not for whoever asks to change."""
    job = find_job(job_id, KIND)
    if context.seen_owner() not in (None, job.owner):
        raise NotFoundError(f"There is no {KIND} {job_id!r} of this token.")


def _key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= MAX_KEY:
        raise InputError(f"An Idempotency-Key has 1 to {MAX_KEY} characters.")
    return key


def _wait(job: JobFacts, seconds: float) -> JobFacts:
    """Wait for the end of a job, if not too many others wait."""
    if not seconds or job.has_ended:
        return job
    deadline = time.monotonic() + seconds
    with holding.place() as is_free:
        while is_free and not job.has_ended and time.monotonic() < deadline and not holding.leaving.is_set():
            db.session.rollback()  # no transaction stays open meanwhile
            holding.leaving.wait(LOOK_SECONDS)
            job = find_job(job.id)
    return job


def _describe(job: JobFacts) -> dict[str, Any]:
    return {
        **_told(job),
        "result": found_by(job) if job.state == "finished" else None,
        "library_track": library_track_of(job),
    }


def _told(job: JobFacts) -> dict[str, Any]:
    """Return what is told of an analysis, with an address of its sound."""
    told = describe_analysis(job)
    return told if told["audio"] is None else {**told, "audio": below_root(told["audio"])}


def _answer(job: JobFacts) -> Response:
    response = json_response(_describe(job), 200 if job.has_ended else 202)
    response.location = url_for("analyses.one", job_id=job.id)
    return response
