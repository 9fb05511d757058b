"""The tag service of matnn, under its addresses and in its shapes, for clients that were written for it."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request

from app.errors import InputError, NotFoundError
from app.queries.analyses import KIND, found_by
from app.queries.jobs import JobFacts, find_job
from app.services.analysis import Request, analyse_upload, list_attributes
from app.web import context
from app.web.api.analyses import FILE, uploaded_files
from app.web.api.operation import operation
from app.web.api.schemas.matnn import MatnnForm, MatnnResult, MatnnState, MatnnUpload
from app.web.responses import json_response

matnn = Blueprint("matnn", __name__, url_prefix="/api")

GENRES = ("genre_discogs_effnet", "genre_musicnn", "genre_magnatagatune")
FLAGS = ("bpm", "key", "classifiers", *GENRES)
OFF = frozenset({"", "0", "false", "no", "off", "none"})
LEVELS = ("approachability", "engagement")
NO_LEVEL = "Its classifier is not installed. Run: flask download-models --official"
SHOWN_GENRES = 3


@matnn.post("/upload")
@operation(upload=FILE, form=MatnnForm, answer=MatnnUpload, errors=(422,), scope="analyse")
def upload() -> Response:
    """Analyse an audio file, as matnn does.

    Form fields select the analyses, such as ``bpm=true``; without any, all of them run. Those that are not
    available here are skipped, and the result lists them with the reasons under ``missing``. If the network
    of a genre is not installed, another network is used, and ``genre_source`` names it.
    """
    [file] = uploaded_files(1)
    names, missing = _wanted()
    asked = Request(
        names=names,
        missing=missing,
        webhook_url=request.form.get("webhook_url") or None,
        owner=context.owner(),
    )
    job = analyse_upload(context.settings(), file.stream, file.filename or "", asked)
    words = f"Successfully uploaded {job.title}"
    return json_response({"id": job.id, "status": words, "detail": words})


@matnn.get("/status/<job_id>")
@operation(answer=MatnnState, also={202: MatnnState, 404: MatnnState, 410: MatnnState})
def status(job_id: str) -> Response:
    """Tell how far an analysis is: 202 as long as it is under way, 200 once it has ended, well or not."""
    return _state(job_id) or _tell(find_job(job_id, KIND), 200)


@matnn.get("/result/<job_id>")
@operation(answer=MatnnResult, also={202: MatnnState, 404: MatnnState, 410: MatnnState, 422: MatnnState})
def result(job_id: str) -> Response:
    """Tell what an analysis found; 422 if it failed."""
    early = _state(job_id)
    if early is not None:
        return early
    job = find_job(job_id, KIND)
    if job.state != "finished":
        return _tell(job, 422)
    return json_response(
        {
            "id": job.id,
            "audiofile": job.title,
            "started_at": _time(job.started_at),
            "completed_at": _time(job.finished_at),
            "completed": True,
            "result": _findings(found_by(job), job.arguments.get("missing", {})),
        }
    )


def _wanted() -> tuple[tuple[str, ...], dict[str, str]]:
    """Return the analyses that the flags of the form mean, and why others of them cannot run here."""
    reasons = {str(one["name"]): one["unavailable"] for one in list_attributes(context.settings())}
    flags = [flag for flag in FLAGS if request.form.get(flag, "").strip().lower() not in OFF]
    wanted = flags or ["bpm", "key", "classifiers", GENRES[0]]
    missing = {name: reason for name in wanted if (reason := reasons[name]) is not None}
    names = [name for name in wanted if name not in missing]
    genres = [name for name in wanted if name in GENRES]
    if genres and not set(genres) & set(names):
        names += [genre for genre in GENRES if reasons[genre] is None][:1]
    if not names:
        raise InputError(f"None of these is available on this server. {missing[wanted[0]]}")
    return tuple(names), missing


def _state(job_id: str) -> Response | None:
    """Return the answer where there is no result yet, or none any more."""
    try:
        job = find_job(job_id, KIND)
    except NotFoundError as error:
        return json_response({"id": job_id, "detail": str(error)}, 404)
    if job.state == "expired":
        return _tell(job, 410)
    return None if job.has_ended else _tell(job, 202)


def _tell(job: JobFacts, code: int) -> Response:
    words = {
        "queued": f"Waiting Job {job.id}",
        "running": f"Processing Job {job.id}",
        "finished": f"Successful Job {job.id}",
        "failed": f"Failed Job {job.id}: {job.error}",
        "cancelled": f"Cancelled Job {job.id}",
        "expired": f"Expired Job {job.id}: its result is not kept any more",
    }[job.state]
    told = {"id": job.id, "detail": words}
    times = {"started_at": job.started_at, "completed_at": job.finished_at}
    return json_response(told | {name: _time(time) for name, time in times.items() if time}, code)


def _findings(found: dict[str, Any], missing: dict[str, str]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    missing = dict(missing)
    for name in GENRES:
        if name in found and "genre" not in told:
            told["genre"] = [one["genre"] for one in found[name]["genres"][:SHOWN_GENRES]]
            told["genre_source"] = name
        elif name in found:
            source = told["genre_source"]
            missing[name] = f"A result has the genres of one analysis, here {source}. Request one at a time."
    if "bpm" in found:
        bpm = found["bpm"]["bpm"]
        told["bpm"] = None if bpm is None else f"{bpm:.1f}"
    if "key" in found:
        key = found["key"]
        told["key"] = None if key["key"] is None else f"{key['key']} {key['scale'].title()}"
    if "classifiers" in found:
        classes = {name: one["class"] for name, one in found["classifiers"].items()}
        told["classifiers"] = {name: classes.get(name) for name in LEVELS}
        missing |= {name: NO_LEVEL for name in LEVELS if name not in classes}
    elif "classifiers" in missing:
        told["classifiers"] = None
    return told | ({"missing": missing} if missing else {})


def _time(moment: datetime | None) -> str:
    return (moment or datetime.fromtimestamp(0, UTC)).strftime("%d-%m-%Y %H:%M:%S")
