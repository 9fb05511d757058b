"""Two maps beside each other."""

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.explorer import Explorer

BOTH = "?network=mtt-musicnn&projection=umap&other.network=audioset-vggish&other.projection=umap"


@pytest.fixture
def comparison(explorer: Explorer) -> Explorer:
    explorer.open(BOTH)
    explorer.page.locator("#agreement strong").wait_for()  # what comes above the maps is there
    return explorer


def other(page: Page) -> Locator:
    return page.get_by_role("region", name="Other map", exact=True)


def time_of(explorer: Explorer, stage: Locator, network: str, attribute: str) -> tuple[int, float]:
    """Track, and second in the middle of the segment, of a row that a map has marked."""
    row = int(stage.get_attribute(attribute) or "")
    answer = explorer.get(
        "points", network=network, layer="embeddings", level="segments", columns="track", format="json"
    )
    offsets, ids = answer["columns"]["offsets"], answer["columns"]["track_ids"]
    at = max(i for i, offset in enumerate(offsets) if offset <= row)
    (facts,) = [facts for facts in explorer.get("networks")["networks"] if facts["name"] == network]
    return ids[at], (row - offsets[at] + 0.5) * facts["segment_seconds"]


def assert_same_time(explorer: Explorer, attribute: str) -> None:
    """Both maps have marked what is heard at the same time."""
    there = explorer.page.locator("#other-stage")
    expect(there).not_to_have_attribute(attribute, "")
    expect(explorer.stage).not_to_have_attribute(attribute, "")
    first = time_of(explorer, explorer.stage, "mtt-musicnn", attribute)
    second = time_of(explorer, there, explorer.address_state["other.network"], attribute)
    assert first[0] == second[0]
    assert abs(first[1] - second[1]) < 3


def on_other(explorer: Explorer) -> Explorer:
    """The same page, driven by its other map."""
    same = Explorer(explorer.page, explorer.address)
    same.stage = explorer.page.locator("#other-stage")
    return same


def test_choice_pointer_and_sound_are_on_both_maps_when_used_on_either(comparison: Explorer) -> None:
    comparison.choose_on_map()
    comparison.until(lambda: comparison.audio["time"] > 0 and not comparison.audio["paused"])
    assert_same_time(comparison, "data-selected")
    assert_same_time(comparison, "data-playing")
    first = comparison.address_state["track"], comparison.address_state["segment"]
    comparison.wait_for_details()
    expect(comparison.page.locator("#other-stage")).not_to_have_attribute("data-linked", "")

    on_other(comparison).choose_on_map()
    comparison.until(
        lambda: (comparison.address_state["track"], comparison.address_state["segment"]) != first
    )
    assert_same_time(comparison, "data-selected")


def test_only_one_map_changes_when_its_own_controls_do(comparison: Explorer) -> None:
    positions = len(comparison.asked("columns=position"))
    here, there = comparison.drawn_points(), on_other(comparison).drawn_points()
    other(comparison.page).get_by_label("Projection").select_option("pca")
    comparison.until(lambda: len(comparison.asked("columns=position")) > positions)
    comparison.wait_for("ready")
    comparison.settle()

    assert comparison.address_state["other.projection"] == "pca"
    assert comparison.address_state["projection"] == "umap"
    comparison.until(lambda: not np.array_equal(on_other(comparison).drawn_points(), there))
    assert (comparison.drawn_points() == here).all()
    comparison.page.reload()
    comparison.wait_for("ready")
    expect(other(comparison.page).get_by_label("Projection")).to_have_value("pca")


def test_agreement_is_told_and_coloured_when_spaces_differ(comparison: Explorer) -> None:
    told = comparison.get(
        "overlap",
        network="mtt-musicnn",
        layer="embeddings",
        level="segments",
        other_network="audioset-vggish",
        other_layer="embeddings",
    )
    sentence = comparison.page.locator("#agreement")
    expect(sentence).to_contain_text(f"Of the 10 nearest of a point, {10 * told['mean']:.1f} are the same")
    sentence.get_by_role("button", name="Colour by agreement").click()

    comparison.wait_for("ready")
    expect(comparison.legend.first).to_contain_text("agrees with VGGish")
    expect(other(comparison.page).get_by_role("region", name="Colours")).to_contain_text(
        "agrees with MusiCNN"
    )


