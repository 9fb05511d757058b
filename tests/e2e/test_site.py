"""A static copy of the page, opened from the disk: no server is running."""

import base64
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from safetensors.numpy import load
from werkzeug.test import TestResponse as Response

from app import create_app, current_settings
from app.models import db
from app.services.report import Reporter
from app.services.site.data import Choice
from app.services.site.export import export_site
from tests.e2e.explorer import Explorer, differs, set_pace
from tests.snapshot_factory import Library, Spec, build_library

SPEC = Spec(tracks=8, segments=60, networks=("mtt-musicnn", "audioset-vggish"))


EXCERPT = 7.0
SPACE = "network=mtt-musicnn&layer=embeddings&level=segments"
ASKED = (
    f"points?{SPACE}&columns=position,track&projection=pca&x=2&y=5",
    f"points?{SPACE}&columns=kept,strongest,tag:rock,genre,year,folder,all:genre,all:folder&projection=umap",
    "points?network=mtt-musicnn&layer=taggrams&level=tracks&columns=spread,position&projection=umap",
    "networks",
    f"labels?{SPACE}&projection=umap",
    f"quality?{SPACE}&projection=umap",
    "tracks?q=artist&limit=3",
    "tracks?ids=3,1,99",
    "tracks/ids?q=title 2",
    "tracks/3",
    "tracks/3/tags?network=mtt-musicnn&segment=1",
    "tracks/3/taggram?network=mtt-musicnn",
    "tracks/3/waveform",
    "similar?network=audioset-vggish&layer=embeddings&track=3&segment=1&k=5",
)


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> tuple[Path, dict[str, Response]]:
    """A copy with sound, and what the server answered; the library that it was made of is gone."""
    folder = tmp_path_factory.mktemp("site")
    library: Library = build_library(folder / "library", SPEC, audio=True)
    app = create_app(library.settings)
    with app.app_context():
        choice = Choice(projections=("pca", "umap"))
        export_site(current_settings(app), Reporter(), folder / "copy", choice, audio_seconds=60)
        short = Choice(networks=("mtt-musicnn",), projections=("pca",))
        export_site(current_settings(app), Reporter(), folder / "short", short, audio_seconds=EXCERPT)
        answers = {address: app.test_client().get(f"/api/v1/{address}") for address in ASKED}
        db.engine.dispose()
    shutil.rmtree(library.root)
    return folder / "copy", answers


@pytest.fixture(scope="module")
def site(copied) -> Path:
    """The copy."""
    return copied[0]


@pytest.fixture
def explorer(page, site) -> Explorer:
    return Explorer(page, site.as_uri()).open("index.html")


def test_map_is_explored_without_a_server(explorer):
    page = explorer.page
    assert explorer.points in (SPEC.tracks, SPEC.segments)
    explorer.until(lambda: np.count_nonzero(differs(explorer.drawn_points())) > 100)
    explorer.choose_on_map()
    explorer.wait_for_details()
    expect(explorer.tags.get_by_role("button").nth(5)).to_be_visible()
    expect(explorer.neighbours.nth(4)).to_be_visible()
    explorer.until(lambda: not explorer.audio["paused"] and explorer.audio["time"] > 0)
    assert explorer.audio["source"].startswith("file:")
    page.get_by_role("tab", name="Taggram").click()
    expect(page.locator(".heatmap-plot").first).to_have_attribute("data-drawn", re.compile("mtt-musicnn 20×"))
    page.get_by_role("tab", name="Point").click()
    before = explorer.selected
    explorer.neighbours.first.click()
    explorer.until(lambda: explorer.selected != before)
    assert all(request.url.startswith(("file:", "data:", "blob:")) for request in explorer.requests)
    expect(page.locator("html")).to_have_attribute("data-state", "ready")


