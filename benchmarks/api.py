"""The API under load: lookups of similar segments, with and without filters, and columns of points.

Two gunicorn workers serve a synthetic library; the load comes over loopback from processes of their own,
each with one connection that is kept open and the next request as soon as the last one is answered. Share
the machine with as little as you can: server and load take all cores of a small one. Genres are clusters of
the synthetic library, so that for most seeds no near row has the genre asked for: the dear case of a filter.
Tempi are spread evenly. Recall is measured
through the API, too, against the true neighbours among the rows that pass the filter.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from bench import PROJECT_DIR, Report, arguments, fresh_process, note

# isort: split
import numpy as np
from sqlalchemy import text

from app import create_app
from app.graph import unit_rows
from app.models import db
from app.neighbours import BACKENDS, IndexOptions
from app.neighbours.knn import knn_graph
from app.store.files import file_sha256, manifest_path, write_json
from app.store.snapshots import SnapshotFiles, Space, index_path
from app.threads import available_cores
from tests.snapshot_factory import Spec, build_library, default_settings

NETWORK, LAYER, LEVEL = "mtt-musicnn", "embeddings", "segments"
SPACE = Space(NETWORK, LAYER, LEVEL)
SIMILAR = f"/api/v1/similar?network={NETWORK}&layer={LAYER}&k=10"
POINTS = f"/api/v1/points?network={NETWORK}&layer={LAYER}&level={LEVEL}&projection=pca&columns=position"
K = 10
SURFACE = 16  # dimensions that the embeddings really have
WORKERS, THREADS, CONNECTIONS = 2, 2, 2
RECALL_QUERIES = 200
BLOCK_ROWS = 100_000
BASELINE = "similar"


@dataclass(frozen=True)
class Case:
    """A kind of request.

    Attributes
    ----------
    query : str
        What is added to the address.
    tracks : str or None
        SQL of the tracks that may be found; None for all.
    truth : bool
        Whether the tracks that may be found are the same for every query, so that recall can be measured.
    """

    query: str
    tracks: str | None = None
    truth: bool = True


SIMILAR_CASES = {
    BASELINE: Case(""),
    "similar, a genre (12 %, elsewhere)": Case(
        "&genre=jazz",
        "SELECT track_id FROM track_tag JOIN tag ON tag.id = tag_id WHERE tag.name = 'jazz'",
    ),
    "similar, tempo (50 %)": Case("&bpm=60-120", "SELECT id FROM track WHERE bpm BETWEEN 60 AND 120"),
    "similar, tempo (1 %)": Case("&bpm=100-101", "SELECT id FROM track WHERE bpm BETWEEN 100 AND 101"),
    "similar, by other artists": Case("&exclude=artist", truth=False),
}


def main() -> None:
    """Build a library, serve it, load it."""
    parser = arguments(__doc__)
    parser.add_argument("--library", type=Path, metavar="DIR", help="keep the library there, or use that one")
    options = parser.parse_args()
    report = Report("API", options)
    with tempfile.TemporaryDirectory() as folder:
        root = options.library or Path(folder)
        n_tracks, n_segments = (200, 20_000) if options.quick else (10_000, 1_000_000)
        files = _library(root, n_tracks, n_segments)
        with _serving(root) as port:
            _measure(report, options, port, files, root)
    report.finish()


def _library(root: Path, n_tracks: int, n_segments: int) -> SnapshotFiles:
    spec = Spec(tracks=n_tracks, segments=n_segments, projections=("pca",), surface=SURFACE)
    files = SnapshotFiles(root / "aggrdata" / spec.key)
    path = index_path(root / "indexes", spec.key, SPACE)
    if not files.folder.exists():
        note(f"building a library of {n_tracks:,} tracks, {n_segments:,} segments")
        build_library(root, spec)
        with create_app(default_settings(root)).app_context():
            db.session.execute(text("UPDATE track SET bpm = 60 + (id * 7919) % 12000 / 100.0"))
            db.session.commit()
    if not manifest_path(path).exists():
        note("building its index")
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = BACKENDS.get("faiss-hnsw").build(
            files.vectors(SPACE), path, IndexOptions(threads=available_cores())
        )
        manifest = {"snapshot": files.key, "backend": "faiss-hnsw", "metric": "angular", "facts": facts}
        write_json(manifest_path(path), {**manifest, "sha256": file_sha256(path)})
    return files


@contextmanager
def _serving(root: Path) -> Iterator[int]:
    """Serve a library as the README says; yields the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(WORKERS), "--threads", str(THREADS), "--log-level", "warning"]
    environment = {**os.environ, "MUSIC_EXPLORE_ROOT_DIR": str(root), "PYTHONWARNINGS": "ignore"}
    server = subprocess.Popen(command, cwd=PROJECT_DIR, env=environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                urlopen(f"http://127.0.0.1:{port}/health", timeout=10).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait()


def _measure(
    report: Report, options: argparse.Namespace, port: int, files: SnapshotFiles, root: Path
) -> None:
    seconds = 2 if options.quick else 15
    addresses = {name: _addresses(files, case) for name, case in SIMILAR_CASES.items()}
    note("warming up")
    for some in addresses.values():
        _load(port, some, 2 if options.quick else 10)
    rows = {}
    for name, case in SIMILAR_CASES.items():
        note(name)
        rows[name] = _load(port, addresses[name], seconds)
        rows[name]["recall@10"] = _recall(port, addresses[name], files, case, root) if case.truth else None
    report.table(f"similar, {files.n_rows(SPACE):,} segments", rows, baseline=BASELINE, compare="p50 ms")
    with urlopen(f"http://127.0.0.1:{port}{POINTS}", timeout=600) as answer:
        etag, size = answer.headers["ETag"], len(answer.read())
    rows = {
        "304": _load(port, [POINTS], seconds, f"If-None-Match: {etag}\r\n"),
        "whole": {**_load(port, [POINTS], seconds), "MB": size / 1e6},
    }
    report.table(f"points, {files.n_rows(SPACE):,} segments", rows)


def _addresses(files: SnapshotFiles, case: Case, count: int = 2_000) -> list[str]:
    """Lookups of segments drawn at random."""
    offsets = files.offsets(NETWORK)
    rows = np.random.default_rng(7).integers(0, offsets[-1], count)
    tracks = np.searchsorted(offsets, rows, side="right") - 1
    ids = files.track_ids(NETWORK)[tracks]
    return [
        f"{SIMILAR}&track={track}&segment={segment}{case.query}"
        for track, segment in zip(ids.tolist(), (rows - offsets[tracks]).tolist(), strict=True)
    ]


def _load(port: int, addresses: Sequence[str], seconds: float, headers: str = "") -> dict[str, Any]:
    """Ask from several processes at once for some seconds."""
    parts = [addresses[number::CONNECTIONS] or addresses for number in range(CONNECTIONS)]
    with ProcessPoolExecutor(CONNECTIONS) as pool:
        start = time.perf_counter()
        asked = [pool.submit(_ask, port, part, seconds, headers) for part in parts]
        times = [one for answers in asked for one in answers.result()]
        wall = time.perf_counter() - start
    p50, p99 = 1000 * np.percentile(times, [50, 99])
    return {"requests/s": len(times) / wall, "p50 ms": float(p50), "p99 ms": float(p99)}


def _ask(port: int, addresses: Sequence[str], seconds: float, headers: str) -> list[float]:
    """Ask one after the other over one connection; return the seconds of each answer."""
    times = []
    deadline = time.perf_counter() + seconds
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number = 0
        while (start := time.perf_counter()) < deadline:
            _fetch(connection, addresses[number % len(addresses)], headers)
            times.append(time.perf_counter() - start)
            number += 1
    return times


def _fetch(connection: socket.socket, address: str, headers: str = "") -> bytes:
    """Send a request and return the body of the answer, which must be one that went well."""
    connection.sendall(f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode())
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65_536)
        if not more:
            raise ConnectionError(f"no answer to {address}")
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 304")):
        raise ConnectionError(f"{address}: {head.decode(errors='replace')}")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    parts, missing = [body], int(fields.get(b"content-length", 0)) - len(body)
    while missing > 0:
        parts.append(connection.recv(min(missing, 1 << 20)))
        missing -= len(parts[-1])
    return b"".join(parts)


