"""Figures for Prometheus: requests by route and status, and the library.

They count for the process that answers. With several worker processes each scrape meets one of them; run one
process with threads, as ``make serve`` does, or scrape each on an address of its own.
"""

import time
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError

from app.errors import MusicExploreError
from app.queries.catalogue import published
from app.queries.damage import known_damage
from app.queries.jobs import count_by_state, oldest_waiting_seconds
from app.store.progress import read_progress
from app.web import context
from app.web.api.operation import operation

metrics = Blueprint("metrics", __name__)

LABELS = ("method", "route", "status")
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
OTHER = "other"
SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


def init_app(app: Flask) -> None:
    """Count the requests of an application, and tell the figures at ``/metrics``."""
    registry = CollectorRegistry()
    count = Counter("music_explore_requests", "Requests that were answered.", LABELS, registry=registry)
    seconds = Histogram(
        "music_explore_request_seconds",
        "Time until the answer began.",
        LABELS,
        buckets=SECONDS,
        registry=registry,
    )
    registry.register(_Library())
    registry.register(_Jobs())
    app.extensions["metrics"] = registry

    def measure(response: Response) -> Response:
        labels = (
            request.method if request.method in METHODS else OTHER,
            request.url_rule.rule if request.url_rule else OTHER,
            str(response.status_code),
        )
        count.labels(*labels).inc()
        seconds.labels(*labels).observe(time.perf_counter() - g.started)
        return response

    app.after_request(measure)
    app.register_blueprint(metrics)


@metrics.get("/metrics")
@operation(media={"text/plain": None}, anonymous=False)
def figures() -> Response:
    """Tell figures for Prometheus. From other machines only with a token."""
    return Response(generate_latest(current_app.extensions["metrics"]), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Library(Collector):
    """What is published, and whether a run is at work."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        settings = context.settings()
        try:
            found = published(settings)
        except (MusicExploreError, DBAPIError):
            yield _gauge("library_readable", "Whether the library can be read.", 0)
            return
        yield _gauge("library_readable", "Whether the library can be read.", 1)
        yield _gauge("damaged_files", "Files that are out of service.", len(known_damage(settings)))
        yield _gauge("tracks", "Tracks of the published snapshot.", found.n_tracks if found else 0)
        yield _gauge("segments", "Segments of the published snapshot.", found.n_segments if found else 0)
        is_running = read_progress(settings.ROOT_DIR) is not None
        yield _gauge("running", "Whether a run is at work on the library.", int(is_running))


class _Jobs(Collector):
    """How many jobs wait and run, and how long the next one waits."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            counts = count_by_state()
            waiting = oldest_waiting_seconds()
        except DBAPIError:
            return
        yield _gauge("jobs_queued", "Jobs that wait.", counts.get("queued", 0))
        yield _gauge("jobs_running", "Jobs that workers are at.", counts.get("running", 0))
        yield _gauge("jobs_waiting_seconds", "How long the oldest job waits that may run.", waiting)


def _gauge(name: str, means: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"music_explore_{name}", means, value=value)
