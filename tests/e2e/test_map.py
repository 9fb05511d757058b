"""The map: what is drawn, pointed at, moved and coloured."""

import itertools

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.explorer import Explorer, background, count_colour, differs


def test_map_shows_all_segments_in_the_legends_colours_when_opened(explorer: Explorer) -> None:
    explorer.open()

    network = explorer.get("networks")["networks"][0]
    assert explorer.points == network["segments"]
    expect(
        explorer.page.get_by_text(f"{network['segments']} segments of {network['tracks']} tracks")
    ).to_be_visible()
    colours = explorer.colours_in_legend()
    assert len(colours) > 3
    explorer.until(lambda: all(count_colour(explorer.drawn_points(), colour) > 40 for colour in colours))


def test_map_says_which_snapshot_it_shows_when_ready(explorer: Explorer) -> None:
    explorer.open()

    snapshot = explorer.page.evaluate("document.documentElement.dataset.snapshot")
    assert snapshot == explorer.get("networks")["snapshot"]["id"]


def test_map_shows_one_point_per_track_when_tracks_are_chosen(explorer: Explorer) -> None:
    explorer.open()

    explorer.page.get_by_text("tracks", exact=True).click()

    explorer.until(lambda: explorer.points == explorer.get("networks")["networks"][0]["tracks"])
    explorer.until(lambda: explorer.address_state["level"] == "tracks")


def test_only_the_colours_are_fetched_when_points_are_coloured_by_a_tag(explorer: Explorer) -> None:
    explorer.open("?network=mtt-musicnn")
    before = explorer.drawn_points()
    explorer.requests.clear()

    explorer.page.get_by_label("Colour by").select_option(label="guitar")

    expect(explorer.legend).to_contain_text("guitar")
    explorer.wait_for("ready")
    after = explorer.drawn_points()
    assert len(explorer.asked("columns=tag%3Aguitar")) == 1
    assert explorer.asked("columns=position") == explorer.asked("columns=track") == []
    drawn = [differs(image, by=12).sum() for image in (before, after)]
    assert drawn[1] == pytest.approx(drawn[0], rel=0.1)
    assert (before != after).any(axis=2).sum() > 1000


def test_points_of_other_categories_fade_when_one_is_pressed(explorer: Explorer) -> None:
    explorer.open()
    colours = explorer.colours_in_legend()
    category = explorer.legend.get_by_role("button").nth(1)

    category.click()

    expect(category).to_have_attribute("aria-pressed", "true")
    explorer.until(lambda: count_colour(explorer.drawn_points(), colours[0]) == 0)
    assert count_colour(explorer.drawn_points(), colours[1]) > 100

    category.click()
    explorer.until(lambda: count_colour(explorer.drawn_points(), colours[0]) > 100)


def test_card_tells_track_time_and_strongest_tags_when_a_point_is_hovered(explorer: Explorer) -> None:
    explorer.open("?network=mtt-musicnn")

    explorer.page.mouse.move(*explorer.find_point())

    expect(explorer.card).to_be_visible()
    row = int(explorer.stage.get_attribute("data-hovered") or "")
    point = _point_at(explorer, row)
    track = explorer.get(f"tracks/{point['track']}")
    tags = explorer.get(f"tracks/{point['track']}/tags", network="mtt-musicnn", segment=point["segment"])[
        "tags"
    ]
    expect(explorer.card).to_contain_text(track["title"])
    expect(explorer.card.locator(".tag-name")).to_have_text([tag["tag"] for tag in tags[:3]])

    explorer.page.mouse.move(5, 5)
    expect(explorer.card).to_be_hidden()


def _point_at(explorer: Explorer, row: int) -> dict[str, int]:
    columns = explorer.get(
        "points", network="mtt-musicnn", layer="embeddings", level="segments", columns="track", format="json"
    )["columns"]
    index = int(np.searchsorted(columns["offsets"], row, side="right")) - 1
    return {"track": columns["track_ids"][index], "segment": row - columns["offsets"][index]}


def test_view_zooms_and_comes_back_when_the_wheel_turns_and_zero_is_pressed(explorer: Explorer) -> None:
    explorer.open()
    home = explorer.drawn_points()
    explorer.page.mouse.move(*explorer.find_point())

    explorer.page.mouse.wheel(0, -600)

    zoom = explorer.until(lambda: float(explorer.address_state.get("view", "0,0,0").split(",")[2]))
    assert zoom == pytest.approx(np.exp(600 * 0.0016), rel=0.01)
    explorer.until(lambda: not np.array_equal(explorer.drawn_points(), home))

    explorer.page.keyboard.press("0")
    explorer.until(lambda: "view" not in explorer.address_state)
    explorer.until(lambda: np.array_equal(explorer.drawn_points(), home))


