"""The player: outline, queue, hearing what is pointed at."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.explorer import Explorer, differs
from tests.snapshot_factory import Library

SEGMENT = 2.992
QUERY = "?network=mtt-musicnn&track=3&segment=1"


@pytest.fixture
def ready(explorer: Explorer) -> Explorer:
    """The explorer with a chosen point, silent."""
    explorer.open(QUERY)
    explorer.wait_for_details()
    return explorer


def test_outline_is_shown_and_clicked_and_played_when_a_track_is_there(ready: Explorer) -> None:
    wave = ready.player.locator(".wave")
    expect(wave).to_have_attribute("data-state", "ready")
    slider = ready.player.get_by_role("slider", name="Position")
    box = slider.bounding_box()
    assert box is not None
    # A sine of one loudness fills the height in bars.
    ready.until(lambda: differs(ready.pixels(wave), by=30).mean() > 0.2)

    ready.until(lambda: ready.audio["ready"] >= 1)  # its length is known
    duration = ready.audio["duration"]
    ready.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    ready.until(lambda: ready.audio["time"] == pytest.approx(duration / 2, abs=duration / 100))
    ready.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    ready.page.mouse.down()
    ready.page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 10, steps=4)
    ready.page.mouse.up()
    ready.until(lambda: ready.audio["time"] == pytest.approx(duration / 4, abs=duration / 100))
    slider.press("Home")
    ready.until(lambda: ready.audio["time"] == 0)
    expect(slider).to_have_attribute("aria-valuetext", f"0:00 of 0:{int(duration)}")

    segment = ready.player.locator(".wave-segment").bounding_box()
    assert segment is not None
    assert segment["x"] - box["x"] == pytest.approx(box["width"] * SEGMENT / duration, abs=1)
    assert segment["width"] == pytest.approx(box["width"] * SEGMENT / duration, abs=1)


def test_pieces_are_heard_one_after_the_other_when_they_are_queued(ready: Explorer) -> None:
    page = ready.page
    ready.details.get_by_role("button", name="Add all to queue").click()
    expect(ready.player.get_by_role("button", name="Queue, 11 to come")).to_be_visible()
    ready.details.get_by_role("button", name="Play next").click()
    page.keyboard.press("q")
    queue = page.get_by_role("region", name="Queue")
    rows = queue.get_by_role("listitem")
    expect(queue).to_contain_text("0 of 12 pieces")
    first, second = ("3", "1"), (_neighbour(ready, 0))

    queue.get_by_role("button", name="Remove").first.click()
    expect(queue).to_contain_text("0 of 11 pieces")
    down = rows.first.get_by_role("button", name="down")
    down.press("Enter")  # the keys stay with the piece that is moved
    expect(rows.nth(1).get_by_role("button", name="down")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(rows.first.get_by_role("button", name="up")).to_be_disabled()

    rows.first.get_by_role("button").first.click()
    expect(rows.first).to_have_attribute("aria-current", "true")
    _is_heard(ready, first)
    page.keyboard.press("Escape")
    expect(queue).to_be_hidden()
    page.keyboard.press(".")
    _is_heard(ready, second)
    assert ready.address_state["segment"] == "1"  # the choice stays
    page.keyboard.press(",")
    page.keyboard.press(",")
    _is_heard(ready, first)

    # At the end of the segment the next one begins by itself.
    ready.page.locator("audio").evaluate("(audio) => { audio.currentTime = 2 * 2.992 - 0.05; }")
    _is_heard(ready, second)

    page.keyboard.press("q")
    queue.get_by_role("button", name="Clear").click()
    expect(queue).to_contain_text("Nothing is waiting")


def _neighbour(explorer: Explorer, place: int) -> tuple[str, str]:
    button = explorer.neighbours.nth(place)
    return button.get_attribute("data-track") or "", button.get_attribute("data-segment") or ""


def _is_heard(explorer: Explorer, point: tuple[str, str]) -> None:
    track, segment = point
    start = int(segment) * SEGMENT

    def is_so() -> bool:
        audio = explorer.audio
        is_there = audio["source"].endswith(f"/{track}") and start <= audio["time"] < start + SEGMENT
        return is_there and not audio["paused"]

    explorer.until(is_so)


def test_point_is_heard_while_it_is_pointed_at_when_so_chosen(explorer: Explorer) -> None:
    explorer.open("?network=mtt-musicnn")
    play_on = explorer.player.get_by_label("Play on")
    play_on.select_option("hover")
    explorer.page.mouse.move(*explorer.find_point())
    explorer.until(lambda: not explorer.audio["paused"] and explorer.audio["time"] > 0)
    assert explorer.selected is None
    explorer.page.mouse.move(2, 2)
    explorer.until(lambda: explorer.audio["paused"])

    explorer.page.reload()
    explorer.wait_for("ready")
    expect(play_on).to_have_value("hover")
    play_on.select_option("off")
    explorer.choose_on_map()
    explorer.wait_for_details()
    expect(explorer.player).to_have_attribute("data-state", "paused")
    assert explorer.audio["paused"]


def test_volume_is_as_before_when_silence_ends(ready: Explorer) -> None:
    page = ready.page
    volume, mute = (
        ready.player.get_by_role(role, name=name) for role, name in (("slider", "Volume"), ("button", "Mute"))
    )
    volume.fill("0.6")
    box = volume.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 20, box["y"] + box["height"] / 2, steps=12)
    page.mouse.up()
    expect(mute).to_have_attribute("aria-pressed", "true")
    mute.click()
    expect(mute).to_have_attribute("aria-pressed", "false")
    expect(volume).to_have_value("0.6")
    for muted in (True, False):
        page.keyboard.press("m")
        expect(page.locator("audio")).to_have_js_property("muted", muted)
        expect(page.locator("audio")).to_have_js_property("volume", 0.6)


@pytest.mark.parametrize("width", [1280, 390])
def test_map_keeps_its_size_when_the_reason_for_silence_is_long(ready: Explorer, width: int) -> None:
    ready.page.set_viewport_size({"width": width, "height": 780})
    reason = (
        "This file is damaged, or it holds something else than music, or than its name says that it is. " * 2
    )
    ready.page.route(
        "**/audio/track/3",
        lambda route: route.fulfill(status=404, json={"error": {"message": reason, "code": "x"}}),
    )
    ready.settle()
    before = ready.player.bounding_box()
    ready.page.reload()
    expect(ready.player).to_have_attribute("data-state", "error")
    expect(ready.player.get_by_title(reason.strip())).to_be_visible()
    ready.settle()
    assert ready.player.bounding_box() == before


def test_queue_goes_on_after_saying_why_when_a_piece_cannot_be_played(
    library: Library, tmp_path: Path, serve: Callable[..., str], page: Page
) -> None:
    root = shutil.copytree(library.root, tmp_path / "own")
    next((root / "audio").rglob("track 000003.wav")).write_text("This is no music.\n")
    explorer = Explorer(page, serve(root)).open(QUERY)
    explorer.wait_for_details()
    tracks = explorer.neighbours.evaluate_all("(all) => all.map(({ dataset }) => dataset.track)")
    other = next(place for place, track in enumerate(tracks) if track != "3")
    explorer.details.get_by_role("button", name="Play next").click()
    explorer.neighbours.nth(other).click()
    explorer.wait_for_details()
    point = explorer.address_state["track"], explorer.address_state["segment"]
    explorer.details.get_by_role("button", name="Add to queue").first.click()
    # It is said for a moment only: whoever looks from time to time might miss it.
    explorer.player.evaluate(
        """(player) => {
          const told = (window.told = []);
          const tell = () => player.dataset.state === "error" && told.push(player.textContent);
          new MutationObserver(tell).observe(player, { attributes: true, childList: true, subtree: true });
        }"""
    )
    explorer.page.keyboard.press(".")
    explorer.until(lambda: explorer.page.evaluate("window.told.some((text) => text.includes('cannot play'))"))
    _is_heard(explorer, point)
