"""Nothing that runs a network uses the processor if a card was requested."""

import io
import shutil
from pathlib import Path

import onnxruntime
import pytest
from flask import Flask

from app import create_app, current_settings
from app.models import db
from app.services.jobs import queue
from app.services.jobs.run import run_job
from cli import register
from tests.audio_files import write_tone

MESSAGE = "ONNX_PROVIDER = 'cuda' is not available"

pytestmark = pytest.mark.skipif(
    "CUDAExecutionProvider" in onnxruntime.get_available_providers(),
    reason="the ONNX Runtime here is built for CUDA",
)


def application(root: Path, **more: object) -> Flask:
    """An application with a library of its own."""
    app = create_app({"ROOT_DIR": root, "MODELS_DIR": root / "models", "WORKERS": 0, "JOBS": 1, **more})
    register(app)
    return app


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Path:
    """The root of a library with one tone and one network, computed on the processor."""
    root = tmp_path_factory.mktemp("library")
    for folder in ("models", "audio"):
        (root / folder).mkdir()
    for path in models_dir.glob("mtt-vgg.*"):
        (root / "models" / path.name).symlink_to(path)
    write_tone(root / "audio" / "tone.flac", 7.0)
    result = application(root).test_cli_runner().invoke(args=["process"])
    assert result.exit_code == 0, result.stderr
    return root


@pytest.fixture
def own_root(library: Path, tmp_path: Path) -> Path:
    """A copy of the library."""
    return Path(shutil.copytree(library, tmp_path / "library", symlinks=True))


@pytest.mark.parametrize(
    "command",
    [
        "extract-all --force",
        "extract-all --network mtt-vgg --force",
        "analyse {song}",
        "analyse --attribute tags {song}",
        "analyse --attribute embeddings --network mtt-vgg --json {song}",
        "analyse-file -f {song}",
        "analyse-file -b -g magnatagatune -f {song}",
    ],
)
def test_command_stops_before_its_work_when_there_is_no_card(own_root: Path, command: str) -> None:
    song = own_root / "audio" / "tone.flac"
    result = (
        application(own_root, ONNX_PROVIDER="cuda")
        .test_cli_runner()
        .invoke(args=command.format(song=song).split())
    )
    assert result.exit_code == 1
    assert MESSAGE in result.stderr
    assert [path.name for path in (own_root / "audio").iterdir()] == ["tone.flac"]


def test_process_stops_before_its_work_when_there_is_something_to_extract(own_root: Path) -> None:
    write_tone(own_root / "audio" / "another.flac", 5.0, frequency=330.0)
    result = application(own_root, ONNX_PROVIDER="cuda").test_cli_runner().invoke(args=["process"])
    assert result.exit_code == 1
    assert MESSAGE in result.stderr


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/analyses/attributes"),
        ("POST", "/api/v1/analyses?attributes=tags"),
        ("POST", "/api/v1/analyses/batch?attributes=tags"),
        ("POST", "/api/v1/tracks/1/analyses?attributes=tags"),
        ("POST", "/api/upload"),
        ("POST", "/api/v1/similar/upload?network=mtt-vgg&layer=embeddings"),
    ],
)
def test_route_reports_that_there_is_no_card(own_root: Path, method: str, path: str) -> None:
    content = (own_root / "audio" / "tone.flac").read_bytes()
    data = {"file": (io.BytesIO(content), "tone.flac")} if method == "POST" and "tracks" not in path else None
    client = application(own_root, ONNX_PROVIDER="cuda").test_client()
    response = client.open(path, method=method, data=data)
    assert response.status_code == 503
    assert response.json["error"]["code"] == "missing_extra"
    assert MESSAGE in response.json["error"]["message"]


def test_job_fails_when_its_worker_has_no_card(own_root: Path) -> None:
    content = (own_root / "audio" / "tone.flac").read_bytes()
    here = application(own_root)
    sent = here.test_client().post(
        "/api/v1/analyses?attributes=tags", data={"file": (io.BytesIO(content), "tone.flac")}
    )
    assert sent.status_code == 202
    with_card = application(own_root, ONNX_PROVIDER="cuda")
    with with_card.app_context():
        settings = current_settings(with_card)
        taken = queue.take_next(settings, "test")
        assert taken is not None
        run_job(with_card, settings, taken)
        db.session.remove()
    told = here.test_client().get(f"/api/v1/analyses/{sent.json['id']}").json
    assert told["state"] == "failed"
    assert MESSAGE in told["error"]
