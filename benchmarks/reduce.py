"""Projections: time to compute, memory, trustworthiness, and how fast further rows are placed.

Each projection is computed in a process of its own from the shared neighbour graph; loading and compiling
its library happen before, on a few rows, and are shown apart. The baselines get the same vectors and do
everything by themselves: umap-learn and openTSNE as they come (seeded), and scikit-learn's PCA.

Projections run in one thread, as they do when several networks are reduced at once.

The larger size goes the way of segments: 50,000 rows are fitted, the others placed among them.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from bench import Report, arguments, fresh_process, note

# isort: split
import numpy as np
from embeddings import write_embeddings

from app.graph import KnnGraph, unit_rows
from app.neighbours.knn import knn_graph
from app.reducers import REDUCERS, ReducerOptions
from app.reducers.quality import quality
from app.threads import available_cores

GRAPH_K = 90
PLACED_K = 30
PLACED_AT_ONCE = 20_000
WARM_UP_ROWS = 300

R = TypeVar("R")


def main() -> None:
    """Measure every projection at two sizes; in the quick run at one, as each process compiles UMAP anew."""
    options = arguments(__doc__).parse_args()
    report = Report("Projections", options)
    with tempfile.TemporaryDirectory() as folder:
        _measure_whole(report, 1_000 if options.quick else 55_000, Path(folder))
        if not options.quick:
            _measure_ways_of_placing(report, 8_000, 4_000, Path(folder))
            _measure_placing(report, 1_000_000, 50_000, Path(folder))
    report.finish()


def _measure_whole(report: Report, n_rows: int, folder: Path) -> None:
    """Compute every projection of all rows."""
    path = folder / f"{n_rows}.npy"
    write_embeddings(path, n_rows)
    note("graph")
    measured, peak = fresh_process(_write_graph, path)
    rows = {"(neighbour graph)": {**measured, "peak MB": round(peak)}}
    baselines = {
        "scikit-learn PCA": _sklearn_pca,
        "umap-learn as it comes": _umap_as_it_comes,
        "openTSNE as it comes": _opentsne_as_it_comes,
    }
    for title, compute in baselines.items():
        note(title)
        rows[title] = _row(*fresh_process(_measure_baseline, compute, path))
    for reducer in REDUCERS.available():
        if reducer.default:
            note(reducer.name)
            rows[reducer.name] = _row(*fresh_process(_measure_fit, reducer.name, path))
    report.table(f"{n_rows:,} rows", rows, baseline="umap-learn as it comes", compare="CPU s")


def _row(measured: dict[str, Any], peak: float) -> dict[str, Any]:
    return {**measured, "peak MB": round(peak)}


def _write_graph(path: Path) -> dict[str, float]:
    vectors = np.load(path, mmap_mode="r")
    graph, measured = _fit_timed(lambda: knn_graph(vectors, GRAPH_K, threads=available_cores()))
    np.savez(path.with_suffix(".npz"), indices=graph.indices, distances=graph.distances)
    return measured


def _fit_timed(function: Callable[[], R]) -> tuple[R, dict[str, float]]:
    """Return the result, the seconds it took, and those that all processors together were at work."""
    start, start_of_work = time.perf_counter(), time.process_time()
    result = function()
    return result, {"fit s": time.perf_counter() - start, "CPU s": time.process_time() - start_of_work}


def _measure_fit(name: str, path: Path) -> dict[str, Any]:
    reducer = REDUCERS.get(name)
    options = ReducerOptions()
    vectors = np.load(path).astype(np.float32)
    stored = np.load(path.with_suffix(".npz"))
    graph = KnnGraph(stored["indices"], stored["distances"])
    loading = _seconds(
        lambda: reducer.fit(vectors[:WARM_UP_ROWS], knn_graph(vectors[:WARM_UP_ROWS], GRAPH_K), options)
    )
    fitted, measured = _fit_timed(lambda: reducer.fit(vectors, graph, options))
    return {"load s": loading, **measured, **_judged(vectors, fitted.coordinates)}


def _measure_baseline(compute: Callable[[np.ndarray], np.ndarray], path: Path) -> dict[str, Any]:
    vectors = np.load(path).astype(np.float32)
    loading = _seconds(lambda: compute(vectors[:WARM_UP_ROWS]))
    coordinates, measured = _fit_timed(lambda: compute(vectors))
    return {"load s": loading, **measured, **_judged(vectors, np.asarray(coordinates, np.float32))}


def _judged(vectors: np.ndarray, coordinates: np.ndarray) -> dict[str, float]:
    start = time.perf_counter()
    measures = quality(vectors, coordinates)
    return {
        "trustworthiness@10": measures["trustworthiness_10"],
        "kept@10": measures["preservation_10"],
        "kept@50": measures["preservation_50"],
        "judging s": time.perf_counter() - start,
    }


def _seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _sklearn_pca(vectors: np.ndarray) -> np.ndarray:
    from sklearn.decomposition import PCA

    return PCA(10, random_state=0).fit_transform(vectors)


def _umap_as_it_comes(vectors: np.ndarray) -> np.ndarray:
    import umap

    return umap.UMAP(metric="cosine", random_state=0, n_jobs=1).fit_transform(vectors)


def _opentsne_as_it_comes(vectors: np.ndarray) -> np.ndarray:
    import openTSNE

    return np.asarray(openTSNE.TSNE(metric="cosine", random_state=0).fit(unit_rows(vectors)))


def _measure_ways_of_placing(report: Report, n_fit: int, n_others: int, folder: Path) -> None:
    """Place rows by the libraries' own methods and by ours; the search for neighbours counts as well."""
    path = folder / "ways.npy"
    write_embeddings(path, n_fit + n_others)
    ways = {
        "t-SNE, placed by openTSNE": _placed_by_opentsne,
        "t-SNE, placed by neighbours": _placed_by_our_tsne,
        "UMAP, placed by umap-learn": _placed_by_umap,
        "UMAP, placed by neighbours": _placed_by_our_umap,
    }
    rows = {}
    for title, place in ways.items():
        note(title)
        rows[title] = fresh_process(_measure_way_of_placing, place, path, n_fit)[0]
    report.table(f"{n_others:,} rows placed among {n_fit:,}", rows)