def test_second_map_comes_and_goes_when_the_button_is_pressed(explorer: Explorer) -> None:
    explorer.open()
    button = explorer.page.get_by_role("button", name="Compare")
    button.click()
    expect(other(explorer.page)).to_be_visible()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert explorer.address_state["other.network"] != explorer.address_state["network"]

    explorer.page.go_back()
    expect(other(explorer.page)).to_be_hidden()
    explorer.page.goto(f"{explorer.address}/compare")
    expect(other(explorer.page)).to_be_visible()


def select_box(explorer: Explorer) -> None:
    """Draw a box over most of a map."""
    box = explorer.stage.bounding_box()
    assert box is not None
    explorer.stage.locator("xpath=..").get_by_role("button", name="Select a box").click()
    explorer.page.mouse.move(box["x"] + 10, box["y"] + 130)
    explorer.page.mouse.down()
    explorer.page.mouse.move(box["x"] + 0.85 * box["width"], box["y"] + 0.8 * box["height"], steps=3)
    explorer.page.mouse.up()
    explorer.until(lambda: explorer.stage.get_attribute("data-marked") not in (None, "0"))


def facts(explorer: Explorer) -> dict[str, str]:
    """What the other map has marked: rows that are linked, number of rows that are selected, and so on."""
    names = ("linked", "marked", "selected", "playing")
    stage = explorer.page.locator("#other-stage")
    return {name: stage.get_attribute(f"data-{name}") or "" for name in names}


def test_second_map_knows_what_was_done_before_when_it_is_opened_and_opened_again(explorer: Explorer) -> None:
    page = explorer.open("?network=mtt-musicnn&projection=umap").page
    page.get_by_label("After the segment").select_option("stop")
    explorer.choose_on_map()
    explorer.wait_for_details()
    select_box(explorer)
    button = page.get_by_role("button", name="Compare")
    button.click()
    expect(other(page)).to_be_visible()
    explorer.wait_for("ready")

    explorer.until(lambda: len(facts(explorer)["linked"].split(",")) > 5 and len(explorer.linked) == 10)
    explorer.until(lambda: facts(explorer)["marked"] not in ("", "0"))
    assert_same_time(explorer, "data-selected")
    opened = facts(explorer)
    marked = explorer.stage.get_attribute("data-marked")
    page.reload()
    explorer.wait_for("ready")
    explorer.until(lambda: facts(explorer)["linked"] == opened["linked"])
    explorer.until(lambda: facts(explorer)["marked"] == opened["marked"])
    expect(explorer.stage).to_have_attribute("data-marked", marked or "")

    button.click()
    expect(other(page)).to_be_hidden()
    page.keyboard.press("Escape")
    expect(explorer.stage).to_have_attribute("data-marked", "0")
    page.get_by_role("tab", name="Point").click()
    explorer.neighbours.first.click()
    explorer.wait_for_details()
    explorer.until(lambda: len(explorer.linked) > 5)
    button.click()
    explorer.until(lambda: facts(explorer)["linked"] not in ("", opened["linked"]))
    explorer.until(lambda: facts(explorer)["marked"] == "0")
    assert_same_time(explorer, "data-selected")


def test_pointer_and_selection_are_on_both_maps_when_used_on_either(comparison: Explorer) -> None:
    there, page = on_other(comparison), comparison.page
    for here, beyond in ((comparison, there), (there, comparison)):
        marks = beyond.drawn_marks()
        page.mouse.move(*here.find_point())
        expect(here.stage).not_to_have_attribute("data-hovered", "")
        # A ring, as if the pointer were there.
        comparison.until(lambda beyond=beyond, marks=marks: (beyond.drawn_marks() != marks).any())
        page.mouse.move(5, 5)
        expect(here.stage).to_have_attribute("data-hovered", "")

    for here, beyond in ((comparison, there), (there, comparison)):
        select_box(here)
        expect(beyond.stage).not_to_have_attribute("data-marked", "0")
        page.keyboard.press("Escape")
        expect(here.stage).to_have_attribute("data-marked", "0")
        expect(beyond.stage).to_have_attribute("data-marked", "0")
        page.keyboard.press("Escape")
