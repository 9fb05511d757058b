"""The tagging service with both runners: analyses per minute, time to the result, overhead of the queue.

Embedded workers over SQLite, and Celery over a Redis and a PostgreSQL of its own, started from the system's
packages. The baseline is the same analysis called directly, in one process, without any service.
"""

import contextlib
import io
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import requests
import soundfile
from bench import PROJECT_DIR, Report, arguments, note

from app.analyses import Analyser, Wanted, availability
from app.demo.library import plan, render_clip
from app.networks.engines import choose_engine
from app.settings import read_settings
from tests.servers import PostgreSql, Redis

WORKERS = 2
PATIENCE = 600.0
MODELS_DIR = read_settings({}).MODELS_DIR


def main() -> None:
    """Measure all and print it."""
    options = arguments(__doc__).parse_args()
    report = Report("Tagging service", options)
    seconds, files, repeats = (20, 4, 2) if options.quick else (180, 12, 3)
    with tempfile.TemporaryDirectory(prefix="music-explore-bench-") as name:
        folder = Path(name)
        sounds = write_sounds(folder, seconds, 1 + 2 * (repeats + files))
        rows = {"direct call": measure_directly(sounds[:files], repeats)}
        for runner in runners():
            note(f"{runner} ...")
            with serving(runner, folder / runner) as address:
                rows[runner] = measure_service(address, sounds, files, repeats)
            sounds = sounds[repeats + files :] + sounds[: repeats + files]
        report.table(
            f"{seconds} s of music", rows, baseline="direct call", compare="analyses/min", more_is_better=True
        )
    report.finish()


def write_sounds(folder: Path, seconds: int, number: int) -> list[bytes]:
    """Return different pieces of music as FLAC, longer than those of the demo library by repetition."""
    clip = plan(1)[0]
    render_clip(folder, clip, 30.0)
    samples, rate = soundfile.read(folder / clip.path, dtype="float32")
    long = np.resize(samples, (seconds * rate, *samples.shape[1:]))
    found = []
    for seed in range(number):
        noise = np.random.default_rng(seed).standard_normal(long.shape).astype(np.float32)
        file = io.BytesIO()
        soundfile.write(file, (0.8 * long + 1e-3 * noise).clip(-1, 1), rate, format="FLAC")
        found.append(file.getvalue())
    return found


def measure_directly(sounds: list[bytes], repeats: int) -> dict[str, Any]:
    """Analyse one file after the other in this process."""
    engine = choose_engine("auto")
    able = availability(MODELS_DIR, engine)
    wanted = Wanted(tuple(name for name, reason in able.items() if reason is None and name != "embeddings"))
    note(f"Analyses: {', '.join(wanted.names)}")
    analyser = Analyser(MODELS_DIR, engine)
    times = []
    with tempfile.NamedTemporaryFile(suffix=".flac") as file:
        for sound in [sounds[0], *sounds[:repeats]]:
            file.seek(0)
            file.write(sound)
            file.flush()
            start = time.perf_counter()
            analyser.analyse(Path(file.name), wanted)
            times.append(time.perf_counter() - start)
    typical = statistics.median(times[1:])
    return {
        "time to result s": times[1:],
        "analyses/min": 60 / typical,
        "overhead ms": None,
        "overhead p95 ms": None,
    }


def measure_service(address: str, sounds: list[bytes], files: int, repeats: int) -> dict[str, Any]:
    """Ask a running service."""
    for _ in range(2):  # each worker loads what it needs once
        with ThreadPoolExecutor(WORKERS) as threads:
            list(threads.map(lambda sound: finished(address, send(address, sound)), sounds[:1]))
    alone = [timed_result(address, sound) for sound in sounds[1 : 1 + repeats]]
    start = time.perf_counter()
    with ThreadPoolExecutor(files) as threads:
        ids = list(threads.map(lambda sound: send(address, sound), sounds[1 + repeats : 1 + repeats + files]))
    for job_id in ids:
        finished(address, job_id)
    together = time.perf_counter() - start
    known = [in_queue(finished(address, send(address, sounds[0]))) for _ in range(40)]
    return {
        "time to result s": alone,
        "analyses/min": 60 * files / together,
        "overhead ms": 1000 * statistics.median(known),
        "overhead p95 ms": 1000 * float(np.percentile(known, 95)),
    }


