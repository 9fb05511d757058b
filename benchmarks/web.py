"""The map in headless Chromium: bytes, time to first full paint, frames, hover, lasso, recolouring, memory.

The baseline is Plotly's scattergl in the same browser and the same run, with the same points from the same
API as typed arrays. "First full paint" counts from the navigation until the pixels of all points are there:
of the whole explorer on one side, of a page with nothing but the chart on the other. Graphics are rendered
by the processor, so figures are comparable on any machine; a graphics card shifts all of them. The time of a
lasso counts from letting go of the mouse until what is in it stands out; half of the points are.
"""

import math
import shutil
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import plotly
from bench import Report, arguments, note
from flask import Blueprint, Response, send_file
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app
from tests.snapshot_factory import Spec, build_library, default_settings

HERE = Path(__file__).resolve().parent
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
SIZES = (10_000, 100_000, 1_000_000)
SEGMENTS_PER_TRACK = 50
NETWORK, LAYER = "mtt-musicnn", "taggrams"
BASELINE = "Plotly scattergl"
OURS = "this page"
DRAG, FRAME, HOVER, RECOLOUR = "drag frame ms", "full frame ms", "hover ms", "recolour ms"
CALLS = {DRAG: "drags", FRAME: "frames", HOVER: "hovers", RECOLOUR: "recolours"}
LASSO = "lasso ms"
LASSO_CENTRE, LASSO_RADIUS, LASSO_CORNERS = (420, 310), 260, 8
VIEWPORT = {"width": 1280, "height": 800}
PATIENCE = 180_000
LEAST_DRAWN = 0.005
SWITCHES = (
    "--no-sandbox",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
CHART = """<!doctype html><html><head><meta charset="utf-8">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/bench/chart.css">{library}
<script type="module" src="/bench/{script}"></script></head><body><div id="stage"></div></body></html>"""
STYLE = "body { margin: 0 } #stage { position: relative; width: 940px; height: 620px }"

# The explorer says "ready" when it has asked for a frame; the pixels come with that frame.
WATCH_EXPLORER = """
new MutationObserver(() => {
  const { dataset } = document.documentElement;
  if (dataset.state !== "ready" || dataset.painted) return;
  requestAnimationFrame(() => {
    const gl = document.querySelector("#stage canvas").getContext("webgl2");
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    dataset.painted = String(performance.now());
  });
}).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-state"] });
"""

charts = Blueprint("bench", __name__, url_prefix="/bench")


@charts.get("/<name>")
def chart(name: str) -> Response:
    """Serve the two charts without the explorer around them, and what they are made of."""
    if name == "plotly.min.js":
        return send_file(PLOTLY)
    if name == "chart.css":
        return Response(STYLE, mimetype="text/css")
    if name.endswith(".js"):
        return send_file(HERE / Path(name).name)
    library = '<script src="/bench/plotly.min.js"></script>' if name == "plotly" else ""
    return Response(CHART.format(library=library, script=f"web_{name}.js"), mimetype="text/html")


def without_policy(wsgi_app: Callable[..., Any]) -> Callable[..., Any]:
    """Take the security policy from the charts: under it Plotly, which compiles as it runs, draws nothing."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if environ["PATH_INFO"].startswith("/bench/"):
                headers = [pair for pair in headers if pair[0] != "Content-Security-Policy"]
            return start_response(status, headers, *rest)

        return wsgi_app(environ, start)

    return answer


class QuietHandler(WSGIRequestHandler):
    """Answers without a line about each request."""

    def log_request(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """Serve a library, with the charts beside the page; yields the address."""
    app = create_app(default_settings(root))
    app.register_blueprint(charts)
    app.wsgi_app = without_policy(app.wsgi_app)  # type: ignore[method-assign]
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class Measured:
    """A page in a fresh profile, whose bytes are counted."""

    def __init__(self, browser: Browser) -> None:
        self._context = browser.new_context(viewport=VIEWPORT)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self._devtools: CDPSession = self._context.new_cdp_session(self.page)
        self._devtools.send("Network.enable")
        self._paths: dict[str, str] = {}
        self._bytes: dict[str, int] = {}
        self._devtools.on("Network.responseReceived", self._note_path)
        self._devtools.on("Network.loadingFinished", self._note_bytes)

    def _note_path(self, event: dict[str, Any]) -> None:
        self._paths[event["requestId"]] = urlsplit(event["response"]["url"]).path

    def _note_bytes(self, event: dict[str, Any]) -> None:
        path = self._paths.get(event["requestId"], "")
        self._bytes[path] = self._bytes.get(path, 0) + int(event["encodedDataLength"])

    def megabytes(self, *, points: bool) -> float:
        """Return what was sent: the points' columns, or everything else."""
        counted = [size for path, size in self._bytes.items() if (path == "/api/v1/points") == points]
        return sum(counted) / 1e6

    def heap(self) -> float:
        """Return JavaScript's memory with its typed arrays, after a collection, in MB."""
        self._devtools.send("HeapProfiler.collectGarbage")
        usage = self._devtools.send("Runtime.getHeapUsage")
        return float(usage["usedSize"] + usage.get("backingStorageSize", 0)) / 1e6

    def painted(self) -> float:
        """Wait for the first full paint; return its time in ms since the navigation."""
        html = self.page.locator("html[data-painted]")
        html.wait_for(state="attached")
        return float(html.get_attribute("data-painted") or "nan")

    def close(self) -> None:
        self._context.close()


def first_paints(browser: Browser, addresses: dict[str, str], repeats: int) -> dict[str, dict[str, Any]]:
    """Open the explorer and the baseline's page in turn, each time anew."""
    rows: dict[str, dict[str, Any]] = {name: {"first paint ms": []} for name in addresses}
    for _ in range(repeats):
        for name, address in addresses.items():
            measured = Measured(browser)
            measured.page.add_init_script(WATCH_EXPLORER)
            measured.page.goto(address)
            rows[name]["first paint ms"].append(measured.painted())
            rows[name]["points MB"] = measured.megabytes(points=True)
            rows[name]["code MB"] = measured.megabytes(points=False)
            measured.close()
    return rows


def at_work(browser: Browser, address: str, columns: tuple[str, ...], repeats: int) -> dict[str, Any]:
    """Run a chart's own timings."""
    measured = Measured(browser)
    measured.page.goto(address)
    cells: dict[str, Any] = {}
    while measured.page.evaluate("typeof window.bench") == "undefined":
        measured.page.wait_for_timeout(100)
    if measured.page.evaluate("window.bench.drawn") < LEAST_DRAWN:
        raise SystemExit(f"{address} draws nothing: its times would mean nothing.")
    cells["heap MB"] = measured.heap()
    for column in columns:
        cells[column] = measured.page.evaluate(f"(count) => window.bench.{CALLS[column]}(count)", repeats)
    cells[LASSO] = [lasso(measured.page) for _ in range(max(2, repeats // 4))]
    measured.close()
    return cells


def lasso(page: Page) -> float:
    """Draw around the middle of a chart; return the ms until what is in it stands out."""
    x, y = LASSO_CENTRE
    angles = [2 * math.pi * corner / LASSO_CORNERS for corner in range(LASSO_CORNERS + 1)]
    corners = [(x + LASSO_RADIUS * math.cos(angle), y + LASSO_RADIUS * math.sin(angle)) for angle in angles]
    page.evaluate("window.lassoed = window.bench.lassoed(); null")
    page.keyboard.down("Shift")
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner)
    page.mouse.up()
    page.keyboard.up("Shift")
    return float(page.evaluate("window.lassoed"))


def measure(browser: Browser, root: Path, size: int, *, quick: bool) -> dict[str, dict[str, Any]]:
    """Measure both sides with one library."""
    tags = {"tags": "guitar,techno"}
    space = urlencode({"network": NETWORK, "layer": LAYER, "level": "segments"} | tags)
    explorer = f"/?network={NETWORK}&layer={LAYER}&level=segments&projection=umap&colour=tag:guitar"
    with serving(root) as address:
        rows = first_paints(
            browser,
            {OURS: address + explorer, BASELINE: f"{address}/bench/plotly?{space}"},
            repeats=1 if quick else 3,
        )
        repeats = 5 if quick else 12
        columns = (FRAME, HOVER, RECOLOUR)
        rows[OURS] |= at_work(browser, f"{address}/bench/map?{space}", (DRAG, *columns), repeats)
        rows[BASELINE] |= at_work(browser, f"{address}/bench/plotly?{space}", columns, repeats)
    note(f"{size:,} points measured")
    return rows


def better(rows: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Return how many times better this page is; a frame while dragging stands against a full one."""
    medians = {
        name: {
            column: statistics.median(cell if isinstance(cell, list) else [cell])
            for column, cell in cells.items()
        }
        for name, cells in rows.items()
    }
    against = {column: column for column in medians[BASELINE]} | {DRAG: FRAME}
    return {
        column: medians[BASELINE][theirs] / medians[OURS][column]
        for column, theirs in against.items()
        if medians[OURS][column]
    }


def main() -> None:
    """Measure all sizes."""
    options = arguments(__doc__).parse_args()
    report = Report("The map in the browser", options)
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("No Chromium on this machine: apt-get install chromium")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        for size in SIZES[:2] if options.quick else SIZES:
            spec = Spec(
                tracks=size // SEGMENTS_PER_TRACK, segments=size, layers=(LAYER,), projections=("umap",)
            )
            root = Path(folder) / str(size)
            build_library(root, spec)
            rows = measure(browser, root, size, quick=options.quick)
            report.table(f"{size:,} points", rows)
            report.table(f"{size:,} points, times better than {BASELINE}", {OURS: better(rows)})
            shutil.rmtree(root)
        browser.close()
    report.finish()


if __name__ == "__main__":
    main()
