"""What all benchmarks share: their arguments, their tables, their JSON.

A benchmark measures, hands its rows to a :class:`Report` and calls :meth:`Report.finish`::

    from bench import Report, arguments, fresh_process, timed   # first: finds the project's code

    def main() -> None:
        options = arguments(__doc__).parse_args()
        report = Report("Neighbour indexes", options)
        report.table(
            "55,000 × 200",                      # heading, and the first part of the figures' names
            {
                "annoy": {"build s": 3.2, "lookup ms": [0.84, 0.85, 0.91]},   # a list: its median
                "exact": {"build s": 0.0, "lookup ms": [0.66, 0.66, 0.70]},
            },
            baseline="annoy",                    # a row of the same run ...
            compare="lookup ms",                 # ... and the column whose ratio to it is shown
        )
        report.figure("files", 60)               # a figure that is in no table
        report.finish()

    if __name__ == "__main__":                   # needed: fresh_process imports this file again
        main()

The JSON file is one flat object. A table's cell is named ``<heading>.<row>.<column>``, each part in
lower case with every run of other characters as ``_``: ``55_000_200.annoy.lookup_ms``; the ratio's
column is called ``ratio``.
"""

import argparse
import json
import math
import multiprocessing
import os
import platform
import re
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

PROJECT_DIR = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT_DIR))

R = TypeVar("R")
Cell = float | str | Sequence[float] | None


def arguments(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the arguments that every benchmark takes; add your own to it."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="smaller sizes, under a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    return parser


def timed(function: Callable[[], R], repeats: int = 1) -> tuple[R, list[float]]:
    """Call ``function`` some times; return the last result and the seconds of each call."""
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - start)
    return result, seconds


def fresh_process(function: Callable[..., R], *values: Any) -> tuple[R, float]:
    """Call ``function(*values)`` in a new process; return its result and the peak memory in MB.

    The peak is the resident set of that process alone, pages of mapped files among them. Function,
    values and result must be picklable; the function is at the top level of its module.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_with_peak, function, values).result()


def _with_peak(function: Callable[..., R], values: tuple[Any, ...]) -> tuple[R, float]:
    result = function(*values)
    return result, peak_memory()


def peak_memory() -> float:
    """Return the largest resident set of this process so far, in MB; NaN where Linux does not tell."""
    status = Path("/proc/self/status")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else float("nan")


def note(message: str) -> None:
    """Say on stderr what is under way."""
    print(message, file=sys.stderr, flush=True)


class Report:
    """The figures of one run: printed as tables, kept for the JSON file.

    Parameters
    ----------
    title : str
        What is measured.
    options : argparse.Namespace
        As :func:`arguments` parsed them.
    """

    def __init__(self, title: str, options: argparse.Namespace) -> None:
        self._json: Path | None = options.json
        self._figures: dict[str, float] = {}
        print(f"{title}{' (quick)' if options.quick else ''}")
        print(machine())

    def table(
        self,
        heading: str,
        rows: Mapping[str, Mapping[str, Cell]],
        *,
        baseline: str | None = None,
        compare: str | None = None,
        more_is_better: bool = False,
    ) -> None:
        """Print a Markdown table and keep its figures.

        Parameters
        ----------
        rows : mapping of str to mapping of str to cell
            Cells by row and column. A sequence of figures is shown as its median, None as a dash.
        baseline, compare : str, optional
            Row and column that a last column of ratios refers to: how many times better than the
            baseline, so that 2.0 is twice as fast.
        more_is_better : bool
            Whether the compared column is a rate (tracks per hour) and not a time.
        """
        medians = {
            row: {column: _median(cell) for column, cell in cells.items()} for row, cells in rows.items()
        }
        if baseline is not None and compare is not None:
            reference = medians[baseline][compare]
            for cells in medians.values():
                cells["ratio"] = _ratio(cells[compare], reference, more_is_better=more_is_better)
        for row, cells in medians.items():
            for column, value in cells.items():
                if isinstance(value, float | int) and not math.isnan(value):
                    self._figures[".".join(map(_slug, (heading, row, column)))] = float(value)
        print(f"\n### {heading}\n{_markdown(medians)}", flush=True)
        if baseline is not None:
            print(f"\nratio: {compare}, how many times better than {baseline}", flush=True)

    def figure(self, name: str, value: float) -> None:
        """Keep and print one figure that is in no table."""
        self._figures[name] = float(value)
        print(f"{name}: {_text(value)}", flush=True)

    def finish(self) -> None:
        """Write the JSON file, if one was asked for."""
        if self._json:
            self._json.write_text(json.dumps(self._figures, indent=2, sort_keys=True) + "\n")


def machine() -> str:
    """Return one line about the machine and what runs on it."""
    cpuinfo = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", cpuinfo.read_text()) if cpuinfo.exists() else None
    processor = found[1].strip() if found else platform.processor() or platform.machine()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{processor}, {cores} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, NumPy {version('numpy')}"
    )


def _median(cell: Cell) -> float | str | None:
    return statistics.median(cell) if isinstance(cell, Sequence) and not isinstance(cell, str) else cell


def _ratio(value: float | str | None, reference: float | str | None, *, more_is_better: bool) -> float | None:
    if not (isinstance(value, float | int) and isinstance(reference, float | int)):
        return None
    better, worse = (value, reference) if more_is_better else (reference, value)
    return better / worse if worse else None


def _markdown(rows: Mapping[str, Mapping[str, float | str | None]]) -> str:
    columns = list(dict.fromkeys(column for cells in rows.values() for column in cells))
    lines = [["", *columns]]
    lines += [[row, *(_text(cells.get(column)) for column in columns)] for row, cells in rows.items()]
    widths = [max(2, *(len(line[at]) for line in lines)) for at in range(len(columns) + 1)]
    lines.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    return "\n".join(
        "| "
        + " | ".join(
            [line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))]
        )
        + " |"
        for line in lines
    )


def _text(value: float | str | None) -> str:
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):
        return "–"
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3g}"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
