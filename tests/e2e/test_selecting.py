"""Selecting points by shapes and keys, the ways of tracks, and the names of regions."""

import itertools

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.explorer import Explorer, differs

QUERY = "?network=mtt-musicnn&projection=umap"
POINTS = 540


def drag(explorer: Explorer, *places: tuple[float, float], key: str | None = None) -> None:
    """Drag over the map through places that are shares of its width and height, holding a key."""
    box = explorer.stage.bounding_box()
    assert box is not None
    mouse = explorer.page.mouse
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    if key:
        explorer.page.keyboard.down(key)
    mouse.move(*at[0])
    mouse.down()
    for place in at[1:]:
        mouse.move(*place, steps=3)
    mouse.up()
    if key:
        explorer.page.keyboard.up(key)


def marked(explorer: Explorer) -> int:
    """How many points are selected."""
    return int(explorer.stage.get_attribute("data-marked") or 0)


def expect_marked(explorer: Explorer, count: int) -> None:
    """Expect so many points to be selected."""
    expect(explorer.stage).to_have_attribute("data-marked", str(count))


def test_points_are_selected_added_and_taken_away_when_shapes_are_drawn(explorer: Explorer) -> None:
    page = explorer.open(QUERY).page
    tools = page.get_by_role("group", name="Tools")
    bar = page.get_by_role("group", name="Selection")
    plain = explorer.drawn_points()

    drag(explorer, (0.01, 0.02), (0.45, 0.02), (0.45, 0.98), (0.01, 0.98), key="Shift")
    left = explorer.until(lambda: marked(explorer))
    assert left < POINTS
    expect(bar).to_contain_text(f"{left} segments selected")
    assert "view" not in explorer.address_state  # the map has not moved
    assert explorer.selected is None
    explorer.until(lambda: (explorer.drawn_points() != plain).any(axis=2).mean() > 0.01)
    explorer.until(lambda: differs(explorer.drawn_marks()).sum() == 0)  # the shape is gone

    tools.get_by_role("button", name="Select a box").click()
    bar.get_by_role("button", name="Add").click()
    drag(explorer, (0.45, 0.02), (0.7, 0.5), (0.99, 0.98))
    expect_marked(explorer, POINTS)

    bar.get_by_role("button", name="Take away").click()
    drag(explorer, (0.01, 0.02), (0.45, 0.98))
    expect_marked(explorer, POINTS - left)
    bar.get_by_role("button", name="New").click()
    drag(explorer, (0.01, 0.02), (0.45, 0.98))
    expect_marked(explorer, left)
    drag(explorer, (0.01, 0.02), (0.99, 0.98), key="Alt")
    expect_marked(explorer, 0)

    page.keyboard.press("Escape")
    expect(tools.get_by_role("button", name="Move the map")).to_have_attribute("aria-pressed", "true")
    expect(bar).to_be_hidden()
    explorer.until(lambda: np.array_equal(explorer.drawn_points(), plain))


def test_selection_stays_with_the_music_when_another_map_is_shown(explorer: Explorer) -> None:
    page = explorer.open(QUERY).page
    explorer.stage.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Enter")
    expect_marked(explorer, 2)
    page.keyboard.press("Shift+Enter")
    expect_marked(explorer, 1)
    page.evaluate("document.activeElement.blur()")

    page.get_by_label("Projection").select_option("pca")
    explorer.wait_for("ready")
    expect_marked(explorer, 1)
    page.get_by_label("Network").select_option("audioset-vggish")
    expect_marked(explorer, 3)  # 2.992 s are three segments of 0.96 s
    page.get_by_text("tracks", exact=True).click()
    bar = page.get_by_role("group", name="Selection")
    expect(bar).to_contain_text("1 track selected")
    bar.get_by_role("button", name="Clear").click()
    expect_marked(explorer, 0)


