"""The page's modules on their own, in the browser that runs them."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

STATIC = Path(__file__).parents[2] / "static"


@pytest.fixture
def blank(page: Page, server: str) -> Page:
    """A page of the server without the explorer."""
    page.goto(f"{server}/health")
    return page


def test_every_module_is_loaded_ahead_when_a_page_is_opened(page: Page, server: str) -> None:
    html = "\n".join(
        page.request.get(server + path).text() for path in ("/", "/similarity", "/analyse", "/jobs")
    )

    modules = {str(path.relative_to(STATIC)) for path in (STATIC / "js").rglob("*.js")}
    announced = {
        re.split("/static/v-[0-9a-f]+/", line)[1].split('"')[0]
        for line in html.splitlines()
        if "modulepreload" in line
    }
    assert announced == modules


def test_page_carries_no_inline_script_or_style_when_served(page: Page, server: str) -> None:
    html = page.request.get(server).text()

    assert " style=" not in html
    assert "<style" not in html
    assert html.count("<script") == html.count('<script type="module" src=')


@pytest.mark.parametrize("count", [1, 7, 20_000])
def test_grid_finds_what_comparing_all_finds_when_asked_for_the_nearest(blank: Page, count: int) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 65_536, (2, count))
    queries = rng.random((200, 2)) * 1.2 - 0.1
    scale, radius = np.array([900.0, 650.0]), 12.0

    found = blank.evaluate(
        """async ([x, y, queries, scale, radius]) => {
          const { Grid } = await import("/static/js/map/grid.js");
          const grid = new Grid(Uint16Array.from(x), Uint16Array.from(y));
          return queries.map(([x, y]) => grid.nearest({ x, y }, { x: scale[0], y: scale[1] }, radius));
        }""",
        [x.tolist(), y.tolist(), queries.tolist(), scale.tolist(), radius],
    )

    places = np.stack([x, y], axis=1) / 65_535
    distances = np.linalg.norm((places[None] - queries[:, None]) * scale, axis=2)
    for query, row in enumerate(found):
        nearest = distances[query].min()
        if row is None:
            assert nearest > radius
        else:
            assert distances[query, row] == pytest.approx(nearest, abs=1e-6)


def test_step_goes_towards_the_direction_when_an_arrow_is_pressed(blank: Page) -> None:
    found = blank.evaluate(
        """async () => {
          const { Grid } = await import("/static/js/map/grid.js");
          // The middle; right of it near, right far, above, below right but steep.
          const grid = new Grid(Uint16Array.of(30000, 34000, 60000, 30500, 31000),
                                Uint16Array.of(30000, 30500, 30000, 40000, 10000));
          const towards = (x, y) => grid.towards(0, { x, y }, { x: 100, y: 100 });
          return [towards(1, 0), towards(-1, 0), towards(0, 1), towards(0, -1)];
        }"""
    )

    assert found == [1, None, 3, 4]


def test_columns_are_read_when_their_place_is_not_aligned(blank: Page) -> None:
    found = blank.evaluate(
        """async () => {
          const { parseSafetensors } = await import("/static/js/safetensors.js");
          const header = JSON.stringify({
            a: { dtype: "U8", shape: [3], data_offsets: [0, 3] },
            b: { dtype: "U16", shape: [2], data_offsets: [3, 7] },
            __metadata__: { info: JSON.stringify({ points: 3 }) },
          });
          const text = new TextEncoder().encode(header);
          const bytes = new Uint8Array(8 + text.length + 7);
          new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
          bytes.set(text, 8);
          bytes.set([1, 2, 3, 0x34, 0x12, 0x78, 0x56], 8 + text.length);
          const { columns, info } = parseSafetensors(bytes.buffer);
          return [[...columns.a], [...columns.b], info.points];
        }"""
    )

    assert found == [[1, 2, 3], [0x1234, 0x5678], 3]


def test_rare_categories_become_one_when_there_are_more_than_colours(blank: Page) -> None:
    entries = blank.evaluate(
        """async () => {
          const { byCategory } = await import("/static/js/colours.js");
          const names = ["", ...Array.from({ length: 12 }, (_, i) => `c${i + 1}`)];
          const values = names.flatMap((_, code) => Array(code === 0 ? 3 : 20 - code).fill(code));
          return byCategory("artist", Uint16Array.from(values), names).entries;
        }"""
    )

    assert [entry["label"] for entry in entries] == [*[f"c{i}" for i in range(1, 9)], "4 others", "unknown"]
    assert [entry["count"] for entry in entries] == [*[20 - i for i in range(1, 9)], 11 + 10 + 9 + 8, 3]


def test_rows_and_points_match_when_segments_are_spread_over_tracks(blank: Page) -> None:
    found = blank.evaluate(
        """async () => {
          const { PointSet } = await import("/static/js/points.js");
          const set = new PointSet(Uint32Array.of(3, 7, 9), Uint32Array.of(0, 2, 3, 6));
          const rows = [0, 1, 2, 3, 4, 5];
          return {
            there: rows.map((row) => set.at(row)),
            back: rows.map((row) => set.rowOf(set.at(row))),
            missing: [set.rowOf({ track: 7, segment: 1 }), set.rowOf({ track: 8, segment: 0 })],
            spread: [...set.spread(Uint16Array.of(10, 20, 30))],
          };
        }"""
    )

    assert [point["track"] for point in found["there"]] == [3, 3, 7, 9, 9, 9]
    assert [point["segment"] for point in found["there"]] == [0, 1, 0, 0, 1, 2]
    assert found["back"] == [0, 1, 2, 3, 4, 5]
    assert found["missing"] == [None, None]
    assert found["spread"] == [10, 10, 20, 30, 30, 30]


def test_most_faithful_projection_is_shown_first_when_their_quality_is_known(blank: Page) -> None:
    found = blank.evaluate(
        """async () => {
          const { complete } = await import("/static/js/catalogue.js");
          const projection = (name, kept) => ({
            name, title: name, components: 2, version: "1", quality: kept && { preservation_10: kept },
          });
          const shown = (...projections) => complete({
            attributes: [],
            networks: [{
              name: "n", tags: [], segments: 5,
              layers: [
                { name: "embeddings", size: 3, levels: [{ name: "segments", points: 5, projections }] },
              ],
            }],
          }, {}).projection;
          return [
            shown(projection("pca", 0.4), projection("tsne", 0.8), projection("umap", 0.7)),
            shown(projection("pca"), projection("tsne"), projection("umap")),
            shown(),
          ];
        }"""
    )

    assert found == ["tsne", "umap", "original"]


def test_points_are_smaller_when_they_share_a_small_part_of_the_map(blank: Page) -> None:
    sizes = blank.evaluate(
        """async () => {
          const { look, spreadOf } = await import("/static/js/map/look.js");
          const column = (width) => Uint16Array.from({ length: 2000 }, (_, i) => (i * 7919) % width);
          const size = (width) => look(2000, 500000, spreadOf(column(width), column(width + 1)), 1).size;
          return [size(65500), size(3000)];
        }"""
    )

    assert sizes[0] > sizes[1] > 1.6
