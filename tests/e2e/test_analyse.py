"""Audio that is sent: the page that analyses it, and its place on the map."""

import base64
import hashlib
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.audio_files import write_music
from tests.e2e.conftest import working
from tests.e2e.explorer import Explorer, play_slowly
from tests.e2e.test_accessibility import violations
from tests.snapshot_factory import Library, Spec, build_library, note_weights

ANALYSIS = 120_000  # ms in which real networks have heard a song, on a machine that is busy otherwise
SEGMENTS = "?network=mtt-musicnn&layer=embeddings&level=segments&projection="


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Library:
    """A small library, whose uploads and analyses are this module's own."""
    root = tmp_path_factory.mktemp("analyse") / "root"
    library = build_library(root, Spec(tracks=12, segments=90), audio=True)
    note_weights(library, models_dir)
    return library


@pytest.fixture(scope="module")
def workplace(own: Library, models_dir: Path) -> Iterator[str]:
    """Address of that library, with a worker and real networks."""
    with working(own.root, models_dir) as address:
        yield address


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 12 seconds."""
    return write_music(tmp_path_factory.mktemp("songs") / "A walk.wav", 12.0)


@pytest.fixture
def map_page(page: Page, workplace: str) -> Explorer:
    """The explorer over that library, not yet opened."""
    return Explorer(page, workplace)


def row(page: Page, title: str) -> Locator:
    return page.locator("#rows > li").filter(has_text=title)


def places(explorer: Explorer, stage: Locator | None = None) -> list[tuple[float, float]]:
    """Where the song is drawn, in the unit square: one place, or one for each segment."""
    text = (stage or explorer.stage).get_attribute("data-song") or ""
    return [(float(x), float(y)) for x, y in (place.split(",") for place in text.split())]


def expected_places(
    explorer: Explorer, song_id: str, projection: str, components: tuple[int, int] = (0, 1)
) -> list[Any]:
    """The same, as the API says."""
    plane = {"network": "mtt-musicnn", "layer": "embeddings", "level": "segments", "projection": projection}
    found = explorer.get(f"analyses/{song_id}/place", **plane)
    x, y = components
    told = explorer.get("points", columns="position", format="json", **plane, x=x, y=y)
    axes = told["info"]["axes"]
    ends = [(component, axes[name]["min"], axes[name]["max"]) for name, component in (("x", x), ("y", y))]
    expected = [[(row[at] - low) / (high - low) for at, low, high in ends] for row in found["positions"]]
    return [pytest.approx(place, abs=2e-4) for place in expected]


def drop(page: Page, path: Path) -> None:
    """Drag a file over the page, and let it go there."""
    script = """([content, name]) => {
      const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
      window.dragged = new DataTransfer();
      window.dragged.items.add(new File([bytes], name));
      const how = { dataTransfer: window.dragged, bubbles: true, cancelable: true };
      document.body.dispatchEvent(new DragEvent("dragover", how));
      window.letGo = () => document.body.dispatchEvent(new DragEvent("drop", how));
    }"""
    page.evaluate(script, [base64.b64encode(path.read_bytes()).decode(), path.name])


def test_results_are_shown_when_files_are_chosen(
    page: Page, workplace: str, song: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"no audio at all " * 50)
    play_slowly(page)
    page.goto(f"{workplace}/analyse")
    expect(page.locator("html")).to_have_attribute("data-state", "ready")
    expect(page.get_by_text("None yet.")).to_be_visible()
    for box in page.locator("#wishes input:enabled").all():
        box.set_checked(box.get_attribute("name") in ("tags", "embeddings"))
    page.set_input_files("#files", [song, broken])
    expect(row(page, "broken.mp3").locator(".row-problem")).to_be_visible()
    expect(row(page, "broken.mp3").get_by_role("button", name="Try again")).to_be_visible()
    expect(row(page, song.name)).to_have_attribute("data-state", "finished", timeout=ANALYSIS)

    row(page, song.name).get_by_role("link").click()
    page.wait_for_url(re.compile(r"/analyse/\w+$"))
    tags = page.locator("section.found").filter(has=page.get_by_role("heading", name=re.compile("^Tags")))
    song_id = page.url.rsplit("/", 1)[1]
    found = page.request.get(f"{workplace}/api/v1/analyses/{song_id}").json()
    assert found["attributes"] == ["tags", "embeddings"]
    first, *_ = found["result"]["tags"]["networks"].values()
    best = first["tags"][:10]
    expect(tags.locator(".tag-name")).to_have_text([tag["tag"] for tag in best])

    plot = tags.locator(".heatmap-plot[data-drawn]")
    plot.evaluate("(element) => element.scrollIntoView({ block: 'center' })")
    box = plot.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 108 + 0.5 * (box["width"] - 114), box["y"] + 30)
    heard = "(audio) => !audio.paused && audio.currentTime > 4"
    page.wait_for_function(heard, arg=page.locator("audio").element_handle())
    assert violations(page) == []

    page.go_back()
    expect(row(page, song.name)).to_be_visible()
    page.reload()
    kept = page.locator("#wishes input:checked")
    expect(kept).to_have_count(2)
    assert sorted(kept.evaluate_all("(all) => all.map(({ name }) => name)")) == ["embeddings", "tags"]
    row(page, song.name).get_by_role("button", name="Delete").click()
    expect(row(page, song.name)).to_have_count(0)
    page.goto(f"{workplace}/analyse/{song_id}")
    expect(page.get_by_role("heading", name="There is no such analysis")).to_be_visible()


def test_file_is_sent_again_when_the_server_did_not_answer(page: Page, workplace: str, song: Path) -> None:
    page.goto(f"{workplace}/analyse")
    page.locator("html[data-state=ready]").wait_for(state="attached")
    page.context.set_offline(True)
    page.set_input_files("#files", song)
    refused = row(page, song.name).filter(has_text="does not answer")
    expect(refused).to_be_visible()
    page.context.set_offline(False)
    refused.get_by_role("button", name="Try again").click()
    expect(row(page, song.name).first).to_have_attribute("data-state", "finished", timeout=ANALYSIS)


def test_page_says_so_when_a_result_is_no_longer_kept(
    page: Page, workplace: str, own: Library, song: Path
) -> None:
    upload = {"name": song.name, "mimeType": "audio/wav", "buffer": song.read_bytes()}
    analyses = f"{workplace}/api/v1/analyses"
    sent = page.request.post(f"{analyses}?attributes=tags", multipart={"file": upload}).json()
    deadline = time.monotonic() + ANALYSIS / 1000
    while page.request.get(f"{analyses}/{sent['id']}?wait=5").json()["state"] != "finished":
        assert time.monotonic() < deadline
    with sqlite3.connect(own.root / "db.sqlite") as database:
        database.execute("UPDATE job SET state = 'expired', expires_at = NULL WHERE id = ?", [sent["id"]])
    database.close()
    page.goto(f"{workplace}/analyse/{sent['id']}")
    expect(page.locator("#result")).to_contain_text("not kept any more")
    expect(page.locator("#result audio")).to_have_count(0)


def test_song_lies_at_its_place_when_it_is_dropped_on_the_map(map_page: Explorer, song: Path) -> None:
    page = map_page.open(SEGMENTS + "umap").page
    drop(page, song)
    expect(page.locator(".veil")).to_contain_text("The library stays as it is.")
    page.evaluate("window.letGo()")
    expect(page.locator(".veil")).to_be_hidden()
    card = page.get_by_role("region", name="Added song")
    near = card.get_by_role("listitem").locator(".neighbour")
    expect(near).to_have_count(10, timeout=ANALYSIS)
    expect(card.locator(".tag")).to_have_count(5)
    song_id = map_page.address_state["song"]
    assert [list(place) for place in places(map_page)] == expected_places(map_page, song_id, "umap")
    plane = {"network": "mtt-musicnn", "layer": "embeddings", "level": "segments", "projection": "umap"}
    found = map_page.get(f"analyses/{song_id}/place", **plane)["neighbours"]
    ids = near.evaluate_all("(all) => all.map((one) => [one.dataset.track, one.dataset.segment].join(':'))")
    assert ids == [f"{one['track']['id']}:{one['segment']}" for one in found]

    expect(map_page.stage).to_have_attribute("data-song-linked", ",".join(str(one["row"]) for one in found))
    near.nth(2).hover()
    expect(map_page.stage).to_have_attribute("data-song-linked", str(found[2]["row"]))
    assert violations(page) == []
    near.nth(2).click()
    map_page.until(lambda: map_page.address_state.get("track") == str(found[2]["track"]["id"]))


def test_song_is_placed_anew_when_the_map_is_changed(map_page: Explorer, song: Path) -> None:
    page = map_page.open(SEGMENTS + "pca&x=2&y=4").page
    page.set_input_files("#song-file", song)
    card = page.get_by_role("region", name="Added song")
    expect(card.locator(".neighbour")).to_have_count(10, timeout=ANALYSIS)
    song_id = map_page.address_state["song"]
    assert [list(place) for place in places(map_page)] == expected_places(map_page, song_id, "pca", (2, 4))
    page.locator("[name=projection]").select_option("umap")
    umap = expected_places(map_page, song_id, "umap")
    map_page.until(lambda: [list(place) for place in places(map_page)] == umap)
    page.get_by_text("tracks", exact=True).click()
    map_page.until(lambda: len(places(map_page)) == 1)

    card.get_by_role("button", name="Close").click()
    expect(card).to_be_hidden()
    expect(map_page.stage).to_have_attribute("data-song", "")
    map_page.until(lambda: "song" not in map_page.address_state)
    page.go_back()
    expect(card.locator(".neighbour")).to_have_count(10)
    expect(map_page.stage).not_to_have_attribute("data-song", "")


def test_song_lies_on_both_maps_when_two_are_compared(map_page: Explorer, song: Path) -> None:
    page = map_page.open(f"{SEGMENTS}umap&level=tracks&other.network=mtt-musicnn&other.layer=taggrams").page
    page.set_input_files("#song-file", song)
    card = page.get_by_role("region", name="Added song")
    expect(card.locator(".neighbour")).to_have_count(20, timeout=ANALYSIS)
    other = page.locator("#other-stage")
    map_page.until(lambda: places(map_page) and places(map_page, other))
    assert places(map_page) != places(map_page, other)


def test_card_says_so_when_the_song_of_a_link_is_gone(map_page: Explorer) -> None:
    page = map_page.open(f"{SEGMENTS}umap&song={'0' * 32}").page
    expect(page.get_by_role("region", name="Added song")).to_contain_text("There is no such song any more")
    expect(map_page.stage).to_have_attribute("data-song", "")


@pytest.fixture
def change(own: Library) -> Iterator[Callable[..., None]]:
    """Change the library's database behind the server's back."""
    with closing(sqlite3.connect(own.root / "db.sqlite")) as database:

        def run(statement: str, *values: str) -> None:
            with database:
                database.execute(statement, values)

        yield run
        run("UPDATE track SET content_hash = NULL")


def test_card_leads_to_the_track_when_the_very_file_is_in_the_library(
    map_page: Explorer, song: Path, change: Callable[..., None]
) -> None:
    change("UPDATE track SET content_hash = ? WHERE id = 5", hashlib.sha256(song.read_bytes()).hexdigest())
    page = map_page.open(SEGMENTS + "umap").page
    page.set_input_files("#song-file", song)
    card = page.get_by_role("region", name="Added song")
    expect(card).to_contain_text("This very file is in the library", timeout=ANALYSIS)
    expect(card.get_by_role("button", name="Add to the library")).to_have_count(0)
    card.get_by_role("button", name="Show the track").click()
    map_page.wait_for_details()
    assert map_page.address_state["track"] == "5"


def test_song_is_heard_again_when_its_weights_are_not_the_librarys(
    map_page: Explorer, song: Path, change: Callable[..., None]
) -> None:
    page = map_page.open(SEGMENTS + "umap").page
    page.set_input_files("#song-file", song)
    card = page.get_by_role("region", name="Added song")
    expect(card.locator(".neighbour")).to_have_count(10, timeout=ANALYSIS)
    change("""UPDATE job SET result = json_set(result, '$.weights."mtt-musicnn"', 'others')""")
    page.reload()
    expect(card).to_contain_text("other weights", timeout=ANALYSIS)
    card.get_by_role("button", name="Let it listen again").click()
    expect(card.locator(".neighbour")).to_have_count(10, timeout=ANALYSIS)


def test_song_becomes_a_file_of_the_library_when_asked(map_page: Explorer, own: Library, song: Path) -> None:
    page = map_page.open(SEGMENTS + "umap").page
    page.set_input_files("#song-file", song)
    card = page.get_by_role("region", name="Added song")
    card.get_by_role("button", name="Add to the library").click(timeout=ANALYSIS)
    expect(card.get_by_text("It is being added")).to_be_visible()
    song_id = map_page.address_state["song"]
    assert (own.root / "audio" / "uploads" / f"A walk {song_id[:8]}.wav").read_bytes() == song.read_bytes()
    [job] = [one for one in map_page.get("jobs")["jobs"] if one["kind"] == "process"]
    page.request.post(f"{map_page.address}/api/v1/jobs/{job['id']}/cancel")