def test_ways_of_tracks_are_drawn_when_trajectories_are_chosen(explorer: Explorer) -> None:
    page = explorer.open(f"{QUERY}&labels=off&colour=none").page
    dots = differs(explorer.drawn_points(), by=12).sum()

    page.get_by_text("trajectories", exact=True).click()
    explorer.until(lambda: explorer.address_state["level"] == "trajectories")
    explorer.wait_for("ready")

    assert explorer.points == POINTS
    explorer.until(lambda: differs(explorer.drawn_points(), by=12).sum() > 1.2 * dots)
    page.mouse.move(*explorer.find_point())
    expect(explorer.card).to_be_visible()
    way = differs(explorer.drawn_marks()).sum()
    page.get_by_text("segments", exact=True).click()
    explorer.until(lambda: explorer.address_state["level"] == "segments")
    explorer.wait_for("ready")
    page.mouse.move(2, 2)
    expect(explorer.card).to_be_hidden()
    page.mouse.move(*explorer.find_point())
    expect(explorer.card).to_be_visible()
    ring = differs(explorer.drawn_marks()).sum()
    assert way > 3 * ring > 0  # the whole way, not only a ring


def test_regions_are_named_without_overlap_when_labels_are_wanted(explorer: Explorer) -> None:
    page = explorer.open(QUERY).page
    names = explorer.stage.locator(".labels span:visible")
    expect(names.first).to_be_visible()

    networks = {network["name"]: network for network in explorer.get("networks")["networks"]}
    explorer.settle()
    assert set(names.all_text_contents()) <= set(networks["mtt-musicnn"]["tags"])
    for one, other in itertools.combinations(boxes_of(names).values(), 2):
        aside = one[2] <= other[0] or other[2] <= one[0]
        assert aside or one[3] <= other[1] or other[3] <= one[1]

    page.get_by_role("button", name="Name the regions").click()
    expect(names).to_have_count(0)
    explorer.until(lambda: explorer.address_state.get("labels") == "off")
    page.go_back()
    expect(names.first).to_be_visible()


def test_button_says_so_when_no_region_has_a_name(explorer: Explorer) -> None:
    page = explorer.open("?network=audioset-vggish&projection=umap").page
    button = page.get_by_role("button", name="No region of this map stands out")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("aria-pressed", "false")
    page.get_by_label("Network").select_option("mtt-musicnn")
    expect(page.get_by_role("button", name="Name the regions")).to_be_enabled()


def boxes_of(locator: Locator) -> dict[str, tuple[int, ...]]:
    """Left, top, right and bottom of all elements, by their text."""
    script = """(all) => all.map((e) => [e.textContent, e.getBoundingClientRect()])
      .map(([text, { left, top, right, bottom }]) => [text, [left, top, right, bottom].map(Math.round)])"""
    return {f"{at} {text}": tuple(box) for at, (text, box) in enumerate(locator.evaluate_all(script))}


def test_names_and_numbers_keep_clear_when_something_lies_over_the_map(explorer: Explorer) -> None:
    two_tags = "&layer=taggrams&projection=original&x=guitar&y=piano&colour=genre&selected=1:0-3"
    page = explorer.page
    names = explorer.stage.locator(".labels span:visible")
    for view in ("0.5,0.5,1", "0.42,0.37,1.3", "0.7,0.6,2"):
        explorer.open(f"?network=mtt-musicnn{two_tags}&view={view}")
        expect(names.first).to_be_visible()
        page.get_by_role("button", name="Filter").click()
        explorer.settle()
        covers = page.locator(".view > :is(.filter, .legend, .selection-bar), .shown > *, .tools > *")
        over = boxes_of(covers)
        stage = boxes_of(explorer.stage).popitem()[1]
        written = boxes_of(names) | boxes_of(page.locator(".axes .tick"))
        assert written
        for text, box in written.items():
            assert stage[0] <= box[0] < box[2] <= stage[2], text
            assert stage[1] <= box[1] < box[3] <= stage[3], text
            for part, other in over.items():
                aside = box[2] <= other[0] or other[2] <= box[0]
                assert aside or box[3] <= other[1] or other[3] <= box[1], (view, text, part)
        page.get_by_role("button", name="Close", exact=True).click()
        ticks, many = page.locator(".axes .tick"), len(written)
        explorer.until(lambda ticks=ticks, many=many: len(boxes_of(names) | boxes_of(ticks)) > many)