def test_view_zooms_when_a_place_is_clicked_twice_or_plus_and_minus_are_pressed(explorer: Explorer) -> None:
    page = explorer.open("?labels=off").page
    box = explorer.stage.bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + 20, box["y"] + box["height"] / 2)
    x, _, zoom = explorer.until(lambda: explorer.address_state.get("view", "")).split(",")
    assert float(zoom) == 2
    assert float(x) < 0.5  # towards the place
    assert explorer.selected is None

    page.keyboard.press("0")
    explorer.until(lambda: "view" not in explorer.address_state)
    page.keyboard.press("+")
    explorer.until(lambda: explorer.address_state.get("view", "").endswith(",1.6"))  # when it has arrived
    page.keyboard.press("-")
    explorer.until(lambda: "view" not in explorer.address_state)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("zoom in there")


def test_more_regions_are_named_when_one_looks_nearer(explorer: Explorer) -> None:
    space = {"network": "mtt-musicnn", "layer": "embeddings", "level": "segments", "projection": "umap"}
    levels = {level["zoom"]: level["labels"] for level in explorer.get("labels", **space)["levels"]}
    assert len(levels[4]) > len(levels[1])
    names = explorer.stage.locator(".labels span")
    for zoom, level in ((1, 1), (1.9, 1), (2, 2), (5, 4)):
        explorer.open(f"?network=mtt-musicnn&projection=umap&view=0.5,0.5,{zoom}")
        expect(names).to_have_text([label["text"] for label in levels[level]])


def test_points_are_coloured_and_explained_when_attributes_or_the_map_itself_are_chosen(
    explorer: Explorer,
) -> None:
    space = {"network": "mtt-musicnn", "layer": "embeddings", "level": "segments", "format": "json"}
    query = "?network=mtt-musicnn&projection=umap&labels=off&colour="
    plain = explorer.open(f"{query}none").drawn_points()
    scale = explorer.legend.get_by_role("img")

    explorer.open(f"{query}kept")
    expect(scale).to_have_attribute("aria-label", "Colour scale from none to all ten")
    kept = explorer.drawn_points()

    explorer.open(f"{query}year")
    found = explorer.get("points", **space, columns="year")["info"]["categories"]["year"][1:]
    expect(scale).to_have_attribute("aria-label", f"Colour scale from {found[0]} to {found[-1]}")
    year = explorer.drawn_points()
    for one, other in itertools.combinations((plain, kept, year), 2):
        assert (one != other).any(axis=2).sum() > 1000

    explorer.open(f"{query}artist")
    columns = explorer.get("points", **space, columns="artist,track")
    artists, offsets = columns["columns"]["artist"], columns["columns"]["offsets"]
    counts = np.bincount(np.repeat(artists, np.diff(offsets)))
    told = dict(zip(columns["info"]["categories"]["artist"], counts.tolist(), strict=True))
    image = explorer.drawn_points()
    for entry, colour in zip(
        explorer.legend.get_by_role("button").all(), explorer.colours_in_legend(), strict=True
    ):
        name, number = entry.locator("span").nth(1).inner_text(), entry.locator(".number").inner_text()
        assert told["" if name == "unknown" else name] == int(number)
        assert count_colour(image, colour) > 50


def test_tracks_are_larger_when_their_segments_lie_further_apart(explorer: Explorer) -> None:
    space = {"network": "mtt-musicnn", "layer": "embeddings", "level": "tracks", "format": "json"}
    columns = explorer.get("points", **space, columns="spread,track")["columns"]
    order = [columns["track_ids"][row] for row in np.argsort(columns["spread"])]
    areas = []
    for track in (order[0], order[-1]):
        alone = f"q={track:06d}.wav&rest=hide&colour=none&labels=off"
        explorer.open(f"?network=mtt-musicnn&layer=embeddings&level=tracks&projection=umap&{alone}")
        expect(explorer.page.locator("[data-part=counts]")).to_contain_text("1 of 60")
        areas.append(int(differs(explorer.drawn_points()).sum()))
    assert areas[1] > 1.2 * areas[0] > 0


def test_points_move_with_the_pointer_when_the_map_is_dragged(explorer: Explorer) -> None:
    explorer.open()
    before = explorer.drawn_points()
    box = explorer.stage.bounding_box()
    assert box is not None
    x, y = box["x"] + 30, box["y"] + box["height"] / 2

    explorer.page.mouse.move(x, y)
    explorer.page.mouse.down()
    explorer.page.mouse.move(x + 40, y + 20)
    explorer.page.mouse.move(x + 80, y + 40)
    explorer.page.mouse.up()
    explorer.until(lambda: "view" in explorer.address_state)

    after = explorer.drawn_points()
    moved = after[40 + 60 :, 80 + 60 :]
    still = before[60 : 60 + moved.shape[0], 60 : 60 + moved.shape[1]]
    assert differs(moved).sum() > 1000
    same = np.abs(moved.astype(int) - still.astype(int)).max(axis=2) < 48
    assert same.mean() > 0.995
    assert explorer.selected is None


