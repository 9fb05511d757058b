"""The page on a phone, upright and on its side, and in a narrow window."""

import pytest
from playwright.sync_api import FloatRect, Locator, expect

from tests.e2e.explorer import Explorer

QUERY = "?network=mtt-musicnn&level=segments"


def box_of(locator: Locator) -> FloatRect:
    box = locator.bounding_box()
    assert box is not None
    return box


class TestUpright:
    @pytest.fixture
    def browser_options(self):
        return {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}

    def test_map_stays_where_it_is_when_a_track_is_searched(self, explorer: Explorer) -> None:
        explorer.open(QUERY)
        before = box_of(explorer.stage)
        box = explorer.page.get_by_role("combobox", name="Search for a track")
        box.tap()
        box.press_sequentially("title 12")
        box.press("Enter")
        expect(explorer.details).to_be_focused()
        explorer.wait_for_details()
        assert box_of(explorer.stage) == before

    def test_page_of_the_panel_comes_up_when_it_is_wanted(self, explorer: Explorer) -> None:
        explorer.open(f"{QUERY}&track=3&segment=1")
        explorer.wait_for_details()
        page = explorer.page
        tabs, top = page.get_by_role("tablist"), box_of(page.get_by_role("main"))["y"]

        page.get_by_role("tab", name="Quality").tap()
        expect(page.locator(".gauge").first).to_be_visible()
        explorer.until(lambda: box_of(tabs)["y"] == pytest.approx(top, abs=2))
        page.get_by_role("tab", name="Point").tap()
        explorer.details.get_by_role("button", name="Select all").tap()
        selection = page.get_by_role("tabpanel", name="Selection")
        expect(selection).to_be_focused()
        explorer.until(lambda: box_of(tabs)["y"] == pytest.approx(top, abs=2))
        assert box_of(selection.get_by_role("heading"))["y"] > box_of(tabs)["y"] + box_of(tabs)["height"]

    def test_player_has_its_options_when_they_are_opened(self, explorer: Explorer) -> None:
        explorer.open(QUERY)
        after = explorer.player.get_by_label("After the segment")
        expect(after).to_be_hidden()
        explorer.player.get_by_role("button", name="Options").tap()
        after.select_option("stop")
        explorer.player.get_by_label("Play on").select_option("off")
        volume = explorer.player.get_by_role("slider", name="Volume")
        volume.fill("0.4")
        expect(explorer.page.locator("audio")).to_have_js_property("volume", 0.4)
        assert box_of(volume)["x"] + box_of(volume)["width"] < 390
        explorer.page.keyboard.press("Escape")
        expect(after).to_be_hidden()

    def test_agreement_is_a_button_below_its_sentence_when_two_maps_are_compared(
        self, explorer: Explorer
    ) -> None:
        explorer.open(f"{QUERY}&other=on")
        button = explorer.page.get_by_role("button", name="Colour by agreement")
        sentence = explorer.page.locator("#agreement span").first
        assert box_of(button)["x"] == box_of(sentence)["x"]
        edge = button.evaluate("(button) => getComputedStyle(button).borderColor")
        assert edge != "rgba(0, 0, 0, 0)"


@pytest.mark.parametrize("width", [700, 780])
def test_words_of_the_masthead_stay_on_one_line_when_the_window_is_narrow(
    explorer: Explorer, width: int
) -> None:
    explorer.page.set_viewport_size({"width": width, "height": 700})
    explorer.open(QUERY)
    masthead = explorer.page.get_by_role("banner")
    for part in (masthead.get_by_role("heading"), masthead.get_by_role("button", name="Keys")):
        assert box_of(part)["height"] < 40
    assert explorer.page.evaluate("document.documentElement.scrollWidth") == width


class TestOnItsSide:
    @pytest.fixture
    def browser_options(self):
        return {"viewport": {"width": 780, "height": 390}, "has_touch": True, "is_mobile": True}

    def test_map_and_its_tools_are_seen_when_the_screen_is_low(self, explorer: Explorer) -> None:
        explorer.open(QUERY)
        stage, player = box_of(explorer.stage), box_of(explorer.player)
        assert player["y"] - stage["y"] > 200
        tools = box_of(explorer.page.locator(".tools").first)
        assert tools["y"] > stage["y"]
        assert tools["y"] + tools["height"] <= player["y"]
        explorer.player.get_by_role("button", name="Options").tap()
        explorer.player.get_by_label("After the segment").select_option("repeat")
