"""What the page says when there is nothing to show, or something is wrong."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import Engine, create_engine, text

from app.services.lock import library_lock
from app.settings import read_settings
from app.store.progress import Progress, write_progress
from tests.e2e.explorer import Explorer, Held
from tests.snapshot_factory import Library, default_settings

POINTS = "**/api/v1/points?*"


def test_page_says_how_to_begin_when_the_library_is_empty(serve: Callable[..., str], page: Page) -> None:
    explorer = Explorer(page, serve()).open(state="empty")

    expect(explorer.page.get_by_role("heading", name="No music yet")).to_be_in_viewport()
    expect(explorer.message).to_contain_text("make demo AUDIO=")
    assert explorer.points == 0


@pytest.fixture
def database(library: Library, tmp_path: Path) -> Iterator[Engine]:
    """Of a library whose snapshot is not published: it waits in the table ``kept``. The root is beside it."""
    root = shutil.copytree(library.root, tmp_path / "own")
    engine = create_engine(f"sqlite:///{root / 'db.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept AS SELECT * FROM snapshot"))
        connection.execute(text("DELETE FROM snapshot"))
    yield engine
    engine.dispose()


@pytest.fixture
def root(database: Engine) -> Path:
    return Path(database.url.database or "").parent


def test_page_says_what_to_run_when_there_is_no_snapshot(
    root: Path, serve: Callable[..., str], page: Page
) -> None:
    explorer = Explorer(page, serve(root)).open(state="empty")

    expect(explorer.page.get_by_role("heading", name="No map yet")).to_be_in_viewport()
    expect(explorer.message).to_contain_text("flask process")


def test_page_shows_the_run_at_work_and_then_its_map_when_there_was_none(
    database: Engine, root: Path, serve: Callable[..., str], page: Page
) -> None:
    with library_lock(read_settings(default_settings(root))):
        write_progress(root, Progress("Extracting", 20, 50, 96.0))
        explorer = Explorer(page, serve(root)).open(state="empty")
        expect(explorer.running).to_have_text("Extracting 20 of 50 · 2 min left")
        expect(explorer.running.get_by_role("progressbar")).to_have_js_property("value", 20)

        with database.begin() as connection:
            connection.execute(text("INSERT INTO snapshot SELECT * FROM kept"))
        explorer.wait_for("ready")


def test_page_goes_on_looking_when_something_else_answers(explorer: Explorer) -> None:
    explorer.open()
    running = {
        "snapshot": None,
        "running": {"stage": "Extracting", "done": 1, "total": 2, "seconds_left": None},
    }
    answers: list[dict[str, Any]] = [{"body": "<html>Please wait</html>"}]
    given: list[dict[str, Any]] = []

    def answer(route: Route) -> None:
        given.append(answers[-1])
        route.fulfill(**answers[-1])

    explorer.page.route("**/api/v1/status", answer)
    explorer.page.clock.install()
    explorer.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    explorer.until(lambda: given)
    answers.append({"json": running})

    def is_told() -> bool:
        explorer.page.clock.run_for(20_000)  # the page may not have begun to wait before
        return "Extracting 1 of 2" in explorer.running.inner_text()

    explorer.until(is_told)
    assert given[0] is answers[0]


@pytest.mark.parametrize("path", ["", "similarity"])
def test_pages_work_when_the_browser_keeps_nothing(explorer: Explorer, path: str) -> None:
    explorer.page.add_init_script(
        """Object.defineProperty(window, "localStorage", {
          get() { throw new DOMException("The browser keeps nothing.", "SecurityError"); },
        });"""
    )
    page = explorer.page
    if path:
        page.goto(f"{explorer.address}/{path}")
        expect(page.locator("html")).to_have_attribute("data-state", "ready")
        return
    explorer.open()
    page.get_by_role("button", name="Keys ?").click()
    page.get_by_label("Single keys work everywhere").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()  # remembered until the page is left


def test_page_says_so_when_the_server_stops_answering_and_when_it_is_back(explorer: Explorer) -> None:
    explorer.open()
    search = explorer.page.get_by_role("combobox", name="Search for a track")
    place = search.bounding_box()
    explorer.page.route("**/api/v1/status", lambda route: route.abort("connectionrefused"))
    explorer.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # the user looks again
    expect(explorer.running).to_contain_text("does not answer")
    assert search.bounding_box() == place  # nothing jumps

    explorer.page.unroute("**/api/v1/status")
    expect(explorer.running).to_be_empty()


def test_page_names_what_is_out_of_service_and_shows_the_rest_when_a_file_is_damaged(
    library: Library, tmp_path: Path, serve: Callable[..., str], page: Page
) -> None:
    own = Library(shutil.copytree(library.root, tmp_path / "own"), library.key)
    space = next(space for space in own.files.spaces() if space.level == "segments")
    own.files.derived_path(space, "knn-distances").write_bytes(b"damage")
    address = serve(own.root)
    place = f"network={space.network}&layer={space.layer}&level={space.level}"
    assert page.request.get(f"{address}/api/v1/outliers?{place}").status == 503

    explorer = Explorer(page, address).open()

    expect(explorer.running).to_contain_text(f"{space.network}/{space.layer}/segments/knn-distances.npy")
    expect(explorer.running).to_contain_text("flask verify --repair")


def test_page_passes_on_what_the_server_says_when_it_refuses(explorer: Explorer) -> None:
    body = json.dumps({"error": {"code": "database", "message": "The database is locked.", "details": None}})
    explorer.page.route("**/api/v1/networks", lambda route: route.fulfill(status=503, body=body))

    explorer.open(state="error")

    expect(explorer.page.get_by_text("The database is locked.")).to_be_in_viewport()
    expect(explorer.message).to_have_attribute("role", "alert")


def test_map_is_loaded_after_all_when_the_connection_comes_back(explorer: Explorer) -> None:
    explorer.page.route("**/api/v1/status", lambda route: route.abort("connectionrefused"))
    explorer.page.route(POINTS, lambda route: route.abort("connectionrefused"))
    explorer.open(state="error")
    expect(explorer.message).to_contain_text("does not answer")

    explorer.page.unroute(POINTS)
    explorer.message.get_by_role("button", name="Try again").click()

    explorer.wait_for("ready")
    expect(explorer.message).to_be_hidden()
    assert explorer.points > 0


def test_map_is_loaded_by_itself_when_the_server_answers_again(explorer: Explorer) -> None:
    explorer.open()
    explorer.page.route("**/api/v1/*", lambda route: route.abort("connectionrefused"))
    explorer.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(explorer.running).to_contain_text("does not answer")
    explorer.page.get_by_label("Projection").select_option("pca")
    explorer.wait_for("error")
    expect(explorer.message).to_contain_text("could not be loaded")

    explorer.page.unroute("**/api/v1/*")
    explorer.wait_for("ready")
    expect(explorer.message).to_be_hidden()
    assert explorer.address_state["projection"] == "pca"


def test_page_offers_to_show_the_new_snapshot_when_the_library_was_processed_anew(explorer: Explorer) -> None:
    def of_before(route: Route) -> None:
        answer = route.fetch()
        body = answer.json()
        body["snapshot"]["id"] = "0" * 32
        route.fulfill(response=answer, json=body)

    explorer.page.route("**/api/v1/networks", of_before)
    explorer.open(state="error")
    expect(explorer.message).to_contain_text("processed anew")

    explorer.page.unroute("**/api/v1/networks")
    explorer.message.get_by_role("button", name="Show it").click()

    explorer.wait_for("ready")


def test_last_choice_wins_when_answers_come_in_another_order(explorer: Explorer) -> None:
    explorer.open("?network=mtt-musicnn")
    held = Held(explorer.page, "**/points?*guitar*")
    colour = explorer.page.get_by_label("Colour by")

    colour.select_option("tag:guitar")
    explorer.until(lambda: held.routes)
    colour.select_option("tag:techno")

    expect(explorer.legend).to_contain_text("techno")
    explorer.wait_for("ready")
    assert explorer.address_state["colour"] == "tag:techno"


def test_rest_of_the_panel_is_shown_when_one_part_of_it_fails(explorer: Explorer) -> None:
    explorer.page.route("**/api/v1/similar?*", lambda route: route.abort("connectionrefused"))
    explorer.open()

    explorer.choose_on_map()

    expect(explorer.details.get_by_role("region", name="Nearest neighbours")).to_contain_text(
        "does not answer"
    )
    expect(explorer.tags.locator(".tag-name")).to_have_count(10)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_shows_that_it_is_loading_when_points_take_long(explorer: Explorer, scheme: str) -> None:
    explorer.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    held = Held(explorer.page, POINTS)

    explorer.page.goto(explorer.address)
    explorer.until(lambda: len(held.routes) == 3)

    expect(explorer.page.locator("html")).to_have_attribute("data-state", "loading")
    expect(explorer.page.locator(".progress")).to_have_css("opacity", "1")
    for route in held.routes:
        route.continue_()
    explorer.wait_for("ready")
    expect(explorer.page.locator(".progress")).to_have_css("opacity", "0")


@pytest.mark.parametrize(
    ("point", "reason"),
    [
        ("track=99999", "There is no track 99999"),
        ("track=3&segment=999", "“Title 3” has 5 segments: there is no segment 1000."),
    ],
)
def test_one_reason_is_told_when_a_link_leads_to_no_point(
    explorer: Explorer, point: str, reason: str
) -> None:
    explorer.open(f"?network=mtt-musicnn&level=segments&{point}")
    expect(explorer.details.get_by_role("heading")).to_have_text("There is no such point")
    expect(explorer.details).to_contain_text(reason)
    expect(explorer.details.locator(".bad")).to_have_count(0)
    expect(explorer.player).to_have_attribute("data-state", "empty")
    expect(explorer.player).not_to_contain_text("49:")
