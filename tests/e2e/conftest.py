"""Fixtures for the tests in a real browser: real servers over real libraries, and Chromium.

Each page is watched: an error in its scripts, a request that leaves this machine or a violation of the
page's security policy fails the test, whatever it is about.
"""

import os
import shutil
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from werkzeug.serving import WSGIRequestHandler, make_server

from app import create_app, current_settings
from app.models import db
from app.services.jobs import embedded
from app.web import workers
from tests.e2e.explorer import PATIENCE, Explorer
from tests.snapshot_factory import Library, Spec, build_library, default_settings

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# WebGL is computed by the processor here; putting the page together there as well, through WebGL's way,
# would take a third more time.
SWITCHES = (
    "--no-sandbox",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
)
TIMEOUT = int(1000 * PATIENCE)
expect.set_options(timeout=TIMEOUT)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A small library with sound, two networks with tags and one without. Shared: tests only read it."""
    spec = Spec(networks=("mtt-musicnn", "msd-vgg", "audioset-vggish"))
    return build_library(tmp_path_factory.mktemp("library") / "root", spec, audio=True)


@pytest.fixture(scope="session")
def large_library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library of 100,000 segments, without sound."""
    spec = Spec(tracks=4_000, segments=100_000, layers=("taggrams",), projections=("umap",))
    return build_library(tmp_path_factory.mktemp("large") / "root", spec)


class QuietHandler(WSGIRequestHandler):
    """Answers requests without a line about each in the log."""

    def log_request(self, *_: Any) -> None:
        """Say nothing."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the development server leave a file open where the browser breaks off while it is sent.

    It then fails before it closes the response; servers for real use close it.
    """
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"))


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application on this machine, as ``flask run`` does; yields its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=QuietHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        with app.app_context():
            db.engine.dispose()


@contextmanager
def working(root: Path, models_dir: Path) -> Iterator[str]:
    """Serve a library with a worker, as the app does; yields its address. The worker is gone in the end."""
    app = create_app(default_settings(root) | {"WORKERS": 1, "MODELS_DIR": models_dir})
    try:
        workers.start(app)
        with serving(app) as address:
            yield address
    finally:
        embedded.stop(current_settings(app))


@pytest.fixture(scope="session")
def server(library: Library) -> Iterator[str]:
    """Address of the small library."""
    with serving(create_app(library.settings)) as address:
        yield address


@pytest.fixture(scope="session")
def large_server(large_library: Library) -> Iterator[str]:
    """Address of the large library."""
    with serving(create_app(large_library.settings)) as address:
        yield address


@pytest.fixture
def serve(tmp_path: Path, empty_database: Path) -> Iterator[Callable[..., str]]:
    """Serve a library of the test's own: ``serve()`` an empty one, ``serve(root)`` the one at a place.

    Further arguments are settings.
    """
    running: list[Any] = []

    def start(root: Path | None = None, **settings: Any) -> str:
        if root is None:
            root = tmp_path / "empty"
            root.mkdir()
            shutil.copy(empty_database, root / "db.sqlite")
        context = serving(create_app(default_settings(root) | settings))
        running.append(context)
        return context.__enter__()

    yield start
    for context in running:
        context.__exit__(None, None, None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window. Where there is none: an error in CI, a loud skip elsewhere."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        reason = "No Chromium on this machine: the page is NOT tested. apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(reason)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(reason, stacklevel=1)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def browser_options() -> dict[str, Any]:
    """Size, colour scheme and so on of the browser; a test module or class overrides this fixture."""
    return {}


@pytest.fixture
def page(browser: Browser, browser_options: dict[str, Any]) -> Iterator[Page]:
    """A page in a fresh browser profile."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}} | browser_options)
    page = context.new_page()
    page.set_default_timeout(TIMEOUT)
    mistakes: list[str] = []
    foreign: list[str] = []

    def watch_request(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "file:", "data:", "blob:")):
            foreign.append(request.url)

    def watch_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            mistakes.append(message.text)

    def watch_error(error: PlaywrightError) -> None:
        mistakes.append(str(error))

    page.on("request", watch_request)
    page.on("console", watch_console)
    page.on("pageerror", watch_error)
    yield page
    context.close()
    assert foreign == []
    assert mistakes == []


@pytest.fixture
def explorer(page: Page, server: str) -> Explorer:
    """The page over the small library, not yet opened."""
    return Explorer(page, server)