def test_regions_are_named_only_where_points_are_left_when_filtered(explorer: Explorer) -> None:
    explorer.open(QUERY)
    names = explorer.stage.locator(".labels span:visible")
    expect(names.first).to_be_visible()
    explorer.settle()
    everywhere = names.count()
    explorer.open(f"{QUERY}&only=genre:jazz&rest=hide&colour=none")
    expect(names.first).to_be_visible()
    explorer.settle()
    assert names.count() < everywhere
    points = differs(explorer.drawn_points())
    for x0, y0, x1, y1 in boxes_of(names).values():
        left, top, *_ = boxes_of(explorer.stage).popitem()[1]
        around = points[max(0, y0 - 60 - top) : y1 + 90 - top, max(0, x0 - 40 - left) : x1 + 40 - left]
        assert around.any()


def test_names_stand_in_the_middle_when_the_size_of_letters_has_changed(explorer: Explorer) -> None:
    explorer.open(f"{QUERY}&other.network=msd-vgg")
    names = explorer.stage.locator(".labels span:visible")
    expect(names.first).to_be_visible()
    explorer.page.get_by_role("button", name="Compare").click()
    expect(explorer.page.locator("#other-stage")).to_be_hidden()
    explorer.settle()
    after = boxes_of(names)
    explorer.page.reload()
    expect(names.first).to_be_visible()
    explorer.until(lambda: boxes_of(names) == after)


def test_axes_show_differences_and_logarithms_when_asked_for(explorer: Explorer) -> None:
    page = explorer.open("?network=mtt-musicnn&layer=taggrams&projection=original&x=guitar&y=techno").page
    titles = page.locator("[data-part=axes] .axis-title")

    page.get_by_label("X minus").select_option("slow")
    expect(titles.first).to_have_text("guitar − slow")
    expect(page.get_by_label("X scale")).to_have_count(0)  # a difference can be negative
    page.get_by_label("Y scale").select_option("log")
    expect(titles.last).to_have_text("techno, logarithmic")
    assert explorer.address_state["x_minus"] == "slow"
    assert explorer.address_state["y_scale"] == "log"
    ticks = page.locator("[data-part=axes] .tick:not(.middle)").all_text_contents()
    values = [float(text) for text in ticks]
    assert len(values) > 1
    assert all(f"{value:e}"[0] in "125" for value in values)

    page.get_by_label("Projection").select_option("umap")
    expect(titles).to_have_count(0)
    assert not {"x_minus", "y_scale"} & set(explorer.address_state)


def test_legend_says_in_words_what_colours_mean_when_they_are_of_the_map(explorer: Explorer) -> None:
    page = explorer.open(QUERY).page
    for colour, meaning in [("density", "crowded"), ("strongest", "strongest tag")]:
        before = explorer.drawn_points()
        page.get_by_label("Colour by").select_option(colour)
        expect(explorer.legend).to_contain_text(meaning)
        explorer.wait_for("ready")
        explorer.until(lambda before=before: (explorer.drawn_points() != before).any(axis=2).sum() > 1000)

    page.get_by_text("tracks", exact=True).click()
    page.get_by_label("Colour by").select_option("spread")
    expect(explorer.legend).to_contain_text("varied")