def _measure_way_of_placing(
    place: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, float]], path: Path, n_fit: int
) -> dict[str, float]:
    vectors = np.load(path).astype(np.float32)
    place(vectors[:WARM_UP_ROWS], vectors[-WARM_UP_ROWS:])
    fitted, placed, seconds = place(vectors[:n_fit], vectors[n_fit:])
    judged = _judged(vectors, np.concatenate([fitted, placed]).astype(np.float32))
    judged.pop("judging s")
    return {"rows/s": len(placed) / seconds, **judged}


def _placed_by_our_tsne(vectors: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    return _placed_by_neighbours("tsne", vectors, others)


def _placed_by_our_umap(vectors: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    return _placed_by_neighbours("umap", vectors, others)


def _placed_by_neighbours(
    name: str, vectors: np.ndarray, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    options = ReducerOptions()
    fitted = REDUCERS.get(name).fit(vectors, knn_graph(vectors, GRAPH_K), options)
    start = time.perf_counter()
    near = knn_graph(vectors, PLACED_K, queries=others, threads=available_cores())
    placed = fitted.transform(others, near)
    return fitted.coordinates, placed, time.perf_counter() - start


def _placed_by_opentsne(vectors: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    import openTSNE

    fitted = openTSNE.TSNE(metric="cosine", random_state=0).fit(unit_rows(vectors))
    start = time.perf_counter()
    placed = fitted.transform(unit_rows(others))
    return np.asarray(fitted), np.asarray(placed), time.perf_counter() - start


def _placed_by_umap(vectors: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    import umap

    fitted = umap.UMAP(metric="cosine", random_state=0, n_jobs=1).fit(vectors)
    start = time.perf_counter()
    placed = fitted.transform(others)
    return fitted.embedding_, placed, time.perf_counter() - start


def _measure_placing(report: Report, n_rows: int, n_fit: int, folder: Path) -> None:
    """Fit some rows, place the others, judge the whole map."""
    path = folder / f"{n_rows}.npy"
    note(f"writing {n_rows:,} rows")
    write_embeddings(path, n_rows)
    note("graph and neighbours of the others")
    seconds, peak = fresh_process(_write_neighbours, path, n_fit)
    rows = {"(graph of the fitted)": {"seconds": seconds[0], "peak MB": round(peak)}}
    rows["(neighbours of the others)"] = {"seconds": seconds[1], "rows/s": (n_rows - n_fit) / seconds[1]}
    for reducer in REDUCERS.available():
        if reducer.default:
            note(reducer.name)
            rows[reducer.name] = _row(*fresh_process(_measure_place, reducer.name, path, n_fit))
    report.table(f"{n_rows:,} rows, {n_fit:,} of them fitted", rows)


def _write_neighbours(path: Path, n_fit: int) -> tuple[float, float]:
    vectors = np.load(path, mmap_mode="r")
    start = time.perf_counter()
    graph = knn_graph(vectors[:n_fit], GRAPH_K, threads=available_cores())
    middle = time.perf_counter()
    others = knn_graph(vectors[:n_fit], PLACED_K, queries=vectors[n_fit:], threads=available_cores())
    end = time.perf_counter()
    for kind, found in {"graph": graph, "others": others}.items():
        np.save(path.with_suffix(f".{kind}-indices.npy"), found.indices)
        np.save(path.with_suffix(f".{kind}-distances.npy"), found.distances)
    return middle - start, end - middle


def _read_graph(path: Path, kind: str) -> KnnGraph:
    arrays = (path.with_suffix(f".{kind}-{what}.npy") for what in ("indices", "distances"))
    return KnnGraph(*(np.load(array, mmap_mode="r") for array in arrays))


def _measure_place(name: str, path: Path, n_fit: int) -> dict[str, Any]:
    vectors = np.load(path, mmap_mode="r")
    graph, others = _read_graph(path, "graph"), _read_graph(path, "others")
    start = time.perf_counter()
    options = ReducerOptions()
    fitted = REDUCERS.get(name).fit(np.asarray(vectors[:n_fit], np.float32), graph, options)
    middle = time.perf_counter()
    parts = [fitted.coordinates]
    for first in range(0, len(others.indices), PLACED_AT_ONCE):
        block = slice(first, first + PLACED_AT_ONCE)
        near = KnnGraph(others.indices[block], others.distances[block])
        parts.append(fitted.transform(np.asarray(vectors[n_fit:][block], np.float32), near))
    end = time.perf_counter()
    return {
        "seconds": end - start,
        "fit s": middle - start,
        "place s": end - middle,
        "rows/s": (len(vectors) - n_fit) / (end - middle),
        **_judged(vectors, np.concatenate(parts)),
    }


if __name__ == "__main__":
    main()
