"""Extraction: the four real networks over the same files, against the way that this project descends from.

The baseline is written here as that program worked: Essentia's MonoLoader at its default, the mel
spectrogram frame by frame, one TensorflowPredict per network over the whole file. Both sides load their
networks once and keep them; loading is not counted. Needs requirements-essentia.txt.
"""

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from bench import Report, arguments, fresh_process, note, peak_memory

from app.networks import NETWORKS
from app.settings import read_settings

REAL = ("msd-musicnn", "msd-vgg", "mtt-musicnn", "mtt-vgg")
MODELS_DIR = read_settings({}).MODELS_DIR

Extract = Callable[[Path], float]  # a file in, the CPU seconds within the networks out


def main() -> None:
    """Measure and print."""
    parser = arguments(__doc__)
    parser.add_argument("--files", type=int, help="number of files (default 4; quick 2)")
    parser.add_argument("--seconds", type=float, help="length of each (default 180; quick 15)")
    parser.add_argument("--repeats", type=int, help="runs of each way (default 3; quick 1)")
    options = parser.parse_args()
    n_files = options.files or (2 if options.quick else 4)
    seconds = options.seconds or (15.0 if options.quick else 180.0)
    repeats = options.repeats or (1 if options.quick else 3)
    report = Report("Extraction with four networks", options)
    with tempfile.TemporaryDirectory() as temporary:
        files = _render(Path(temporary), n_files, seconds)
        _compare(report, files, repeats)
        _lengths(report, Path(temporary), 300.0 if options.quick else 10_800.0)
    report.finish()


def _render(folder: Path, n_files: int, seconds: float) -> list[Path]:
    from app.demo.library import render_library

    note(f"Rendering {n_files} files of {seconds:.0f} s")
    return render_library(folder, clips=n_files, seconds=seconds)


