"""Neighbour indexes: time to build, size, time of a lookup, share of the true neighbours found.

Lookups ask for the 10 nearest of one row at a time, as the page does; recall is measured on 1,000 other
rows. Every index is built and asked in a process of its own, and the peak memory is that process's. All
lookups run in one thread. The baselines are scikit-learn's brute force and annoy with 50 trees at its own
search effort.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import Report, arguments, fresh_process, note

# isort: split
import numpy as np
from embeddings import write_embeddings
from threadpoolctl import threadpool_limits

from app.graph import unit_rows
from app.neighbours import BACKENDS, IndexOptions
from app.neighbours.knn import knn_graph
from app.threads import available_cores

K = 10
GRAPH_K = 90
N_QUERIES = 1000
TREES = 50


def main() -> None:
    """Measure every backend and the graph."""
    options = arguments(__doc__).parse_args()
    report = Report("Neighbours", options)
    with tempfile.TemporaryDirectory() as folder:
        for n_rows in (2_000, 8_000) if options.quick else (55_000, 1_000_000):
            _measure_size(report, n_rows, Path(folder))
    report.finish()


def _measure_size(report: Report, n_rows: int, folder: Path) -> None:
    """Build and ask every index of so many rows."""
    note(f"writing {n_rows:,} rows")
    rows_path, truth_path = folder / f"{n_rows}.npy", folder / f"{n_rows}.truth.npy"
    write_embeddings(rows_path, n_rows)
    fresh_process(_write_truth, rows_path, truth_path)
    names = [entry.name for entry in BACKENDS.available()]
    ways = {"scikit-learn brute force": _brute_force}
    if "annoy" in names:
        ways[f"annoy, {TREES} trees as it comes"] = _annoy_as_it_comes
    rows = {}
    for title, way in ways.items():
        note(title)
        rows[title] = _cells(*fresh_process(_measure_way, way, rows_path, truth_path))
    for name in names:
        note(name)
        rows[name] = _cells(*fresh_process(_measure_backend, name, rows_path, truth_path))
    report.table(
        f"{n_rows:,} rows, lookups", rows, baseline="scikit-learn brute force", compare="lookup p50 ms"
    )
    if n_rows <= 55_000:
        _measure_graph(report, n_rows, rows_path)


def _cells(measured: dict[str, Any], peak: float) -> dict[str, Any]:
    return {**measured, "peak MB": round(peak)}


def _write_truth(rows_path: Path, truth_path: Path) -> None:
    rows = np.load(rows_path, mmap_mode="r")
    np.save(truth_path, knn_graph(rows, K, queries=_queries_of(rows), threads=available_cores()).distances)


def _queries_of(rows: np.ndarray) -> np.ndarray:
    """Rows near those of the index, but none of them."""
    rng = np.random.default_rng(1)
    chosen = np.asarray(rows[np.sort(rng.choice(len(rows), N_QUERIES, replace=False))], np.float32)
    return chosen + 0.05 * rng.standard_normal(chosen.shape, dtype=np.float32)


def _measure_backend(name: str, rows_path: Path, truth_path: Path) -> dict[str, Any]:
    backend = BACKENDS.get(name)
    rows = np.load(rows_path, mmap_mode="r")
    path = rows_path.with_suffix(f".{name}")
    options = IndexOptions(trees=TREES, threads=available_cores())
    facts = backend.build(rows, path, options)
    start = time.perf_counter()
    index = backend.open(path, facts)
    opening = time.perf_counter() - start
    measured = _measure_lookups(lambda query: index.search(query, K).indices[0], rows, truth_path)
    efforts = {"ef_search": "ef {}", "search_k": "search_k {}"}
    effort = [text.format(facts[key]) for key, text in efforts.items() if key in facts]
    return {
        "build s": facts["seconds"],
        "file MB": facts["bytes"] / 1e6,
        "open ms": 1000 * opening,
        **measured,
        "effort": ", ".join(effort) or None,
    }


def _measure_way(way: Callable[..., Any], rows_path: Path, truth_path: Path) -> dict[str, Any]:
    rows = np.load(rows_path, mmap_mode="r")
    start = time.perf_counter()
    search = way(rows)
    building = time.perf_counter() - start
    return {
        "build s": building,
        "file MB": None,
        "open ms": None,
        **_measure_lookups(search, rows, truth_path),
        "effort": None,
    }


def _brute_force(rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    from sklearn.neighbors import NearestNeighbors

    threadpool_limits(1)  # stays for the rest of this process
    index = NearestNeighbors(n_neighbors=K, algorithm="brute").fit(unit_rows(rows))
    return lambda query: index.kneighbors(unit_rows(query))[1][0]


def _annoy_as_it_comes(rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    from annoy import AnnoyIndex

    index = AnnoyIndex(rows.shape[1], "angular")
    for at, row in enumerate(rows):
        index.add_item(at, row)
    index.build(TREES, available_cores())
    return lambda query: np.array(index.get_nns_by_vector(query[0], K))


def _measure_lookups(
    search: Callable[[np.ndarray], np.ndarray], rows: np.ndarray, truth_path: Path
) -> dict[str, Any]:
    """Ask one by one for up to 10 seconds; recall is the share found that is as near as the tenth."""
    queries, reach = _queries_of(rows), np.load(truth_path)[:, -1]
    search(queries[:1])
    seconds, hits = [], []
    deadline = time.perf_counter() + 10
    for at in range(len(queries)):
        start = time.perf_counter()
        found = search(queries[at : at + 1])
        seconds.append(time.perf_counter() - start)
        distances = 1 - unit_rows(rows[found]) @ unit_rows(queries[at : at + 1])[0]
        hits.append(np.mean(distances <= reach[at] + 1e-5))
        if time.perf_counter() > deadline:
            break
    p50, p99 = 1000 * np.percentile(seconds, [50, 99])
    return {"lookup p50 ms": float(p50), "p99 ms": float(p99), "recall@10": float(np.mean(hits))}


def _measure_graph(report: Report, n_rows: int, rows_path: Path) -> None:
    """Compute the graph of all rows with 90 neighbours of each."""
    cores = available_cores()
    ways = {
        "scikit-learn brute force, 1 thread": (_graph_by_brute_force, 1),
        "knn_graph, 1 thread": (_graph, 1),
        f"knn_graph, {cores} threads": (_graph, cores),
    }
    rows = {}
    for title, (way, threads) in ways.items():
        note(f"graph: {title}")
        rows[title] = _cells(*fresh_process(way, rows_path, threads))
    report.table(
        f"{n_rows:,} rows, graph of {GRAPH_K} neighbours",
        rows,
        baseline="scikit-learn brute force, 1 thread",
        compare="CPU s",
    )


def _graph(rows_path: Path, threads: int) -> dict[str, float]:
    rows = np.load(rows_path, mmap_mode="r")
    return _wall_and_work(lambda: knn_graph(rows, GRAPH_K, threads=threads))


def _graph_by_brute_force(rows_path: Path, threads: int) -> dict[str, float]:
    from sklearn.neighbors import NearestNeighbors

    rows = unit_rows(np.load(rows_path, mmap_mode="r"))
    with threadpool_limits(threads):
        return _wall_and_work(
            lambda: NearestNeighbors(n_neighbors=GRAPH_K, algorithm="brute").fit(rows).kneighbors()
        )


def _wall_and_work(function: Callable[[], Any]) -> dict[str, float]:
    """Return the seconds it takes, and those that all processors together are at work."""
    start, start_of_work = time.perf_counter(), time.process_time()
    function()
    return {"seconds": time.perf_counter() - start, "CPU s": time.process_time() - start_of_work}


if __name__ == "__main__":
    main()
