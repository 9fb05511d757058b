"""What ``make demo`` runs, with fewer clips: from nothing to a page that shows and plays real music."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.networks import NETWORKS
from app.settings import PROJECT_DIR
from tests.e2e.explorer import Explorer

CLIPS = 8
START_SECONDS = 600  # a bound against hanging for ever; a slow machine may need minutes


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Iterator[str]:
    """Address of the page that ``flask demo`` serves."""
    root = tmp_path_factory.mktemp("demo")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {name: value for name, value in os.environ.items() if not name.startswith("MUSIC_EXPLORE_")}
    with (root / "log.txt").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "flask", "demo", "--clips", str(CLIPS), "--port", str(port)],
            cwd=PROJECT_DIR,
            env=own | {"MUSIC_EXPLORE_ROOT_DIR": str(root), "MUSIC_EXPLORE_MODELS_DIR": str(models_dir)},
            stdout=log,
            stderr=log,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, running, root / "log.txt")
        yield address
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=120)


def _wait_for(address: str, running: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and running.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/health", timeout=5).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(1)
        else:
            return
    pytest.fail(f"flask demo did not serve a page:\n{log.read_text()}")


def test_page_shows_and_plays_the_music_when_the_demo_is_up(demo: str, page: Page) -> None:
    explorer = Explorer(page, demo).open("?level=tracks")
    assert explorer.points == CLIPS
    explorer.choose_on_map()
    explorer.wait_for_details()
    expect(explorer.neighbours).to_have_count(CLIPS - 1)
    expect(explorer.tags).to_be_visible()
    explorer.until(lambda: not explorer.audio["paused"] and explorer.audio["time"] > 0)


def test_strongest_tags_suit_the_style_when_the_demo_is_up(demo: str, page: Page) -> None:
    explorer = Explorer(page, demo).open("?level=tracks")
    points = explorer.get(
        "points", network="mtt-musicnn", layer="taggrams", level="tracks", columns="track", format="json"
    )
    fitting = []
    for track_id in points["columns"]["track_ids"]:
        track = explorer.get(f"tracks/{track_id}")
        strongest = {row["tag"] for row in track["networks"]["mtt-musicnn"]["top_tags"][:4]}
        words = set(track["genres"]) & set(NETWORKS.get("mtt-musicnn").tags)
        if words:  # styles that the network has a word for
            fitting.append(bool(words & strongest))
    assert len(fitting) >= CLIPS / 2
    assert sum(fitting) >= 0.75 * len(fitting)