def send(address: str, sound: bytes) -> str:
    """Send audio; return the id of its analysis."""
    response = requests.post(
        f"{address}/api/v1/analyses", files={"file": ("music.flac", sound)}, timeout=PATIENCE
    )
    response.raise_for_status()
    return str(response.json()["id"])


def finished(address: str, job_id: str) -> dict[str, Any]:
    """Wait for the end of an analysis."""
    while True:
        told = requests.get(f"{address}/api/v1/analyses/{job_id}?wait=30", timeout=PATIENCE).json()
        if told["state"] not in ("queued", "running"):
            if told["state"] != "finished":
                raise RuntimeError(told["error"])
            return dict(told)


def timed_result(address: str, sound: bytes) -> float:
    """Return the seconds from sending a file to having its result."""
    start = time.perf_counter()
    finished(address, send(address, sound))
    return time.perf_counter() - start


def in_queue(told: dict[str, Any]) -> float:
    """Return the seconds from the row of a job to its end; of known audio this is the overhead alone."""
    created, ended = (datetime.fromisoformat(told[name]) for name in ("created_at", "finished_at"))
    return (ended - created).total_seconds()


def runners() -> list[str]:
    """Return the runners that can be measured here."""
    found = ["embedded"]
    if shutil.which("redis-server") and sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl")):
        found.append("celery")
    else:
        note("Celery is left out: redis-server or postgresql is not installed.")
    return found


@contextlib.contextmanager
def serving(runner: str, root: Path) -> Iterator[str]:
    """Serve an empty library with two workers; yields the address."""
    with contextlib.ExitStack() as stack:
        settings = {
            "ROOT_DIR": str(root),
            "MODELS_DIR": str(MODELS_DIR),
            "RUNNER": runner,
            "WORKERS": str(WORKERS),
        }
        if runner == "celery":
            settings |= stack.enter_context(servers())
        own = {name: value for name, value in os.environ.items() if not name.startswith("MUSIC_EXPLORE_")}
        own |= {f"MUSIC_EXPLORE_{name}": value for name, value in settings.items()}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            bind = f"127.0.0.1:{probe.getsockname()[1]}"
        flask = [sys.executable, "-m", "flask"]
        subprocess.run([*flask, "init-db"], cwd=PROJECT_DIR, env=own, check=True, stdout=subprocess.DEVNULL)
        gunicorn = [
            sys.executable,
            "-m",
            "gunicorn",
            "--bind",
            bind,
            "--threads",
            "8",
            "--no-control-socket",
            "wsgi:app",
        ]
        commands = [gunicorn]
        if runner == "celery":
            commands.append([*flask, "worker", "--concurrency", str(WORKERS)])
        for command in commands:
            process = subprocess.Popen(command, cwd=PROJECT_DIR, env=own, stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.terminate)
        address = f"http://{bind}"
        wait_for(address)
        yield address


@contextlib.contextmanager
def servers() -> Iterator[dict[str, str]]:
    """Start a PostgreSQL and a Redis; yields the settings that lead to them."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    redis = Redis(str(shutil.which("redis-server")), folder)
    postgresql = PostgreSql(programs[-1].parent, folder)
    postgresql.start()
    redis.start()
    try:
        with postgresql.database() as database:
            yield {"SQLALCHEMY_DATABASE_URI": database, "CELERY_BROKER_URL": redis.address}
    finally:
        redis.stop()
        postgresql.stop()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(address: str) -> None:
    """Wait until a server answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.ConnectionError):
            if requests.get(f"{address}/readyz", timeout=10).ok:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{address} does not answer.")


if __name__ == "__main__":
    main()