def test_axes_carry_titles_and_numbers_when_two_tags_are_chosen(explorer: Explorer) -> None:
    explorer.open("?network=mtt-musicnn&layer=taggrams&projection=original")

    explorer.page.get_by_label("X tag").select_option("guitar")
    explorer.page.get_by_label("Y tag").select_option("techno")

    axes = explorer.page.locator("[data-part=axes]")
    expect(axes.locator(".axis-title")).to_have_text(["guitar", "techno"])
    explorer.wait_for("ready")
    labels = [float(text.replace("−", "-")) for text in axes.locator(".tick").all_text_contents()]
    assert 0 in labels
    assert all(0 <= value <= 1.2 for value in labels)
    assert explorer.points == explorer.get("networks")["library"]["segments"]


def test_controls_offer_components_with_their_variance_when_pca_is_chosen(explorer: Explorer) -> None:
    explorer.open("?network=mtt-musicnn&projection=pca")

    options = explorer.page.get_by_label("X component").locator("option")

    variance = explorer.get("networks")["networks"]
    described = next(network for network in variance if network["name"] == "mtt-musicnn")
    pca = next(p for p in described["layers"][0]["levels"][0]["projections"] if p["name"] == "pca")
    expect(options).to_have_count(pca["components"])
    expect(options.first).to_contain_text("1 (")


@pytest.mark.parametrize("width", [1400, 1000])
def test_names_of_networks_are_read_in_full_when_the_window_is_that_wide(
    explorer: Explorer, width: int
) -> None:
    explorer.page.set_viewport_size({"width": width, "height": 800})
    explorer.open("?network=mtt-musicnn&layer=taggrams&projection=original")
    script = """(select) => {
      const context = document.createElement("canvas").getContext("2d");
      const { font, paddingLeft, paddingRight } = getComputedStyle(select);
      context.font = font;
      const widths = [...select.options].map(({ text }) => context.measureText(text).width);
      return [Math.max(...widths), select.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight)];
    }"""
    needed, given = explorer.page.get_by_label("Network").evaluate(script)
    assert needed <= given
    box = explorer.page.get_by_role("form").bounding_box()
    assert box is not None
    assert box["height"] < 190  # three rows at most


def test_no_tags_are_offered_when_the_network_has_none(explorer: Explorer) -> None:
    explorer.open("?network=audioset-vggish")

    groups = explorer.page.get_by_label("Colour by").locator("optgroup")

    expect(groups).to_have_count(2)  # the library's attributes, and what can be told of any map
    explorer.choose_on_map()
    explorer.wait_for_details()
    expect(explorer.tags).to_be_hidden()
    expect(explorer.neighbours).to_have_count(10)


def test_map_comes_back_when_the_graphics_context_was_lost(explorer: Explorer) -> None:
    explorer.open()
    before = explorer.drawn_points()
    canvas = explorer.stage.locator("canvas").first

    loss = canvas.evaluate_handle(
        "(canvas) => canvas.getContext('webgl2').getExtension('WEBGL_lose_context')"
    )
    loss.evaluate("(loss) => loss.loseContext()")
    expect(explorer.message).to_be_visible()
    loss.evaluate("(loss) => loss.restoreContext()")

    expect(explorer.message).to_be_hidden()
    explorer.until(lambda: np.array_equal(explorer.drawn_points(), before))


def test_message_says_what_is_missing_when_the_browser_has_no_webgl2(explorer: Explorer, page: Page) -> None:
    page.add_init_script(
        """const getContext = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
          return kind === "webgl2" ? null : getContext.call(this, kind, ...rest);
        };"""
    )

    explorer.open(state="error")

    expect(explorer.message).to_contain_text("WebGL 2")


def test_colours_follow_the_system_when_it_turns_dark(explorer: Explorer, page: Page) -> None:
    explorer.open()
    light = explorer.drawn_points()
    light_colours = explorer.colours_in_legend()

    page.emulate_media(color_scheme="dark")

    explorer.until(lambda: explorer.colours_in_legend() != light_colours)
    assert background(light).min() > 240
    explorer.until(lambda: background(explorer.drawn_points()).max() < 40)
    dark = explorer.colours_in_legend()
    explorer.until(lambda: all(count_colour(explorer.drawn_points(), colour) > 40 for colour in dark))


def test_hundred_thousand_points_are_drawn_and_picked_when_the_library_is_large(
    page: Page, large_server: str
) -> None:
    explorer = Explorer(page, large_server).open("?colour=tag:guitar")

    assert explorer.points == 100_000
    image = explorer.drawn_points()
    assert differs(image).mean() > 0.05

    explorer.choose_on_map()
    explorer.wait_for_details()
    assert explorer.selected in range(100_000)
    explorer.until(lambda: len(explorer.linked) == 10)


class TestOnAPhone:
    @pytest.fixture
    def browser_options(self) -> dict[str, object]:
        return {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}

    def test_tap_chooses_a_point_when_the_screen_is_narrow(self, explorer: Explorer) -> None:
        explorer.open()

        explorer.page.touchscreen.tap(*explorer.find_point())

        expect(explorer.neighbours).to_have_count(10)
        width = explorer.page.evaluate("document.documentElement.scrollWidth")
        assert width == 390
        box = explorer.stage.bounding_box()
        assert box is not None
        assert box["height"] > 300
        assert box["x"] + box["width"] <= 390
