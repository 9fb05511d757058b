"""A full or read-only disk: reading goes on, and what has to be stored is refused in words."""

import gc
import io
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.models import db
from app.services.tokens import create_token
from tests.small_disk import Resize, small_disk
from tests.snapshot_factory import Library, Spec, build_library

__all__ = ["small_disk"]

SPACE = "network=mtt-musicnn&layer=embeddings&level=segments"
READS = [
    "/readyz",
    "/",
    "/jobs",
    "/metrics",
    "/api/v1/status",
    "/api/v1/networks",
    "/api/v1/tracks",
    "/api/v1/jobs",
    "/api/v1/playlists",
    f"/api/v1/points?{SPACE}&columns=position,track&projection=umap",
    f"/api/v1/outliers?{SPACE}",
    f"/api/v1/similar?{SPACE}&track=3&segment=0",
    "/api/v1/tracks/3/waveform",
    "/audio/track/3",
]


@pytest.fixture
def library(small_disk: tuple[Path, Resize]) -> Library:
    """A library on a disk of its own."""
    return build_library(small_disk[0] / "library", Spec(tracks=12, segments=90), audio=True)


@pytest.fixture
def client(library: Library) -> Iterator[FlaskClient]:
    app = create_app(library.settings)
    yield app.test_client()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _fill(place: Path) -> Path:
    """Leave not a byte on a disk."""
    path = place / "filling"
    handle = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        for size in (2**16, 2**12):
            try:
                while os.write(handle, bytes(size)):
                    pass
            except OSError:
                continue
    finally:
        os.close(handle)
    return path


def _statuses(client: FlaskClient) -> dict[str, int]:
    found = {}
    for address in READS:
        with client.get(address) as answer:
            found[address] = answer.status_code
    return found


def _upload(client: FlaskClient, library: Library, address: str) -> tuple[int, str, str]:
    sound = next((library.root / "audio").rglob("*.wav")).read_bytes()
    answer = client.post(address, data={"file": (io.BytesIO(sound), "a.wav")})
    return answer.status_code, str((answer.json.get("error") or {}).get("code")), answer.text


@pytest.mark.parametrize("is_open", [True, False], ids=["while it serves", "before it starts"])
def test_reading_goes_on_when_the_disk_is_full(
    small_disk: tuple[Path, Resize], library: Library, client: FlaskClient, is_open: bool
) -> None:
    if is_open:
        assert client.get("/health").json["disk_full"] is False
    filling = _fill(small_disk[0])
    assert _statuses(client) == dict.fromkeys(READS, 200)
    health = client.get("/health")
    assert (health.status_code, health.json["status"], health.json["disk_full"]) == (200, "disk_full", True)
    for address in ("/api/v1/analyses", "/api/upload"):
        status, code, text = _upload(client, library, address)
        assert (status, code) == (507, "disk_full")
        assert str(small_disk[0]) not in text
    answer = client.post("/api/v1/playlists", json={"name": "mine"})
    assert answer.status_code in (503, 507)
    assert "full" in answer.json["error"]["message"]
    filling.unlink()
    assert client.get("/health").json["status"] == "ok"
    assert client.post("/api/v1/playlists", json={"name": "mine"}).status_code == 201
    assert [one["name"] for one in client.get("/api/v1/playlists").json["playlists"]] == ["mine"]
    assert _upload(client, library, "/api/v1/analyses")[1] != "disk_full"


def test_token_lets_read_when_its_use_cannot_be_noted(
    small_disk: tuple[Path, Resize], client: FlaskClient
) -> None:
    with client.application.app_context():
        token, _ = create_token("me", ["read"])
    _fill(small_disk[0])
    answer = client.get("/api/v1/status", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


def test_reading_goes_on_when_the_disk_is_read_only(
    small_disk: tuple[Path, Resize], library: Library
) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk[0]], check=True)
    app = create_app(library.settings)
    client = app.test_client()
    assert _statuses(client) == dict.fromkeys(READS, 200)
    assert client.get("/health").json["status"] == "ok"
    for address in ("/api/v1/analyses", "/api/upload"):
        status, code, text = _upload(client, library, address)
        assert (status, code) == (503, "storage")
        assert str(small_disk[0]) not in text
    answer = client.post("/api/v1/playlists", json={"name": "mine"})
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "database")
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_file_is_not_read_as_it_is_when_its_log_holds_more(library: Library, client: FlaskClient) -> None:
    """Of a file that somebody writes, the newest state is read, whatever the reader may write."""
    assert client.post("/api/v1/playlists", json={"name": "mine"}).status_code == 201
    assert (library.root / "db.sqlite-wal").stat().st_size > 0
    other = create_app(library.settings)
    assert len(other.test_client().get("/api/v1/playlists").json["playlists"]) == 1
    with other.app_context():
        db.engine.dispose()


# Werkzeug leaves a file of its own open then.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_upload_is_refused_when_there_is_no_room_for_temporary_files(
    small_disk: tuple[Path, Resize], own_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk[0]))
    _fill(small_disk[0])
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    body = head + bytes(2**20) + b"\r\n--x--\r\n"
    answer = own_client.post("/api/v1/analyses", data=body, content_type="multipart/form-data; boundary=x")
    assert (answer.status_code, answer.json["error"]["code"]) == (507, "disk_full")
    assert str(small_disk[0]) not in answer.text
    del answer
    gc.collect()
