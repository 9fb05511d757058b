"""The page for everyone: names, contrast, keys."""

import itertools
import re

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.explorer import Explorer

PAIRS = [
    ("--ink", "--surface", 4.5),
    ("--quiet", "--surface", 4.5),
    ("--quiet", "--raised", 4.5),
    ("--quiet", "--track", 4.5),
    ("--ink", "--accent-soft", 4.5),
    ("--on-accent", "--accent", 4.5),
    ("--accent", "--surface", 4.5),
    ("--bad", "--surface", 4.5),
    ("--field", "--surface", 3.0),
    ("--bar", "--track", 3.0),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_enough_when_the_system_is_light_or_dark(explorer: Explorer, scheme: str) -> None:
    explorer.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    explorer.open()
    names = sorted({name for pair in PAIRS for name in pair[:2]})

    script = (
        "(names) => names.map((n) => getComputedStyle(document.documentElement).getPropertyValue(n).trim())"
    )
    values = dict(zip(names, explorer.page.evaluate(script, names), strict=True))

    weak = {pair: _contrast(values[pair[0]], values[pair[1]]) for pair in PAIRS}
    assert {pair: value for pair, value in weak.items() if value < pair[2]} == {}


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(colour: str) -> list[float]:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


# Colours as seen without red, green or blue cones: Machado, Oliveira, Fernandes 2009, severity 1.
EYES = {
    "all cones": np.eye(3),
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}
# Linear sRGB to the cones' response, and that to OKLab: Ottosson 2020.
CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
OKLAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_categories_are_told_apart_when_eyes_lack_a_kind_of_cone(explorer: Explorer, scheme: str) -> None:
    explorer.page.goto(f"{explorer.address}/health")
    colours = explorer.page.evaluate(
        """async (scheme) => {
          const { colourOf } = await import("/static/js/colours.js");
          return Array.from({ length: 8 }, (_, at) => colourOf({ kind: "categories" }, at + 1, scheme));
        }""",
        scheme,
    )

    ground = {"light": "#ffffff", "dark": "#12141a"}[scheme]
    hexes = ["#" + "".join(f"{channel:02x}" for channel in colour) for colour in colours]
    assert min(_contrast(colour, ground) for colour in hexes) >= 3
    linear = np.array([_linear(colour) for colour in hexes])
    for eye, matrix in EYES.items():
        seen = np.clip(linear @ np.transpose(matrix), 0, 1)
        lab = np.cbrt(seen @ np.transpose(CONES)) @ np.transpose(OKLAB)
        distances = np.linalg.norm(lab[:, None] - lab[None], axis=2)[np.triu_indices(len(lab), 1)]
        assert distances.min() > 0.08, eye


def test_everything_that_is_operated_has_a_name_when_a_point_is_chosen(explorer: Explorer) -> None:
    explorer.open("?network=mtt-musicnn&projection=pca")
    explorer.choose_on_map()
    explorer.wait_for_details()

    tree = explorer.page.locator("body").aria_snapshot()

    operated = re.findall(r"- (button|link|combobox|slider|radio|checkbox|application)(.*)", tree)
    assert len(operated) > 30
    assert [line for line in operated if not line[1].strip().startswith('"')] == []
    headings = re.findall(r"heading .*\[level=(\d)\]", tree)
    assert headings[0] == "1"
    assert all(int(after) - int(before) <= 1 for before, after in itertools.pairwise(headings))


def test_keys_are_listed_when_the_question_mark_is_pressed(explorer: Explorer) -> None:
    explorer.open()

    explorer.page.keyboard.press("?")

    dialog = explorer.page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("nearest neighbour")
    explorer.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_single_keys_do_nothing_when_they_are_switched_off(explorer: Explorer) -> None:
    explorer.open()
    explorer.page.get_by_role("button", name="Keys").click()
    explorer.page.get_by_role("checkbox", name="Single keys").uncheck()
    explorer.page.keyboard.press("Escape")

    explorer.page.keyboard.press("?")

    expect(explorer.page.get_by_role("dialog", name="Keys")).to_be_hidden()


def test_space_presses_the_button_when_a_button_has_the_focus(explorer: Explorer) -> None:
    explorer.open()
    explorer.choose_on_map()
    explorer.until(lambda: not explorer.audio["paused"])

    explorer.page.get_by_role("button", name="Mute").focus()
    explorer.page.keyboard.press(" ")

    expect(explorer.page.locator("audio")).to_have_js_property("muted", True)
    assert not explorer.audio["paused"]


def test_focus_stays_on_the_control_when_another_value_is_chosen(explorer: Explorer) -> None:
    explorer.open()
    control = explorer.page.get_by_label("Colour by")
    control.focus()

    control.select_option("artist")

    expect(explorer.legend).to_contain_text("Artist")
    expect(explorer.page.get_by_label("Colour by")).to_be_focused()


def test_view_does_not_fly_when_motion_is_unwanted(explorer: Explorer) -> None:
    explorer.page.emulate_media(reduced_motion="reduce")
    explorer.open()
    home = explorer.drawn_points()

    explorer.page.get_by_role("button", name="Zoom in").click()
    view = explorer.until(lambda: explorer.address_state.get("view", ""))

    assert view.endswith(",1.6")
    explorer.until(lambda: not np.array_equal(explorer.drawn_points(), home))


def test_nothing_jumps_when_the_page_loads_and_its_axes_appear(explorer: Explorer) -> None:
    explorer.page.add_init_script(
        """window.shifted = 0;
        new PerformanceObserver((list) => {
          for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifted += shift.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    explorer.open()

    explorer.page.get_by_label("Projection").select_option("pca")
    explorer.wait_for("ready")
    explorer.choose_on_map()
    explorer.wait_for_details()

    explorer.settle()
    assert explorer.page.evaluate("window.shifted") < 0.01


def test_music_is_found_heard_and_saved_as_a_playlist_when_only_tab_and_enter_are_used(
    explorer: Explorer,
) -> None:
    page = explorer.page
    explorer.open("?network=mtt-musicnn&level=segments")
    tab_to(page.get_by_role("combobox", name="Search for a track"))
    page.keyboard.type("title 12")
    expect(page.get_by_role("option").first).to_contain_text("Title 12")
    page.keyboard.press("Enter")
    explorer.wait_for_details()
    explorer.until(lambda: explorer.audio["time"] > 0 and not explorer.audio["paused"])

    expect(explorer.details).to_be_focused()
    neighbour = explorer.neighbours.nth(1)
    point = neighbour.get_attribute("data-track"), neighbour.get_attribute("data-segment")
    tab_to(neighbour)
    assert len(explorer.linked) > 1
    page.keyboard.press("Enter")
    explorer.wait_for_details()
    assert (explorer.address_state["track"], explorer.address_state["segment"]) == point
    explorer.until(lambda: explorer.audio["source"].endswith(f"/{point[0]}") and not explorer.audio["paused"])

    tab_to(explorer.details.get_by_role("button", name="Select all"))
    page.keyboard.press("Enter")
    selection = page.get_by_role("tabpanel", name="Selection")
    expect(selection).to_be_focused()
    expect(selection.get_by_role("heading")).to_have_text("11 segments")
    tab_to(selection.get_by_role("button", name="Save as"))
    page.keyboard.press("Enter")
    menu = page.get_by_role("form", name="Save the selection")
    tab_to(menu.get_by_role("button", name="Save", exact=True))
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    lines = download.value.path().read_text().splitlines()
    assert lines[0] == "#EXTM3U"
    assert len([line for line in lines if line.startswith("#EXTINF")]) > 1


def tab_to(target: Locator) -> None:
    """Press Tab until an element has the focus."""
    for _ in range(80):
        target.page.keyboard.press("Tab")
        if target.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead to {target}")


def test_focus_stays_in_the_panel_when_a_neighbour_is_chosen_by_key(explorer: Explorer) -> None:
    explorer.open()
    explorer.choose_on_map()
    explorer.wait_for_details()

    explorer.neighbours.first.focus()
    explorer.page.keyboard.press("Enter")

    expect(explorer.details).to_be_focused()
    explorer.wait_for_details()
    explorer.page.keyboard.press("Tab")
    expect(explorer.details.get_by_role("button", name="Play next")).to_be_focused()
