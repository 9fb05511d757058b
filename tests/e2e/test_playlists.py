"""Playlists on the page: made, ordered, called otherwise, heard, seen on the map, saved, deleted."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.explorer import Explorer
from tests.e2e.test_accessibility import SCHEMES, violations
from tests.snapshot_factory import Library

QUERY = "?network=mtt-musicnn&layer=embeddings&level=segments&projection=umap&track=3&segment=1"
SELECTED = "&selected=3:0-1_4:2_9:3"
SEGMENT = 2.992


@pytest.fixture
def explorer(page: Page, library: Library, tmp_path: Path, serve: Callable[..., str]) -> Explorer:
    """The page over a copy of the small library, as playlists change it."""
    return Explorer(page, serve(shutil.copytree(library.root, tmp_path / "own")))


def made(explorer: Explorer, name: str = "Calm") -> int:
    """Make a playlist of three entries by the API; return its id."""
    entries = [{"track": 3}, {"track": 9, "start": 0, "end": SEGMENT}, {"track": 14, "start": 1, "end": 5.5}]
    response = explorer.page.request.post(
        f"{explorer.address}/api/v1/playlists", data={"name": name, "entries": entries}
    )
    assert response.status == 201
    return int(response.json()["id"])


def kept(explorer: Explorer, playlist: int) -> list[tuple[int, float | None]]:
    """Track and start of each entry, as the server keeps them."""
    entries = explorer.get(f"playlists/{playlist}")["entries"]
    return [(entry["track"]["id"], entry["start"]) for entry in entries]


def panel(explorer: Explorer) -> Locator:
    return explorer.page.get_by_role("tabpanel", name="Playlists")


def test_one_playlist_is_made_when_the_button_is_pressed_twice(explorer: Explorer) -> None:
    page = explorer.open(QUERY).page
    page.get_by_role("tab", name="Playlists").click()
    panel(explorer).get_by_label("Name of a new playlist").fill("Evening")
    panel(explorer).get_by_role("button", name="Make").dblclick()
    expect(panel(explorer).get_by_role("heading", name="Evening")).to_be_visible()
    assert explorer.get("playlists")["total"] == 1


def test_selection_becomes_a_playlist_that_is_ordered_heard_saved_and_deleted(explorer: Explorer) -> None:
    page = explorer.open(QUERY + SELECTED).page
    page.get_by_role("tab", name="Playlists").click()
    expect(panel(explorer)).to_contain_text("There are none yet")
    panel(explorer).get_by_label("Name of a new playlist").fill("Evening")
    panel(explorer).get_by_role("button", name="Make").click()
    expect(panel(explorer).get_by_role("heading", name="Evening")).to_be_focused()
    expect(panel(explorer)).to_contain_text("4 pieces · 0:11")
    explorer.until(lambda: explorer.address_state.get("playlist") == "1")
    assert kept(explorer, 1) == [(3, 0.0), (3, 2.992), (4, 5.984), (9, 8.976)]
    expect(explorer.stage).to_have_attribute("data-route", re.compile(r"^\d+(,\d+){3}$"))
    rows = (explorer.stage.get_attribute("data-route") or "").split(",")

    # Buttons move a row and keep the focus on it; dragging moves it where it is dropped.
    panel(explorer).get_by_role("button", name="Move Title 9 up").click()
    expect(panel(explorer)).to_contain_text("Title 9 is number 3 now.")
    expect(panel(explorer).get_by_role("button", name="Move Title 9 up")).to_be_focused()
    listed = panel(explorer).locator(".order-row")
    listed.nth(2).drag_to(listed.nth(0))
    expect(panel(explorer)).to_contain_text("Title 9 is number 1 now.")
    explorer.until(lambda: [track for track, _ in kept(explorer, 1)] == [9, 3, 3, 4])
    route = ",".join([rows[3], *rows[:3]])
    expect(explorer.stage).to_have_attribute("data-route", route)

    # A removed row comes back by undoing.
    panel(explorer).get_by_role("button", name="Remove Title 4").click()
    explorer.until(lambda: len(kept(explorer, 1)) == 3)
    panel(explorer).get_by_role("button", name="Undo").click()
    explorer.until(lambda: [track for track, _ in kept(explorer, 1)] == [9, 3, 3, 4])

    # From the third row on: the queue holds all, and the row that is heard is marked.
    listed.nth(2).get_by_role("button", name="Title 3").first.click()
    expect(explorer.player.get_by_role("button", name="Queue, 1 to come")).to_be_visible()
    explorer.until(lambda: not explorer.audio["paused"] and explorer.audio["time"] >= SEGMENT)
    expect(listed.nth(2)).to_have_attribute("aria-current", "true")

    with page.expect_download() as waiting:
        panel(explorer).get_by_role("link", name="M3U8").click()
    assert waiting.value.suggested_filename == "Evening.m3u8"
    lines = Path(waiting.value.path()).read_text().splitlines()
    assert [line.split("/track/")[1] for line in lines if "/audio/track/" in line] == [
        "9#t=8.976,11.968",
        "3#t=0.000,2.992",
        "3#t=2.992,5.984",
        "4#t=5.984,8.976",
    ]

    panel(explorer).get_by_role("button", name="Delete", exact=True).click()
    expect(panel(explorer)).to_contain_text("“Evening” is deleted.")
    assert explorer.get("playlists")["total"] == 0
    expect(explorer.stage).to_have_attribute("data-route", "")
    panel(explorer).get_by_role("button", name="Undo").click()
    expect(panel(explorer).get_by_role("heading", name="Evening")).to_be_visible()
    expect(panel(explorer)).to_contain_text("4 pieces")
    assert [track for track, _ in kept(explorer, int(explorer.address_state["playlist"]))] == [9, 3, 3, 4]


def test_everything_is_done_by_keys_alone(explorer: Explorer) -> None:
    page = explorer.open(QUERY).page
    explorer.wait_for_details()
    explorer.details.get_by_role("button", name="Add all to playlist").press("Enter")
    menu = page.get_by_role("form", name="Add to playlist")
    expect(menu.get_by_role("heading")).to_have_text("Add 11 segments to a playlist")
    page.keyboard.press("Tab")
    expect(menu.get_by_label("Name")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Keys")
    page.keyboard.press("Enter")
    expect(menu).to_contain_text("Added to “Keys”.")
    expect(menu.get_by_role("button", name="Show it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(panel(explorer).get_by_role("heading", name="Keys")).to_be_focused()
    before = kept(explorer, 1)
    assert len(before) == 11

    # Rename: Escape leaves the name as it is, Enter keeps the new one.
    for key, name in (("Escape", "Keys"), ("Enter", "Other keys")):
        panel(explorer).get_by_role("button", name="Rename").press("Enter")
        expect(panel(explorer).get_by_label("Name of the playlist")).to_be_focused()
        page.keyboard.type("Other keys")
        page.keyboard.press(key)
        expect(panel(explorer).get_by_role("heading", name=name, exact=True)).to_be_visible()
        expect(panel(explorer).get_by_role("button", name="Rename")).to_be_focused()
    assert explorer.get("playlists/1")["name"] == "Other keys"

    # Arrows walk, Alt with an arrow moves, Delete removes; the focus goes along.
    panel(explorer).locator(".order-name").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowDown")
    moved = [before[0], before[2], before[3], before[1], *before[4:]]
    explorer.until(lambda: kept(explorer, 1) == moved)
    page.keyboard.press("Delete")
    explorer.until(lambda: kept(explorer, 1) == moved[:3] + moved[4:])
    expect(panel(explorer).locator(".order-name").nth(3)).to_be_focused()
    page.keyboard.press("Enter")
    explorer.until(lambda: not explorer.audio["paused"])

    panel(explorer).get_by_role("button", name="Delete", exact=True).press("Enter")
    expect(panel(explorer).get_by_role("button", name="Undo")).to_be_focused()


def test_address_opens_a_playlist_and_back_leads_to_all(explorer: Explorer) -> None:
    explorer.page.goto(f"{explorer.address}/health")
    first, second = made(explorer), made(explorer, "Evening 10")
    made(explorer, "Evening 9")
    page = explorer.open(f"{QUERY}&tab=playlists").page
    rows = panel(explorer).locator(".playlist-row .order-title")
    expect(rows).to_have_text(["Calm", "Evening 9", "Evening 10"])
    rows.nth(2).click()
    expect(panel(explorer).get_by_role("heading", name="Evening 10")).to_be_visible()
    explorer.until(lambda: explorer.address_state.get("playlist") == str(second))
    page.go_back()
    expect(rows.nth(0)).to_be_visible()
    explorer.open(f"{QUERY}&tab=playlists&playlist={first}")
    expect(panel(explorer).get_by_role("heading", name="Calm")).to_be_visible()
    panel(explorer).get_by_role("button", name="Select", exact=True).click()
    track = explorer.get("tracks/3")["networks"]["mtt-musicnn"]["segments"]
    # A whole track, a segment, and the one whose middle is heard from 1 s to 5.5 s, in both halves.
    expect(explorer.stage).to_have_attribute("data-marked", str(track + 1 + 2))
    explorer.open(f"{QUERY}&tab=playlists&playlist=99")
    expect(panel(explorer)).to_contain_text("There is no playlist 99.")
    expect(rows).to_have_count(3)


def test_change_is_not_made_when_another_window_came_first(explorer: Explorer) -> None:
    explorer.page.goto(f"{explorer.address}/health")
    playlist = made(explorer)
    page = explorer.open(f"{QUERY}&tab=playlists&playlist={playlist}").page
    expect(panel(explorer).locator(".order-row")).to_have_count(3)
    theirs: dict[str, Any] = {"entries": [{"track": 20}, {"track": 21}]}
    page.request.put(f"{explorer.address}/api/v1/playlists/{playlist}/entries", data=theirs)
    panel(explorer).get_by_role("button", name="Move Title 3 down").click()
    expect(panel(explorer)).to_contain_text("changed elsewhere meanwhile")
    expect(panel(explorer).locator(".order-row")).to_have_count(2)
    assert [track for track, _ in kept(explorer, playlist)] == [20, 21]

    page.request.delete(f"{explorer.address}/api/v1/playlists/{playlist}")
    panel(explorer).get_by_role("button", name="Rename").click()
    page.keyboard.type("Gone")
    page.keyboard.press("Enter")
    expect(panel(explorer)).to_contain_text(f"There is no playlist {playlist}.")


def test_missing_file_is_named_when_it_is_in_a_playlist(explorer: Explorer) -> None:
    explorer.page.goto(f"{explorer.address}/health")
    made(explorer)

    def lose(route: Any) -> None:
        told = route.fetch().json()
        told["entries"][1]["missing"] = True
        route.fulfill(json=told)

    explorer.page.route("**/api/v1/playlists/1", lose)
    explorer.open(f"{QUERY}&tab=playlists&playlist=1")
    expect(panel(explorer)).to_contain_text("1 file missing")
    expect(panel(explorer).locator(".order-row").nth(1)).to_contain_text("file missing")


@pytest.mark.parametrize("browser_options", [{"color_scheme": scheme} for scheme in SCHEMES])
def test_nothing_is_violated_when_playlists_are_shown(explorer: Explorer) -> None:
    explorer.page.goto(f"{explorer.address}/health")
    made(explorer)
    page = explorer.open(f"{QUERY}{SELECTED}&tab=playlists").page
    expect(panel(explorer).locator(".playlist-row")).to_have_count(1)
    assert violations(page) == []
    panel(explorer).locator(".playlist-row").click()
    expect(panel(explorer).locator(".order-row")).to_have_count(3)
    panel(explorer).get_by_role("button", name="Play all").click()
    expect(panel(explorer).locator(".order-row").first).to_have_attribute("aria-current", "true")
    panel(explorer).get_by_role("button", name="Remove Title 14").click()
    assert violations(page) == []
    panel(explorer).get_by_role("button", name="Rename").click()
    assert violations(page) == []
    page.get_by_role("tab", name="Selection").click()
    page.get_by_role("button", name="Add to playlist …").click()
    expect(page.get_by_role("form", name="Add to playlist")).to_contain_text("Add 4 segments")
    assert violations(page) == []


class TestOnAPhone:
    @pytest.fixture
    def browser_options(self) -> dict[str, Any]:
        return {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}

    def test_playlist_is_worked_with_when_the_screen_is_narrow(self, explorer: Explorer) -> None:
        explorer.page.goto(f"{explorer.address}/health")
        made(explorer, "A name that is rather long for so narrow a screen, and goes on")
        page = explorer.open(f"{QUERY}{SELECTED}&tab=playlists").page
        panel(explorer).locator(".playlist-row").tap()
        panel(explorer).get_by_role("button", name="Move Title 9 up").tap()
        explorer.until(lambda: [track for track, _ in kept(explorer, 1)] == [9, 3, 14])
        panel(explorer).get_by_role("button", name="Rename").tap()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