def _compare(report: Report, files: list[Path], repeats: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    ways: dict[str, tuple[str, list[list[int]]]] = {
        "ancestor, one process, all cores": ("ancestor", [cores]),
        "ancestor, one process per core": ("ancestor", [[core] for core in cores]),
        "ancestor, one core": ("ancestor", [cores[:1]]),
        "ours, one core": ("ours", [cores[:1]]),
        "ours, one process per core": ("ours", [[core] for core in cores]),
    }
    runs: dict[str, list[_Run]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, (way, places) in ways.items():
            note(f"{name} ...")
            runs[name].append(_run(way, places, files))
    rows = {
        name: {
            "s/track": [run.wall / len(files) for run in done],
            "tracks/hour": [3600 * len(files) / run.wall for run in done],
            "CPU s/track": [run.cpu / len(files) for run in done],
            "% in networks": [100 * run.inside / run.cpu for run in done],
            "peak MB": [run.peak for run in done],
        }
        for name, done in runs.items()
    }
    for baseline in ("ancestor, one process, all cores", "ancestor, one process per core"):
        report.table(
            f"against {baseline}", rows, baseline=baseline, compare="tracks/hour", more_is_better=True
        )
    one, per_core = (rows[f"ours, {name}"]["s/track"] for name in ("one core", "one process per core"))
    report.figure(
        "scaling_all_cores_over_one", sorted(one)[len(one) // 2] / sorted(per_core)[len(per_core) // 2]
    )


class _Run:
    """Seconds and megabytes of one run over all files."""

    def __init__(self, wall: float, shares: list[tuple[float, float, float]]) -> None:
        self.wall = wall
        self.cpu = sum(share[0] for share in shares)
        self.inside = sum(share[1] for share in shares)
        self.peak = max(share[2] for share in shares)


def _run(way: str, places: list[list[int]], files: list[Path]) -> _Run:
    """Share the files out to one process per place, each bound to its cores."""
    context = multiprocessing.get_context("spawn")
    pools = [
        ProcessPoolExecutor(1, mp_context=context, initializer=_set_up, initargs=(way, p)) for p in places
    ]
    try:
        for warm in [pool.submit(_work, files[:1]) for pool in pools]:
            warm.result()
        start = time.perf_counter()
        shares = [pool.submit(_work, files[at :: len(pools)]) for at, pool in enumerate(pools)]
        results = [share.result() for share in shares]
        return _Run(time.perf_counter() - start, results)
    finally:
        for pool in pools:
            pool.shutdown()


# --- in the measured processes ---

_extract: Extract


def _set_up(way: str, cores: list[int]) -> None:
    global _extract  # noqa: PLW0603 - the one thing that a worker keeps
    os.sched_setaffinity(0, cores)
    _extract = _ancestor(len(cores)) if way == "ancestor" else _ours()


def _work(files: list[Path]) -> tuple[float, float, float]:
    before = _cpu_seconds()
    inside = sum(_extract(path) for path in files)
    return _cpu_seconds() - before, inside, peak_memory()


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _ours() -> Extract:
    from app.services.vectors import VectorExtractor

    extractor = VectorExtractor([NETWORKS.get(name) for name in REAL], MODELS_DIR, "onnx")
    spent = 0.0

    def timed(runner: Callable[..., object]) -> Callable[..., object]:
        def run(patches: object) -> object:
            nonlocal spent
            start = _cpu_seconds()
            result = runner(patches)
            spent += _cpu_seconds() - start
            return result

        return run

    extractor.runners = {name: timed(runner) for name, runner in extractor.runners.items()}  # type: ignore[misc]

    def extract(path: Path) -> float:
        before = spent
        extractor.extract(path)
        return spent - before

    return extract


def _ancestor(n_threads: int) -> Extract:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["OMP_NUM_THREADS"] = str(n_threads)
    import essentia
    import essentia.standard as es
    import numpy as np

    essentia.log.infoActive = False
    networks = [NETWORKS.get(name) for name in REAL]
    predictors = {
        network.name: es.TensorflowPredict(
            graphFilename=str(network.file_in(MODELS_DIR)),
            inputs=[network.input_node],
            outputs=[layer.node for layer in network.layers],
        )
        for network in networks
    }
    mel_of_frame = es.TensorflowInputMusiCNN()

    def extract(path: Path) -> float:
        audio = es.MonoLoader(filename=str(path), sampleRate=16000)()
        frames = es.FrameGenerator(audio, frameSize=512, hopSize=256)
        mel = np.array([mel_of_frame(frame) for frame in frames])
        n_patches = len(mel) // 187
        patches = mel[: n_patches * 187].reshape(n_patches, 1, 187, 96)
        start = _cpu_seconds()
        for network in networks:
            pool = essentia.Pool()
            pool.set(network.input_node, patches)
            answer = predictors[network.name](pool)
            for layer in network.layers:
                np.array(answer[layer.node])
        return _cpu_seconds() - start

    return extract


def _lengths(report: Report, folder: Path, longest: float) -> None:
    """Measure the memory of a worker over a short and a long file."""
    rows = {}
    for name, seconds in (("30 s", 30.0), (f"{longest / 60:.0f} min", longest)):
        path = folder / f"{seconds:.0f}.flac"
        note(f"Writing and extracting a file of {name}")
        _write_long(path, seconds)
        (), peak = fresh_process(_extract_one, path)
        rows[name] = {"peak MB": peak}
    report.table("memory of a worker by length of the file", rows)


def _write_long(path: Path, seconds: float) -> None:
    """Write noise that swells and fades, block by block."""
    import av
    import numpy as np

    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=16_000, layout="mono")
        for second in range(int(seconds)):
            loudness = 0.3 + 0.2 * np.sin(second / 7)
            block = (rng.standard_normal((1, 16_000)) * loudness * 3000).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate = 16_000
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _extract_one(path: Path) -> tuple[()]:
    from app.services.vectors import VectorExtractor

    VectorExtractor([NETWORKS.get(name) for name in REAL], MODELS_DIR, "onnx").extract(path)
    return ()


if __name__ == "__main__":
    if not all(NETWORKS.get(name).file_in(MODELS_DIR).exists() for name in REAL):
        sys.exit("Get the networks first: flask download-models")
    main()
