"""Choosing a point: it is heard, its tags and neighbours are shown, and one gets on from there."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Response, expect

from tests.e2e.explorer import Explorer, differs
from tests.snapshot_factory import Library

NETWORK = "mtt-musicnn"
QUERY = f"?network={NETWORK}"


@pytest.fixture
def chosen(explorer: Explorer) -> Explorer:
    """The explorer with a point chosen by a click."""
    explorer.open(QUERY)
    explorer.choose_on_map()
    explorer.wait_for_details()
    return explorer


def test_segment_is_heard_from_its_start_when_its_point_is_clicked(explorer: Explorer) -> None:
    statuses: list[int] = []

    def note(response: Response) -> None:
        if "/audio/track/" in response.url:
            statuses.append(response.status)

    explorer.page.on("response", note)
    explorer.open(QUERY)

    explorer.choose_on_map()

    state = explorer.address_state
    start = int(state["segment"]) * _segment_seconds(explorer)
    explorer.until(lambda: explorer.audio["time"] > start and not explorer.audio["paused"])
    audio = explorer.audio
    assert audio["source"] == f"{explorer.address}/audio/track/{state['track']}"
    assert audio["time"] < start + 10
    explorer.until(lambda: 206 in statuses)
    title = explorer.get(f"tracks/{state['track']}")["title"]
    expect(explorer.player).to_contain_text(title)
    expect(explorer.page).to_have_title(f"{title} · Music Explore")


def _segment_seconds(explorer: Explorer) -> float:
    networks = explorer.get("networks")["networks"]
    return float(next(network["segment_seconds"] for network in networks if network["name"] == NETWORK))


def test_sound_is_followed_on_the_map_when_it_goes_on(chosen: Explorer) -> None:
    expect(chosen.stage).to_have_attribute("data-playing", str(chosen.selected))
    before = chosen.selected
    assert before is not None
    segments = chosen.get(f"tracks/{chosen.address_state['track']}")["networks"][NETWORK]["segments"]
    segment = int(chosen.address_state["segment"])
    target = 0 if segment == segments - 1 else segments - 1

    chosen.page.get_by_role("slider", name="Position").evaluate(
        "(slider, time) => { slider.value = time; slider.dispatchEvent(new Event('input')); }",
        (target + 0.5) * _segment_seconds(chosen),
    )

    expect(chosen.stage).to_have_attribute("data-playing", str(before - segment + target))
    assert chosen.selected == before


def test_tags_of_the_segment_are_shown_as_bars_when_it_is_chosen(chosen: Explorer) -> None:
    state = chosen.address_state
    tags = chosen.get(f"tracks/{state['track']}/tags", network=NETWORK, segment=state["segment"])["tags"]

    expect(chosen.tags.locator(".tag-name")).to_have_text([tag["tag"] for tag in tags[:10]])
    bars = chosen.tags.locator(".tag-bar").evaluate_all(
        "(bars) => bars.map((bar) => bar.offsetWidth / bar.parentElement.offsetWidth)"
    )
    assert bars == pytest.approx([tag["activation"] for tag in tags[:10]], abs=0.02)

    chosen.tags.get_by_role("button", name="All 50 tags").click()
    expect(chosen.tags.locator(".tag-name")).to_have_count(50)


def test_map_is_coloured_by_a_tag_when_its_bar_is_clicked(chosen: Explorer) -> None:
    tag = chosen.tags.locator(".tag-name").first.inner_text()

    chosen.tags.get_by_role("button").first.click()

    expect(chosen.legend).to_contain_text(tag)
    chosen.until(lambda: chosen.address_state["colour"] == f"tag:{tag}")


def test_ten_neighbours_are_listed_and_joined_by_lines_when_a_point_is_chosen(chosen: Explorer) -> None:
    state = chosen.address_state
    expected = chosen.get(
        "similar", track=state["track"], segment=state["segment"], network=NETWORK, layer=state["layer"], k=10
    )["results"]

    expect(chosen.neighbours).to_contain_text([neighbour["track"]["title"] for neighbour in expected])
    expect(chosen.neighbours).to_have_count(10)
    chosen.until(lambda: chosen.linked == [neighbour["row"] for neighbour in expected])
    chosen.until(lambda: differs(chosen.drawn_marks()).sum() > 500)

    chosen.page.keyboard.press("Escape")
    expect(chosen.stage).to_have_attribute("data-selected", "")
    chosen.page.mouse.move(2, 2)
    chosen.until(lambda: differs(chosen.drawn_marks()).sum() < 400)  # nothing but the dot of the sound


def test_neighbour_is_chosen_and_heard_when_it_is_clicked_in_the_list(chosen: Explorer) -> None:
    row = chosen.linked[2]
    button = chosen.neighbours.nth(2)
    track, segment = button.get_attribute("data-track"), button.get_attribute("data-segment")

    button.click()

    expect(chosen.details).to_have_attribute("data-point", f"{track}:{segment}")
    chosen.until(lambda: chosen.selected == row)
    assert (chosen.address_state["track"], chosen.address_state["segment"]) == (track, segment)
    start = int(segment or 0) * _segment_seconds(chosen)

    def is_heard() -> bool:
        audio = chosen.audio
        return audio["source"].endswith(f"/{track}") and audio["time"] >= start and not audio["paused"]

    chosen.until(is_heard)


def test_neighbour_is_marked_on_the_map_when_it_is_pointed_at_in_the_list(chosen: Explorer) -> None:
    chosen.page.mouse.move(2, 2)
    chosen.until(lambda: not chosen.audio["paused"])
    chosen.page.keyboard.press("Space")
    chosen.until(lambda: chosen.audio["paused"])
    chosen.settle()
    before = chosen.drawn_marks()

    chosen.neighbours.nth(1).hover()

    chosen.until(lambda: not np.array_equal(chosen.drawn_marks(), before))


def test_main_job_is_done_without_a_mouse_when_only_keys_are_used(explorer: Explorer) -> None:
    explorer.open(QUERY)
    keyboard = explorer.page.keyboard

    keyboard.press("Tab")
    expect(explorer.page.get_by_role("link", name="Skip to the map")).to_be_focused()
    keyboard.press("Enter")
    expect(explorer.stage).to_be_focused()

    keyboard.press("ArrowRight")
    expect(explorer.stage).to_have_attribute("data-hovered", re.compile(r"\d"))
    first = explorer.stage.get_attribute("data-hovered")
    keyboard.press("ArrowRight")
    expect(explorer.stage).not_to_have_attribute("data-hovered", first or "")
    hovered = explorer.stage.get_attribute("data-hovered")
    expect(explorer.page.locator("[data-part=announcer]")).to_contain_text(", at ")

    keyboard.press("Enter")
    expect(explorer.stage).to_have_attribute("data-selected", hovered or "")
    explorer.wait_for_details()
    explorer.until(lambda: not explorer.audio["paused"])

    nearest = explorer.linked[0]
    keyboard.press("n")
    expect(explorer.stage).to_have_attribute("data-selected", str(nearest))
    explorer.wait_for_details()
    keyboard.press("n")
    expect(explorer.stage).not_to_have_attribute("data-selected", str(nearest))
    assert explorer.selected != int(hovered or -1)  # not back to where one came from

    keyboard.press("b")
    expect(explorer.stage).to_have_attribute("data-selected", str(nearest))
    explorer.page.get_by_label("Colour by").select_option("artist")
    explorer.stage.focus()
    for _ in range(3):  # the first point, and nothing before it; the colour stays
        keyboard.press("b")
        expect(explorer.stage).to_have_attribute("data-selected", hovered or "")
    assert explorer.address_state["colour"] == "artist"
    keyboard.press("Escape")
    expect(explorer.details).to_contain_text("Nothing chosen yet")
    keyboard.press("b")
    expect(explorer.stage).to_have_attribute("data-selected", hovered or "")
    explorer.until(lambda: not explorer.audio["paused"])

    keyboard.press(" ")
    explorer.until(lambda: explorer.audio["paused"])
    keyboard.press(" ")
    explorer.until(lambda: not explorer.audio["paused"])

    keyboard.press("Escape")
    expect(explorer.details).to_contain_text("Nothing chosen yet")


def test_sound_stops_at_the_end_of_the_segment_when_told_so(explorer: Explorer) -> None:
    explorer.open(QUERY)
    explorer.player.get_by_label("After the segment").select_option("stop")

    explorer.choose_on_map()
    start = int(explorer.address_state["segment"]) * _segment_seconds(explorer)
    go_to_the_end(explorer, start)

    explorer.until(lambda: explorer.audio["paused"])
    explorer.until(lambda: explorer.audio["time"] == pytest.approx(start, abs=0.05))


def go_to_the_end(explorer: Explorer, start: float) -> None:
    """Once a segment is heard, go to a moment before its end."""
    explorer.until(lambda: explorer.audio["time"] > start and not explorer.audio["paused"])
    near = start + _segment_seconds(explorer) - 0.05
    explorer.page.locator("audio").evaluate("(audio, near) => { audio.currentTime = near; }", near)


def test_segment_starts_again_at_its_end_when_told_to_repeat(explorer: Explorer) -> None:
    explorer.open(QUERY)
    explorer.player.get_by_label("After the segment").select_option("repeat")
    explorer.choose_on_map()
    start = int(explorer.address_state["segment"]) * _segment_seconds(explorer)
    go_to_the_end(explorer, start)
    times: list[float] = []

    def has_gone_back() -> bool:
        times.append(explorer.audio["time"])
        return times[-1] < start + 1

    explorer.until(has_gone_back)
    assert max(times) < start + _segment_seconds(explorer) + 1
    assert times[-1] >= start
    assert not explorer.audio["paused"]


def test_player_says_why_when_the_file_is_gone(
    library: Library, tmp_path: Path, serve: Callable[..., str], page: Page
) -> None:
    root = shutil.copytree(library.root, tmp_path / "own")
    for file in (root / "audio").rglob("*.*"):
        file.unlink()
    explorer = Explorer(page, serve(root)).open(QUERY)

    explorer.choose_on_map()

    expect(explorer.player).to_have_attribute("data-state", "error")
    expect(explorer.player).to_contain_text("is not there")
    expect(explorer.neighbours).to_have_count(10)


def test_player_says_why_when_the_file_is_no_sound(
    library: Library, tmp_path: Path, serve: Callable[..., str], page: Page
) -> None:
    root = shutil.copytree(library.root, tmp_path / "own")
    for file in (root / "audio").rglob("*.*"):
        file.write_text("This is no music.\n")
    explorer = Explorer(page, serve(root)).open(QUERY)

    explorer.choose_on_map()

    expect(explorer.player).to_have_attribute("data-state", "error")
    expect(explorer.player).to_contain_text("cannot play")


def test_whole_track_is_chosen_when_tracks_are_shown(explorer: Explorer) -> None:
    explorer.open(f"{QUERY}&level=tracks")

    explorer.choose_on_map()

    explorer.wait_for_details()
    assert "segment" not in explorer.address_state
    expect(explorer.details).to_contain_text("whole track")
    expect(explorer.neighbours).to_have_count(10)
    explorer.until(lambda: explorer.audio["time"] > 0)