def test_sound_is_that_of_the_segment_or_said_to_be_missing_when_a_copy_holds_excerpts(page, site):
    explorer = Explorer(page, (site.parent / "short").as_uri())
    missing = "This copy holds only the first 7 s of this track."
    explorer.open("index.html?network=mtt-musicnn&level=segments&track=3&segment=3")
    explorer.wait_for_details()
    duration = explorer.page.evaluate("fetch('/api/v1/tracks/3').then((a) => a.json())")["duration"]
    assert duration > 3 * 2.992 > EXCERPT
    expect(explorer.player).to_contain_text(missing)
    page.locator("body").press(" ")
    explorer.settle()
    assert explorer.audio["paused"]
    expect(explorer.stage).to_have_attribute("data-playing", "")

    # Outline, segment and position are those of the whole track.
    slider = explorer.player.get_by_role("slider", name="Position")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(rf"of 0:{int(duration)}$"))
    whole, segment = slider.bounding_box(), explorer.player.locator(".wave-segment").bounding_box()
    assert segment["x"] - whole["x"] == pytest.approx(whole["width"] * 3 * 2.992 / duration, abs=1)

    page.mouse.click(whole["x"] + whole["width"] * 4 / duration, whole["y"] + 10)
    explorer.until(lambda: explorer.audio["time"] == pytest.approx(4, abs=0.2))
    expect(explorer.player).not_to_contain_text(missing)
    page.get_by_role("button", name="Play", exact=True).click()
    explorer.until(lambda: not explorer.audio["paused"])
    page.mouse.click(whole["x"] + whole["width"] * 0.9, whole["y"] + 10)
    expect(explorer.player).to_contain_text(missing)
    explorer.until(lambda: explorer.audio["paused"])

    # Where the excerpt ends in the midst of the music, that is said, too.
    explorer.open("index.html?network=mtt-musicnn&level=segments&track=3&segment=2")
    explorer.wait_for_details()
    page.locator("body").press(" ")
    explorer.until(lambda: not explorer.audio["paused"] and explorer.audio["time"] >= 2 * 2.992)
    set_pace(page, 1)
    expect(explorer.player).to_contain_text(missing)


def test_no_playlists_are_offered_where_nothing_can_be_kept(explorer):
    explorer.open("index.html?tab=playlists&track=3&segment=1&level=segments")
    page = explorer.page
    expect(page.get_by_role("tab")).to_have_text(["Point", "Taggram", "Selection", "Quality"])
    expect(explorer.details).to_be_visible()
    explorer.neighbours.first.wait_for()
    explorer.details.get_by_role("button", name="Select all").click()
    expect(page.get_by_role("button", name="Play all")).to_be_visible()
    expect(page.get_by_role("button", name="Save as …")).to_have_count(0)
    expect(page.get_by_role("button", name="playlist", exact=False)).to_have_count(0)


def test_only_what_the_copy_holds_is_offered(explorer):
    explorer.open("index.html?network=mtt-musicnn&layer=embeddings&projection=original&track=1&segment=0")
    explorer.until(lambda: explorer.address_state["projection"] == "umap")
    options = explorer.page.get_by_label("Projection").get_by_role("option")
    assert sorted(options.all_inner_texts()) == ["PCA", "UMAP"]
    explorer.details.get_by_role("button", name="Select all").click()
    selection = explorer.page.get_by_role("tabpanel", name="Selection")
    expect(selection.get_by_role("button", name="Play all")).to_be_visible()
    expect(selection.get_by_role("button", name="Save as")).to_have_count(0)
    explorer.open("index.html?network=mtt-musicnn&level=segments&track=1&segment=999")
    expect(explorer.details).to_contain_text("there is no segment 1000.")


@pytest.mark.parametrize(
    "query",
    [
        "?network=mtt-musicnn&layer=taggrams&level=segments&projection=pca&x=3&y=1&colour=tag:rock",
        "?network=audioset-vggish&layer=embeddings&level=tracks&projection=umap&colour=genre",
    ],
)
def test_every_view_has_its_data(explorer, query):
    explorer.open(f"index.html{query}")
    for name in ("network", "projection", "colour"):
        assert f"{name}=" in query
        assert explorer.address_state.get(name) in query.replace("%3A", ":")
    explorer.until(lambda: np.count_nonzero(differs(explorer.drawn_points())) > 50)
    expect(explorer.legend).to_be_visible()


def test_answers_are_those_of_the_server(explorer, copied):
    ask = """async (address) => {
      const bytes = new Uint8Array(await (await fetch(`/api/v1/${address}`)).arrayBuffer());
      return btoa(String.fromCharCode(...bytes));
    }"""
    for address, response in copied[1].items():
        assert response.status_code == 200, address
        found = base64.b64decode(explorer.page.evaluate(ask, address))
        if address.startswith("points"):
            expected, columns = load(response.data), load(found)
            assert columns.keys() == expected.keys(), address
            for name, values in expected.items():
                np.testing.assert_array_equal(columns[name], values, err_msg=f"{address} {name}")
        else:
            compare(json.loads(found), response.json, address)


def compare(found, expected, place):
    """Compare JSON; what a copy leaves out or has for itself is left out."""
    own = {
        "audio",
        "attributes_version",
        "query",
        "columns",
        "projections",
        "original",
        "version",
        "backend",
        "note",
        "passed",
        "distances",
        "score",
    }
    if isinstance(expected, dict):
        for key in expected.keys() - own:
            compare(found[key], expected[key], f"{place} {key}")
    elif isinstance(expected, list) and len(expected) == len(found):
        if expected and isinstance(expected[0], dict) and "tag" in expected[0]:  # told to fewer digits here
            found, expected = (sorted(tags, key=lambda one: one["tag"]) for tags in (found, expected))
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            compare(one, other, f"{place} {number}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=0.003), place
    else:
        assert found == expected, place
