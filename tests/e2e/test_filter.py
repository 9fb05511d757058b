"""Filtering the map: by words, sound, attributes and number; what is left is counted, drawn and found."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.explorer import Explorer, Held, differs

NETWORK = "mtt-musicnn"
QUERY = f"?network={NETWORK}&projection=umap&labels=off"
POINTS, TRACKS = 540, 60


def expect_counts(explorer: Explorer, points: int, tracks: int) -> None:
    """Expect the page to say how much of the music it shows."""
    text = f"{points:,} of {POINTS} segments · {tracks} of {TRACKS} tracks"
    if not points:
        text = f"Nothing passes the filter: {text}"
    expect(explorer.page.locator("[data-part=counts]")).to_have_text(text)


def column(explorer: Explorer, name: str) -> np.ndarray:
    """Return a column, one value per segment; categories as they are called."""
    space = {"network": NETWORK, "layer": "embeddings", "level": "segments", "format": "json"}
    found = explorer.get("points", **space, columns=f"{name},track" if name != "track" else name)
    offsets = np.array(found["columns"]["offsets"])
    if name == "track":
        return np.repeat(found["columns"]["track_ids"], np.diff(offsets))
    values = np.array(found["columns"][name])
    if name in found["info"]["categories"]:
        values = np.array(found["info"]["categories"][name])[np.repeat(values, np.diff(offsets))]
    return values


def having(explorer: Explorer, attribute: str, *wanted: str) -> np.ndarray:
    """Tell of each segment whether its track has any of some values."""
    space = {"network": NETWORK, "layer": "embeddings", "level": "segments", "format": "json"}
    found = explorer.get("points", **space, columns=f"all:{attribute},track")
    categories, columns = found["info"]["categories"][f"all:{attribute}"], found["columns"]
    values = np.split(columns[f"all:{attribute}"], columns[f"all:{attribute}.offsets"][1:-1])
    tracks = [bool({categories[code] for code in codes} & set(wanted)) for codes in values]
    return np.repeat(tracks, np.diff(columns["offsets"]))


def test_what_matches_is_left_when_conditions_are_added_and_undone(explorer: Explorer) -> None:
    page = explorer.open(QUERY).page
    tracks, genre = column(explorer, "track"), column(explorer, "genre")
    drums = np.rint(column(explorer, "tag:drums") * 255)
    plain = explorer.drawn_points()

    rock = explorer.legend.get_by_role("button", name="rock")
    expect(rock).to_have_text(f"rock{(genre == 'rock').sum()}")

    button = page.get_by_role("button", name="Filter")
    button.click()
    expect(page.get_by_label("Words")).to_be_focused()
    page.get_by_label("Words").fill("title 1")
    found = np.isin(tracks, explorer.get("tracks/ids", q="title 1")["ids"])
    assert 0 < found.sum() < POINTS
    expect_counts(explorer, found.sum(), len(set(tracks[found])))
    faded = explorer.drawn_points()
    assert (faded != plain).any(axis=2).sum() > 1000
    assert differs(faded, by=8).sum() == pytest.approx(differs(plain, by=8).sum(), rel=0.2)

    page.get_by_label("Value").click()
    for value in ("jazz", "rock"):
        page.get_by_label("Value").fill(value)
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=f"Remove genre {value}")).to_be_visible()
    several = found & having(explorer, "genre", "jazz", "rock")
    assert several.sum() > (found & np.isin(genre, ["jazz", "rock"])).sum()  # not only those coloured so
    found = several
    expect_counts(explorer, found.sum(), len(set(tracks[found])))

    page.get_by_label("Heard in it").select_option("drums")
    slider = page.get_by_label("At least, drums")
    slider.fill("0.4")
    expect(slider).to_have_value("0.4")
    loud = found & (drums >= 102)
    assert 0 < loud.sum() < found.sum()
    expect_counts(explorer, loud.sum(), len(set(tracks[loud])))
    page.get_by_text("hidden", exact=True).click()
    explorer.until(lambda: explorer.address_state.get("rest") == "hide")
    explorer.until(lambda: differs(explorer.drawn_points(), by=8).sum() < 0.6 * differs(plain, by=8).sum())
    expect(button).to_have_text("Filter · 4")
    expect(rock).to_have_text(f"rock{(loud & (genre == 'rock')).sum()}")  # the legend counts what is left

    address = explorer.url
    page.goto("about:blank")
    page.goto(address)
    expect_counts(explorer, loud.sum(), len(set(tracks[loud])))
    page.go_back()
    page.go_back()  # over the blank page: undoes hiding
    explorer.wait_for("ready")

    page.get_by_role("button", name="Filter").click()
    page.get_by_role("region", name="Filter").get_by_role("button", name="Clear").click()
    expect(page.locator("[data-part=counts]")).to_have_text(f"{POINTS} segments of {TRACKS} tracks")
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Filter")).to_be_hidden()
    expect(page.get_by_role("button", name="Filter")).to_be_focused()


def test_lots_and_thinning_leave_the_same_music_when_another_network_is_shown(explorer: Explorer) -> None:
    page = explorer.open(f"{QUERY}&sample=6").page
    page.get_by_role("button", name="Filter").click()
    counts = page.locator("[data-part=counts]")
    expect(counts).to_contain_text(f"6 of {TRACKS} tracks")
    before = counts.text_content()
    image = explorer.drawn_points()

    page.get_by_role("button", name="Others").click()
    explorer.until(lambda: explorer.address_state["sample"] == "6,1")
    explorer.wait_for("ready")
    explorer.until(lambda: not np.array_equal(explorer.drawn_points(), image))
    page.go_back()
    expect(counts).to_have_text(before or "")

    page.get_by_label("Every n-th segment").fill("3")
    page.keyboard.press("Enter")
    expect(counts).not_to_have_text(before or "")
    expect(counts).to_contain_text(f"6 of {TRACKS} tracks")
    page.get_by_label("Network").select_option("audioset-vggish")
    expect(counts).to_contain_text("of 1,6")
    expect(counts).to_contain_text(f"6 of {TRACKS} tracks")


def test_what_is_out_is_neither_found_nor_selected_when_it_is_faded(explorer: Explorer) -> None:
    page = explorer.open(f"{QUERY}&only=genre:jazz").page
    genre = column(explorer, "genre")
    jazz = having(explorer, "genre", "jazz")
    count = int(jazz.sum())
    assert count > (genre == "jazz").sum()
    box = explorer.stage.bounding_box()
    assert box is not None

    page.get_by_role("button", name="Select a box").click()
    page.mouse.move(box["x"] + 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=3)
    page.mouse.up()
    expect(explorer.stage).to_have_attribute("data-marked", str(count))

    explorer.stage.focus()
    for key in ("ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown") * 2:
        page.keyboard.press(key)
        row = explorer.stage.get_attribute("data-hovered")
        assert row
        assert jazz[int(row)]


def test_years_of_a_range_are_left_when_it_is_typed(explorer: Explorer) -> None:
    page = explorer.open(QUERY).page
    track = column(explorer, "track")
    year = np.array([int(value or 0) for value in column(explorer, "year")])
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Attribute").select_option("year")
    expect(page.get_by_label("Value")).to_be_hidden()
    page.get_by_label("From").fill("1980")
    page.keyboard.press("Enter")
    late = year >= 1980
    expect_counts(explorer, late.sum(), len(set(track[late])))
    page.get_by_label("To", exact=True).fill("1999")
    page.keyboard.press("Enter")
    between = late & (year <= 1999)
    expect_counts(explorer, between.sum(), len(set(track[between])))
    assert explorer.address_state["between"] == "1980-1999:year"

    page.reload()
    expect_counts(explorer, between.sum(), len(set(track[between])))
    page.get_by_role("button", name="Filter · 1").click()
    page.get_by_role("button", name="Remove year 1980–1999").click()
    expect(page.locator("[data-part=counts]")).to_have_text(f"{POINTS} segments of {TRACKS} tracks")


def test_page_says_so_when_no_track_has_a_value_or_nothing_is_left(explorer: Explorer) -> None:
    page = explorer.open(QUERY).page
    page.get_by_role("button", name="Filter").click()
    value = page.get_by_label("Value")
    value.fill("polka")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No track has the genre “polka”.")).to_be_visible()
    value.fill("JAZZ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove genre jazz")).to_be_visible()
    expect(page.get_by_text("No track has")).to_be_hidden()
    page.get_by_label("Words").fill("no such words")
    expect(page.locator("[data-part=counts]")).to_have_text(
        f"nothing matches the filter · 0 of {POINTS} segments · 0 of {TRACKS} tracks"
    )


def test_nothing_is_marked_where_the_chosen_point_is_hidden(explorer: Explorer) -> None:
    explorer.open(f"{QUERY}&track=1&segment=0")
    expect(explorer.stage).to_have_attribute("data-selected", "0")
    explorer.until(lambda: explorer.linked)
    explorer.until(lambda: differs(explorer.drawn_marks()).any())
    rest = next(name for name in ("jazz", "rock") if not having(explorer, "genre", name)[0])
    explorer.open(f"{QUERY}&track=1&segment=0&only=genre:{rest}&rest=hide")
    explorer.wait_for_details()
    expect(explorer.stage).to_have_attribute("data-selected", "")
    explorer.until(lambda: not differs(explorer.drawn_marks()).any())


def test_value_that_is_being_typed_stays_when_the_one_before_is_taken_late(explorer: Explorer) -> None:
    page = explorer.open(QUERY).page
    held = Held(page, "**/points?*columns=all%3Agenre*")
    page.get_by_role("button", name="Filter").click()
    value = page.get_by_label("Value")
    value.fill("jazz")
    page.keyboard.press("Enter")
    explorer.until(lambda: held.routes)
    value.fill("ro")
    for route in held.routes:
        route.continue_()
    expect(page.get_by_role("button", name="Remove genre jazz")).to_be_visible()
    expect(value).to_have_value("ro")


class TestModule:
    """Which rows a filter lets through."""

    @pytest.fixture
    def blank(self, page: Page, server: str) -> Page:
        page.goto(f"{server}/health")
        return page

    def test_rows_are_let_through_when_all_conditions_hold(self, blank: Page) -> None:
        found = blank.evaluate(
            """async () => {
              const { NO_FILTER } = await import("/static/js/filter.js");
              const { visibleOf } = await import("/static/js/mask.js");
              const { PointSet } = await import("/static/js/points.js");
              const set = new PointSet(Uint32Array.of(3, 7, 9), Uint32Array.of(0, 4, 6, 9));
              const columns = {
                tags: new Map([["piano", Uint8Array.of(0, 51, 128, 255, 0, 255, 100, 102, 103)]]),
                attributes: new Map([
                  ["genre", {
                    codes: Uint16Array.of(1, 3, 3, 2),
                    offsets: Uint32Array.of(0, 2, 2, 4),
                    categories: ["", "jazz", "rock", "cello"],
                  }],
                  ["year", {
                    codes: Uint16Array.of(1, 1, 1),
                    offsets: Uint32Array.of(0, 1, 2, 3),
                    categories: ["", "1999"],
                  }],
                ]),
                found: new Set([3, 9]),
              };
              const left = (filter) => {
                const { mask, points, tracks } = visibleOf(set, { ...NO_FILTER, ...filter }, columns);
                const rows = mask ? [...mask.keys()].filter((row) => !mask[row]) : "all";
                return [rows, points, tracks];
              };
              columns.found = null;
              const everything = left({});
              const genre = (value) => ({ name: "genre", value });
              const results = [
                everything,
                left({ every: 3 }),
                left({ tags: [{ tag: "piano", low: 0.2, high: 0.4 }] }),
                left({ attributes: [genre("jazz"), genre("rock"), { name: "year", value: "1999" }] }),
                left({ attributes: [genre("cello")] }),
                left({ attributes: [genre("folk")] }),
                left({ ranges: [{ name: "year", low: 1999, high: null }] }),
                left({ ranges: [{ name: "year", low: 1990, high: 1998 }] }),
              ];
              columns.found = new Set([3, 9]);
              results.push(left({ text: "x", attributes: [genre("rock")] }));
              return results;
            }"""
        )

        assert found == [
            ["all", 9, 3],
            [[0, 3, 4, 6], 4, 3],
            [[1, 6, 7], 3, 2],
            [[0, 1, 2, 3, 6, 7, 8], 7, 2],
            [[0, 1, 2, 3, 6, 7, 8], 7, 2],
            [[], 0, 0],
            ["all", 9, 3],
            [[], 0, 0],
            [[6, 7, 8], 3, 1],
        ]

    def test_lots_fall_alike_when_drawn_again_and_evenly_when_drawn_often(self, blank: Page) -> None:
        drawn = blank.evaluate(
            """async () => {
              const { NO_FILTER } = await import("/static/js/filter.js");
              const { visibleOf } = await import("/static/js/mask.js");
              const { PointSet } = await import("/static/js/points.js");
              const set = new PointSet(Uint32Array.from({ length: 100 }, (_, at) => at + 1), null);
              const columns = { tags: new Map(), attributes: new Map(), found: null };
              const draw = (lot) => [...visibleOf(set, { ...NO_FILTER, tracks: 10, lot }, columns).mask];
              return Array.from({ length: 301 }, (_, lot) => draw(lot % 300));
            }"""
        )

        kept = 1 - np.array(drawn)
        assert (kept.sum(axis=1) == 10).all()
        assert (kept[0] == kept[300]).all()
        times = kept[:300].sum(axis=0)  # 30 expected, with a deviation of 5.2
        assert times.min() > 8
        assert times.max() < 60
