"""The server as users start it, with workers of its own: many at once, full disks, sudden ends."""

import contextlib
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
import requests

from app.settings import PROJECT_DIR
from tests.clips import write_clip

PATIENCE = 120.0
UPLOADS = 100


class Server:
    """Gunicorn over a library of its own."""

    def __init__(self, root: Path, **settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        own = {name: value for name, value in os.environ.items() if not name.startswith("MUSIC_EXPLORE_")}
        settings = {"ROOT_DIR": str(root), "JOB_LEASE_SECONDS": "2", **settings}
        own |= {f"MUSIC_EXPLORE_{name}": value for name, value in settings.items()}
        subprocess.run([sys.executable, "-m", "flask", "init-db"], cwd=PROJECT_DIR, env=own, check=True)
        options = ["--bind", self.address.removeprefix("http://"), "--no-control-socket"]
        self._command = [sys.executable, "-m", "gunicorn", *options, "wsgi:app"]
        self._environment = own
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            self._command, cwd=PROJECT_DIR, env=self._environment, stderr=subprocess.DEVNULL
        )
        until(self.answers)

    def answers(self) -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"{self.address}/readyz", timeout=10).ok
        return False

    def workers(self) -> list[psutil.Process]:
        """The processes that do jobs."""
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if "cli.worker" in process.cmdline():
                    found.append(process)
        return found

    def send(self, content: bytes, query: str = "attributes=tags&network=mtt-musicnn") -> requests.Response:
        files = {"file": ("clip.wav", io.BytesIO(content))}
        return requests.post(f"{self.address}/api/v1/analyses?{query}", files=files, timeout=PATIENCE)

    def get(self, path: str) -> dict:
        return requests.get(f"{self.address}{path}", timeout=PATIENCE).json()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def until(condition, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def serve(tmp_path, models_dir):
    running = []

    def start(root: Path | None = None, **settings: str) -> Server:
        server = Server(root or tmp_path / "library", MODELS_DIR=str(models_dir), **settings)
        running.append(server)
        return server

    yield start
    for server in running:
        server.stop()


def clip(folder: Path, seed: int) -> bytes:
    return write_clip(folder / f"{seed}.wav", seed).read_bytes()


def test_nothing_is_lost_when_many_send_at_once(serve, tmp_path):
    server = serve(WORKERS="2")
    first = server.send(clip(tmp_path, 0), "attributes=tags&network=mtt-musicnn&wait=60").json()
    assert first["state"] == "finished"
    watched = [
        psutil.Process(server.process.pid),
        *psutil.Process(server.process.pid).children(recursive=True),
    ]
    before = sum(process.memory_info().rss for process in watched)
    clips = [clip(tmp_path, seed) for seed in range(1, UPLOADS + 1)]
    with ThreadPoolExecutor(UPLOADS) as threads:
        ids = [sent.json()["id"] for sent in threads.map(server.send, clips)]
    assert len(set(ids)) == UPLOADS
    until(lambda: server.get("/api/v1/analyses?state=finished&limit=1")["total"] == UPLOADS + 1)
    after = sum(process.memory_info().rss for process in watched if process.is_running())
    assert after - before < 200 * 2**20  # two workers load one network each; nothing grows with the uploads
    told = server.get(f"/api/v1/analyses/{ids[-1]}")
    assert (told["state"], told["tries"]) == ("finished", 1)


def test_client_of_matnn_is_served_when_it_asks_as_documented(serve, tmp_path):
    server = serve(WORKERS="1")
    flags = {"genre_discogs_effnet": "True", "bpm": "True", "key": "True", "classifiers": "True"}
    file = {"file": ("audio.mp3", io.BytesIO(clip(tmp_path, 5)), "audio/mpeg")}
    sent = requests.post(f"{server.address}/api/upload", files=file, data=flags, timeout=60).json()
    assert sent["status"] == "Successfully uploaded audio.mp3"
    status = f"{server.address}/api/status/{sent['id']}"
    until(lambda: requests.get(status, timeout=60).status_code == 200)
    told = server.get(f"/api/result/{sent['id']}")
    assert (told["completed"], len(told["result"]["genre"])) == (True, 3)


def test_workers_go_with_the_server_and_the_job_comes_back(serve, tmp_path):
    server = serve(WORKERS="1")
    until(lambda: len(server.workers()) == 1)
    [worker] = server.workers()
    worker.suspend()
    sent = server.send(clip(tmp_path, 1)).json()
    worker.send_signal(signal.SIGKILL)
    until(lambda: [other.pid for other in server.workers() if other.pid != worker.pid] != [])
    until(lambda: server.get(f"/api/v1/analyses/{sent['id']}")["state"] == "finished")
    [worker] = server.workers()
    children = psutil.Process(server.process.pid).children()
    server.process.kill()
    for child in children:  # gunicorn's own worker process
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    server.process.wait()
    until(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)
    server.start()
    assert (
        server.send(clip(tmp_path, 1), "attributes=tags&network=mtt-musicnn&wait=60").json()["state"]
        == "finished"
    )


def test_reason_is_told_and_nothing_left_when_the_disk_is_full(serve, small_disk, tmp_path):
    place, resize = small_disk
    server = serve(place / "library", WORKERS="1")
    resize(shutil.disk_usage(place).used // 1024 + 200)
    large = write_clip(tmp_path / "large.wav", 7, n_samples=400_000).read_bytes()
    refused = server.send(large)
    assert refused.status_code == 507
    assert "Free some space" in refused.json()["error"]["message"]
    assert list((place / "library" / "uploads").iterdir()) == []
    resize(64 * 1024)
    sent = server.send(large, "attributes=tags&network=mtt-musicnn&wait=60")
    assert sent.json()["state"] == "finished"


def test_jobs_are_told_as_they_change(serve, tmp_path):
    server = serve(WORKERS="1")
    with requests.get(f"{server.address}/api/v1/jobs/events", stream=True, timeout=PATIENCE) as stream:
        lines = stream.iter_lines(decode_unicode=True)
        sent = server.send(clip(tmp_path, 3)).json()
        for line in lines:
            if line.startswith("data: "):
                told = json.loads(line.removeprefix("data: "))
                if any(job["id"] == sent["id"] and job["state"] == "finished" for job in told["jobs"]):
                    break
    others = [requests.get(f"{server.address}/api/v1/jobs/events", stream=True, timeout=60) for _ in range(4)]
    assert max(stream.status_code for stream in others) == 503
    for stream in others:
        stream.close()
