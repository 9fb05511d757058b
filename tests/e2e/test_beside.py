"""The panel beside the map: taggram, selection, quality."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.explorer import Explorer, differs
from tests.e2e.test_accessibility import violations

QUERY = "?network=mtt-musicnn&layer=embeddings&track=3&segment=1"
SEGMENT = 2.992


@pytest.fixture
def ready(explorer: Explorer) -> Explorer:
    """The explorer with a chosen point."""
    explorer.open(QUERY)
    explorer.wait_for_details()
    return explorer


def open_page(explorer: Explorer, name: str) -> Locator:
    explorer.page.get_by_role("tab", name=name).click()
    return explorer.page.get_by_role("tabpanel", name=name)


def _colours_are_those_of_the_scale(explorer: Explorer, page: Locator, activations: np.ndarray) -> None:
    """Compare the middle of the strongest cell of the first row with the scale at its activation."""
    plot, scale = page.locator(".heatmap-plot").first, page.locator(".taggram-scale")
    # The picture of the cells is decoded after the plot is there.
    explorer.until(lambda: np.unique(explorer.pixels(plot).reshape(-1, 3), axis=0).shape[0] > 30)
    picture = explorer.pixels(plot)
    expect(scale).to_have_accessible_name(re.compile("from 0, not heard, to 1"))
    bar = explorer.pixels(page.locator(".taggram-scale-bar"))
    at = int(activations[0].argmax())
    x = 108 + (picture.shape[1] - 114) * (at + 0.5) / len(activations[0])
    drawn = picture[4 + 7, round(x)].astype(int)
    meant = bar[bar.shape[0] // 2, round(float(activations[0, at]) * (bar.shape[1] - 1))].astype(int)
    assert np.abs(drawn - meant).max() < 16


def test_taggram_is_drawn_and_follows_and_leads_the_sound_when_it_is_opened(ready: Explorer) -> None:
    assert not ready.asked("/vendor/")
    page = open_page(ready, "Taggram")
    plot = page.locator(".heatmap-plot").first
    truth = ready.get("tracks/3/taggram", network="mtt-musicnn")
    count = len(truth["activations"][0])
    expect(plot).to_have_attribute("data-drawn", f"mtt-musicnn 20×{count}")
    means = np.array(truth["activations"]).mean(axis=1)
    strongest = [truth["tags"][place] for place in np.argsort(-means, kind="stable")[:20]]
    expect(plot.locator(".ytick text")).to_have_text(strongest)
    _colours_are_those_of_the_scale(
        ready, page, np.array(truth["activations"])[np.argsort(-means, kind="stable")]
    )
    assert violations(ready.page) == []
    assert ready.address_state["tab"] == "taggram"

    # Clicking three quarters along the picture seeks there, and the playhead goes with the sound.
    box = plot.bounding_box()
    assert box is not None
    picture = (box["x"] + 108, box["width"] - 114)
    ready.page.mouse.click(picture[0] + 0.75 * picture[1], box["y"] + 40)
    wanted = 0.75 * count * SEGMENT
    ready.until(lambda: ready.audio["time"] == pytest.approx(wanted, abs=0.3))
    place = page.locator(".heatmap-playhead").first.evaluate("(head) => head.getBoundingClientRect().x")
    assert place == pytest.approx(picture[0] + 0.75 * picture[1], abs=3)
    now = np.array(truth["activations"])[:, int(wanted // SEGMENT)]
    expect(page.get_by_role("region", name="Strongest tags now").locator(".tag-name").first).to_have_text(
        truth["tags"][int(now.argmax())]
    )

    page.get_by_label("Compare with").select_option("msd-vgg")
    expect(page.locator(".heatmap-plot").nth(1)).to_have_attribute("data-drawn", f"msd-vgg 20×{count}")
    page.get_by_role("button", name="All 50 tags").click()
    expect(plot).to_have_attribute("data-drawn", f"mtt-musicnn 50×{count}")
    assert len(ready.asked("/vendor/")) == 1


def saved(page: Page, form: str, **places: str) -> Any:
    """What comes when a form is chosen and saved."""
    page.get_by_role("button", name="Save as").click()
    menu = page.get_by_role("form", name="Save the selection")
    menu.get_by_role("combobox", name="As", exact=True).select_option(label=form)
    for label, value in places.items():
        menu.get_by_label(label.replace("_", " ")).select_option(label=value)
    with page.expect_download() as waiting:
        menu.get_by_role("button", name="Save").click()
    expect(menu).to_contain_text("Saved as Selection.")
    page.keyboard.press("Escape")
    return Path(waiting.value.path())


def test_neighbours_become_a_sorted_playlist_without_a_mouse_when_they_are_selected(ready: Explorer) -> None:
    page = ready.page
    ready.details.get_by_role("button", name="Select all").press("Enter")
    selection = page.get_by_role("tabpanel", name="Selection")
    expect(selection.get_by_role("heading", name="11 segments")).to_be_visible()
    table = selection.get_by_role("grid", name="Selected points")
    expect(table).to_have_attribute("aria-rowcount", "12")
    rows = table.locator(".table-row")
    expect(rows).to_have_count(11)
    title = ready.get("tracks/3")["title"]
    expect(table).to_contain_text(title)
    assert violations(page) == []

    table.get_by_role("button", name="At").press("Enter")
    expect(table.get_by_role("columnheader", name="At")).to_have_attribute("aria-sort", "ascending")
    times = ready.until(lambda: (now := _column(rows, 1)) == sorted(now) and now)
    table.get_by_role("button", name="At").press("Enter")
    expect(table.get_by_role("columnheader", name="At")).to_have_attribute("aria-sort", "descending")
    ready.until(lambda: _column(rows, 1) == sorted(times, reverse=True))

    table.focus()
    page.keyboard.press("End")
    page.keyboard.press("Shift+ArrowUp")
    expect(table.locator("[aria-selected=true]")).to_have_count(2)
    page.keyboard.press("Delete")
    expect(rows).to_have_count(9)
    ready.until(lambda: (now := _column(rows, 1)) == sorted(now, reverse=True))
    first = int(_column(rows, 1)[0] / SEGMENT + 0.5)
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    ready.until(lambda: int(ready.address_state["segment"]) == first)
    ready.until(lambda: not ready.audio["paused"])

    lines = saved(page, "Playlist (M3U8)").read_text().splitlines()
    assert lines[0] == "#EXTM3U"
    assert len([line for line in lines if line.startswith(f"{ready.address}/audio/track/")]) == 9
    paths = saved(page, "Playlist (M3U8)", Tracks_are_given_by="paths of files, for Windows").read_text()
    assert "\\track 0000" in paths
    assert ready.address not in paths
    assert saved(page, "Playlist (XSPF)").read_text().count("<track>") == 9
    table_rows = list(csv.DictReader(io.StringIO(saved(page, "Table (CSV)").read_text())))
    vectors = np.load(saved(page, "Embeddings (.npy)"))
    assert vectors["vector"].shape == (9, 200)
    assert [int(row["track"]) for row in table_rows] == vectors["track"].tolist()
    assert saved(page, "Activations of tags (Parquet)").read_bytes()[:4] == b"PAR1"

    selection.get_by_role("button", name="Play all").click()
    expect(ready.player.get_by_role("button", name="Queue, 8 to come")).to_be_visible()
    selection.get_by_role("button", name="Clear").click()
    expect(selection).to_contain_text("Nothing is selected")


def test_neighbours_are_of_other_tracks_when_so_wanted(ready: Explorer) -> None:
    def tracks() -> list[str]:
        found: list[str] = ready.neighbours.evaluate_all("(all) => all.map(({ dataset }) => dataset.track)")
        return found

    assert "3" in tracks()
    others = ready.details.get_by_label("other tracks only")
    others.focus()
    ready.page.keyboard.press(" ")
    ready.until(lambda: len(now := tracks()) == 10 and "3" not in now)
    expect(others).to_be_focused()
    space = {"network": "mtt-musicnn", "layer": "embeddings", "track": 3, "segment": 1}
    found = ready.get("similar", **space, exclude="track")["results"]
    ready.until(lambda: ready.linked == [result["row"] for result in found])

    ready.page.reload()
    ready.wait_for("ready")
    ready.wait_for_details()
    expect(others).to_be_checked()
    expect(ready.neighbours).to_have_count(10)
    assert "3" not in tracks()


def test_save_menu_opens_at_its_button_and_says_how_tracks_are_given(ready: Explorer) -> None:
    page = ready.page
    ready.details.get_by_role("button", name="Select all").click()
    table = page.get_by_role("grid", name="Selected points")
    expect(table.locator(".table-row").first).to_be_visible()
    edge, shown = (part.bounding_box() for part in (table.get_by_role("columnheader", name="Artist"), table))
    assert edge is not None
    assert shown is not None
    assert edge["x"] + edge["width"] <= shown["x"] + shown["width"]
    opener, menu = (
        page.get_by_role("button", name="Save as"),
        page.get_by_role("form", name="Save the selection"),
    )
    opener.click()
    expect(menu.get_by_label("Tracks are given by").locator("option:checked")).to_have_text(
        "addresses of this server"
    )
    below, button = menu.bounding_box(), opener.bounding_box()
    assert below is not None
    assert button is not None
    assert below["y"] - button["y"] - button["height"] == pytest.approx(6, abs=1)
    menu.get_by_role("button", name="Close").click()
    expect(menu).to_be_hidden()


def _column(rows: Locator, place: int) -> list[float]:
    """Times of a column, in seconds."""
    texts = rows.evaluate_all(f"(rows) => rows.map((row) => row.children[{place}].textContent)")
    return [60 * int(text.split(":")[0]) + int(text.split(":")[1]) for text in texts]


def test_selection_stays_quick_when_it_has_hundred_thousand_rows(page: Page, server: str) -> None:
    page.goto(f"{server}/health")
    found = page.evaluate(
        """async () => {
          const { Table } = await import("/static/js/beside/table.js");
          const { COLUMNS, orderBy } = await import("/static/js/beside/selection-columns.js");
          const points = Array.from({ length: 100_000 }, (_, i) => ({ track: i % 5000, segment: i % 7 }));
          const names = { get: (id) => (id ? { title: `Title ${id}`, genres: [] } : null) };
          const removed = [];
          const table = new Table({ label: "x", onOpen() {}, onRemove: (rows) => removed.push(rows.size) });
          table.element.style.height = "400px";
          table.element.style.overflow = "auto";
          document.body.append(table.element);
          const begun = performance.now();
          const cell = (row, column) => column.text(points[row], names.get(1), 3);
          table.show(COLUMNS, points.length, cell, null);
          const shown = performance.now() - begun;
          const key = (key, more) =>
            table.element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
          key("End");
          const rows = table.element.querySelectorAll(".table-row");
          key("Delete");
          key("a", { ctrlKey: true });
          key("Delete");
          const sorting = performance.now();
          const order = orderBy(points, COLUMNS[0], names, false);
          return {
            shown, rows: rows.length, removed, sorted: performance.now() - sorting,
            last: rows[rows.length - 1].getAttribute("aria-rowindex"),
            order: [order[0], order[20], points[order[99_999]].track],
          };
        }"""
    )
    assert found["rows"] < 60
    assert found["last"] == "100001"
    assert found["removed"] == [1, 100_000]
    assert found["order"] == [1, 2, 0]  # natural order: 2 comes before 10; what has no name is last


def test_quality_is_told_in_words_when_its_page_is_opened(ready: Explorer) -> None:
    page = open_page(ready, "Quality")
    projection = ready.address_state["projection"]
    space = {"network": "mtt-musicnn", "layer": "embeddings", "level": "segments"}
    truth = ready.get("quality", **space, projection=projection)
    kept = truth["projection"]["preservation_10"]
    expect(page).to_contain_text(f"about {round(10 * kept)} of them")
    expect(page.locator(".gauge .number").first).to_have_text(f"{100 * kept:.0f} %")
    assert violations(ready.page) == []
    hub = truth["hubness"]["hubs"][0]
    first = page.locator(".hub").first
    expect(first).to_contain_text(hub["track"]["title"])
    first.click()
    ready.until(lambda: ready.selected == hub["row"])
    ready.page.get_by_role("tab", name="Quality").press("Home")
    expect(ready.page.get_by_role("tab", name="Point")).to_be_focused()
    expect(ready.details).to_be_visible()


class TestOnAPhone:
    @pytest.fixture
    def browser_options(self) -> dict[str, object]:
        return {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}

    def test_nothing_is_wider_than_the_screen_when_pages_are_opened(self, ready: Explorer) -> None:
        ready.details.get_by_role("button", name="Select all").click()
        for name, content in (
            ("Selection", ".table-row"),
            ("Taggram", ".heatmap-plot[data-drawn]"),
            ("Quality", ".gauge"),
            ("Point", ".neighbour"),
        ):
            page = open_page(ready, name)
            expect(page.locator(content).first).to_be_visible()
            assert ready.page.evaluate("document.documentElement.scrollWidth") == 390
        expect(ready.page.get_by_role("button", name="Wide panel")).to_be_hidden()
        expect(ready.player.locator(".wave")).to_have_attribute("data-state", "ready")
        assert differs(ready.pixels(ready.player.locator(".wave"))).any()


def test_panel_is_as_wide_and_at_the_page_as_it_was_when_the_address_is_opened_again(
    ready: Explorer,
) -> None:
    panel = ready.page.get_by_role("complementary", name="Beside the map")
    before = panel.bounding_box()
    ready.page.get_by_role("button", name="Wide panel").click()
    open_page(ready, "Quality")
    ready.page.reload()
    ready.wait_for("ready")
    expect(ready.page.get_by_role("tab", name="Quality")).to_have_attribute("aria-selected", "true")
    expect(ready.page.locator(".gauge").first).to_be_visible()
    after = panel.bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > before["width"] + 200