def _recall(port: int, addresses: Sequence[str], files: SnapshotFiles, case: Case, root: Path) -> float:
    """Share of the 10 that are as near as the tenth true neighbour among the rows that pass."""
    addresses = addresses[:RECALL_QUERIES]
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        answers = [json.loads(_fetch(connection, address)) for address in addresses]
    queries = [answer["query"]["row"] for answer in answers]
    reach, _ = fresh_process(_reach, files.folder, queries, case, root)
    near = [
        sum(result["distance"] <= limit + 1e-5 for result in answer["results"])
        for answer, limit in zip(answers, reach, strict=True)
    ]
    return sum(near) / (K * len(answers))


def _reach(folder: Path, queries: list[int], case: Case, root: Path) -> list[float]:
    """Distance of the tenth true neighbour of each query, itself not counted."""
    files = SnapshotFiles(folder)
    vectors, offsets, ids = files.vectors(SPACE), files.offsets(NETWORK), files.track_ids(NETWORK)
    allowed = np.ones(len(ids), bool)
    if case.tracks:
        with create_app(default_settings(root)).app_context():
            allowed = np.isin(ids, list(db.session.scalars(text(case.tracks))))
    rows = np.flatnonzero(np.repeat(allowed, np.diff(offsets)))
    asked = unit_rows(vectors[queries])
    best = [
        knn_graph(vectors[rows[first : first + BLOCK_ROWS]], K + 1, queries=asked, threads=available_cores())
        for first in range(0, len(rows), BLOCK_ROWS)
    ]
    distances = np.sort(np.concatenate([part.distances for part in best], axis=1), axis=1)
    own = np.isin(queries, rows)
    return np.where(own, distances[:, K], distances[:, K - 1]).tolist()


if __name__ == "__main__":
    main()