class TestOnAPhone:
    @pytest.fixture
    def browser_options(self) -> dict[str, object]:
        return {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}

    def test_finger_draws_and_two_fingers_zoom_when_the_lasso_is_chosen(self, explorer: Explorer) -> None:
        page = explorer.open(QUERY).page
        touches = page.context.new_cdp_session(page)
        box = explorer.stage.bounding_box()
        assert box is not None
        page.get_by_role("button", name="Select by drawing").tap()

        def touch(kind: str, *places: tuple[float, float]) -> None:
            points = [
                {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"], "id": finger}
                for finger, (x, y) in enumerate(places)
            ]
            touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", (0.02, 0.3))
        for place in [(0.3, 0.3), (0.8, 0.3), (0.8, 0.78), (0.02, 0.78)]:
            touch("touchMove", place)
        touch("touchEnd")
        explorer.until(lambda: 0 < marked(explorer) < POINTS)
        before = marked(explorer)
        assert "view" not in explorer.address_state
        bar = page.get_by_role("group", name="Selection").bounding_box()
        assert bar is not None
        assert bar["x"] + bar["width"] < 390

        touch("touchStart", (0.3, 0.4))
        touch("touchMove", (0.4, 0.5))
        touch("touchStart", (0.4, 0.5), (0.6, 0.6))
        for step in range(1, 5):
            touch("touchMove", (0.4 - 0.05 * step, 0.5), (0.6 + 0.05 * step, 0.6))
        touch("touchEnd")
        explorer.until(lambda: float(explorer.address_state.get("view", "0,0,0").split(",")[2]) > 1.3)
        assert marked(explorer) == before  # the shape that one finger began is broken off


class TestModules:
    """What is selected and where it is, computed by the modules alone."""

    @pytest.fixture
    def blank(self, page: Page, server: str) -> Page:
        page.goto(f"{server}/health")
        return page

    def test_rows_within_a_shape_are_found_when_it_crosses_itself_and_points_are_masked(
        self, blank: Page
    ) -> None:
        rng = np.random.default_rng(0)
        x, y = rng.integers(0, 65_536, (2, 5_000))
        mask = rng.integers(0, 2, 5_000)
        corners = [(100, 100), (500, 120), (150, 400), (480, 420), (300, 50)]

        found = blank.evaluate(
            """async ([x, y, mask, corners]) => {
              const { Camera } = await import("/static/js/map/camera.js");
              const { rowsWithin } = await import("/static/js/map/lasso.js");
              const camera = new Camera();
              camera.resize(640, 480);
              camera.insets = { top: 0, right: 0, bottom: 0, left: 0 };
              const outline = corners.map(([x, y]) => ({ x, y }));
              const points = { x: Uint16Array.from(x), y: Uint16Array.from(y) };
              return [...rowsWithin(outline, points, Uint8Array.from(mask), camera)];
            }""",
            [x.tolist(), y.tolist(), mask.tolist(), corners],
        )

        places = np.stack([x / 65_535 * 640, 480 - y / 65_535 * 480], axis=1)
        inside, far = winding(places, np.array(corners, float))
        expected = inside & (mask == 0)
        assert set(found) <= set(np.flatnonzero(mask == 0))
        assert expected.sum() > 200
        wrong = np.isin(np.arange(5_000), found) != expected
        assert not (wrong & (far > 1.5)).any()

    def test_segments_are_matched_by_time_when_their_length_changes(self, blank: Page) -> None:
        found = blank.evaluate(
            """async () => {
              const { PointSet } = await import("/static/js/points.js");
              const { Selection } = await import("/static/js/selection.js");
              const long = new PointSet(Uint32Array.of(3, 7), Uint32Array.of(0, 4, 8));
              const short = new PointSet(Uint32Array.of(7, 9), Uint32Array.of(0, 12, 20));
              const whole = new PointSet(Uint32Array.of(3, 7, 9), null);
              const selection = new Selection(long, 3);
              selection.select([[3, 0], [7, 1], [8, 0]].map(([track, segment]) => ({ track, segment })));
              const finer = selection.carriedTo(short, 1);
              const others = [finer, finer.carriedTo(long, 3), finer.carriedTo(whole, 1)];
              return [selection, ...others].map(({ rows }) => [...rows]);
            }"""
        )

        assert found == [[0, 5], [3, 4, 5], [5], [1]]


def winding(places: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tell which places (n, 2) a polygon (k, 2) winds around, and how far each is from its edges."""
    turns = np.zeros(len(places))
    far = np.full(len(places), np.inf)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        a, b = start - places, end - places
        turns += np.arctan2(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0], (a * b).sum(axis=1))
        along = np.clip(((places - start) @ (end - start)) / ((end - start) @ (end - start)), 0, 1)
        far = np.minimum(far, np.linalg.norm(start + along[:, None] * (end - start) - places, axis=1))
    return np.abs(turns) > np.pi, far
