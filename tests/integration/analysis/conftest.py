"""The tagging service over HTTP, and a worker that the test lets work when it likes."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.models import db
from app.services.jobs import queue
from app.services.jobs.run import run_job
from app.settings import Settings
from tests.audio_files import write_tone


@pytest.fixture
def settings_overrides(models_dir) -> dict[str, Any]:
    """With the real networks."""
    return {"MODELS_DIR": models_dir, "UPLOAD_MAX_SECONDS": 60, "UPLOAD_MAX_MB": 2}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser on this machine."""
    return app.test_client()


@pytest.fixture
def work(app: Flask, settings: Settings) -> Callable[[], int]:
    """Do all jobs that wait, as a worker does; returns how many."""

    def work_off() -> int:
        done = 0
        while (taken := queue.take_next(settings, "test")) is not None:
            run_job(app, settings, taken)
            done += 1
        db.session.remove()
        return done

    return work_off


@pytest.fixture(scope="session")
def tone(tmp_path_factory) -> bytes:
    """Seven seconds of a tone, as FLAC."""
    return write_tone(tmp_path_factory.mktemp("tone") / "tone.flac", 7.0).read_bytes()


@pytest.fixture
def send(client: FlaskClient) -> Callable[..., Any]:
    """Send a file."""

    def post(
        content: bytes, query: str = "attributes=tags", name: str = "a tone.flac", **headers: str
    ) -> Any:
        data = {"file": (io.BytesIO(content), name)}
        response = client.post(f"/api/v1/analyses?{query}", data=data, headers=headers)
        response.request.environ["wsgi.input"].close()
        return response

    return post
