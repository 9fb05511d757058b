"""Jobs: everything long that was asked for, and how far it has come."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, current_app, url_for

from app.errors import OverloadedError
from app.models import db
from app.queries.jobs import find_job, job_lines, list_jobs
from app.services import library_jobs
from app.services.jobs import control
from app.web import context, holding
from app.web.api.operation import operation
from app.web.api.schemas.jobs import (
    JobAnswer,
    JobLogAnswer,
    JobsAnswer,
    JobsArguments,
    LogArguments,
    NewJobArguments,
)
from app.web.responses import json_response

jobs = Blueprint("jobs", __name__, url_prefix="/api/v1/jobs")

SHOWN = 100
LOOK_SECONDS = 0.5
# Each stream holds a thread of the server. A page that is refused asks from time to time instead.
STREAMS = 3
STREAM_SECONDS = 60.0
QUIET_SECONDS = 2.0
_streams = threading.BoundedSemaphore(STREAMS)


@jobs.get("")
@operation(query=JobsArguments, answer=JobsAnswer, errors=(404,), anonymous=False)
def listed(arguments: JobsArguments) -> Response:
    """List the jobs, the newest first, page by page; those of others only with the scope ``write``."""
    total, found = list_jobs(
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
            "jobs": [job.to_json() for job in page],
        }
    )


@jobs.post("")
@operation(body=NewJobArguments, answer=JobAnswer, status=202, scope="write")
def started(body: NewJobArguments) -> Response:
    """Have the library processed, or maps computed, as the commands do."""
    wanted: dict[str, Any] = {"retry_failed": body.retry_failed}
    if body.kind == "reduce":
        wanted = {"networks": body.networks, "projections": body.projections}
    job = library_jobs.ask(context.settings(), body.kind, wanted, owner=context.owner())
    response = json_response(job.to_json(), 202)
    response.location = url_for("jobs.one", job_id=job.id)
    return response


@jobs.get("/<job_id>")
@operation(answer=JobAnswer, errors=(404,), anonymous=False)
def one(job_id: str) -> Response:
    """Tell how far a job has come."""
    return json_response(find_job(job_id).to_json())


@jobs.get("/<job_id>/log")
@operation(query=LogArguments, answer=JobLogAnswer, errors=(404,), anonymous=False)
def log(job_id: str, arguments: LogArguments) -> Response:
    """Tell what a job has said, such as files that could not be read."""
    find_job(job_id)
    lines = [
        {"number": line.id, "at": datetime.fromtimestamp(line.at, UTC).isoformat(), "text": line.text}
        for line in job_lines(job_id, arguments.after)
    ]
    return json_response({"lines": lines})


@jobs.post("/<job_id>/cancel")
@operation(answer=JobAnswer, status=202, errors=(404, 409), scope="write")
def cancelled(job_id: str) -> Response:
    """Cancel a job that waits or runs."""
    return json_response(control.cancel(context.settings(), job_id).to_json(), 202)


@jobs.post("/<job_id>/retry")
@operation(answer=JobAnswer, status=202, errors=(404, 409), scope="write")
def retried(job_id: str) -> Response:
    """Run a job again that failed or was cancelled."""
    return json_response(control.retry(context.settings(), job_id).to_json(), 202)


@jobs.delete("/<job_id>")
@operation(media={}, status=204, errors=(404, 409), scope="write")
def deleted(job_id: str) -> Response:
    """Delete a job that has ended, with its result and the audio that was sent for it."""
    control.forget(context.settings(), job_id)
    return Response(status=204)


@jobs.get("/events")
@operation(media={"text/event-stream": None}, anonymous=False)
def events() -> Response:
    """Tell the newest 100 jobs whenever one of them changes, as server-sent events.

    Each event ``jobs`` holds what ``/api/v1/jobs?limit=100`` tells. The stream ends after a minute; browsers
    open it again by themselves. With 503 too many streams are open: ask from time to time instead.
    """
    list_jobs(limit=1)  # says now, and not in the midst of the stream, if the database cannot be read
    if not _take_stream():
        raise OverloadedError(
            f"{STREAMS} programs are told of jobs already. Ask /api/v1/jobs from time to time."
        )
    owner = context.seen_owner()
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - for the stream

    def stream() -> Iterator[str]:
        told = None
        quiet_until = 0.0
        end = time.monotonic() + STREAM_SECONDS
        while time.monotonic() < end and not holding.leaving.is_set():
            with app.app_context():
                total, found = list_jobs(owner=owner, limit=SHOWN)
                body = {"total": total, "next": None, "jobs": [job.to_json() for job in found]}
                db.session.rollback()
            text = json.dumps(body, separators=(",", ":"))
            if text != told:
                yield f"event: jobs\ndata: {text}\n\n"
                told, quiet_until = text, time.monotonic() + QUIET_SECONDS
            elif time.monotonic() > quiet_until:
                yield ": still here\n\n"  # tells whether anybody listens
                quiet_until = time.monotonic() + QUIET_SECONDS
            holding.leaving.wait(LOOK_SECONDS)

    response = Response(stream(), mimetype="text/event-stream")
    response.call_on_close(_leave_stream)
    response.cache_control.no_store = True
    response.headers["X-Accel-Buffering"] = "no"
    return response


def _take_stream() -> bool:
    if not _streams.acquire(blocking=False):
        return False
    if holding.take():
        return True
    _streams.release()
    return False


def _leave_stream() -> None:
    holding.leave()
    _streams.release()
