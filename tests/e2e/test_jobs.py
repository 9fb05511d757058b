"""The page that shows all jobs."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import APIResponse, Locator, Page, Route, expect

from tests.e2e.conftest import working
from tests.e2e.explorer import Explorer
from tests.e2e.test_accessibility import violations

WORKER = 120_000  # ms in which a worker has begun and ended, on a machine that is busy otherwise
Change = Callable[[str, str], None]


@pytest.fixture
def address(serve: Callable[..., str]) -> str:
    """An empty library that nobody works on: what waits goes on waiting."""
    return serve()


@pytest.fixture
def change(tmp_path: Path, address: str) -> Change:
    """Do what a worker would: change the only job's row."""

    def run(values: str, job_id: str = "") -> None:
        with closing(sqlite3.connect(tmp_path / "empty" / "db.sqlite")) as database, database:
            where = f"WHERE id = '{job_id}'" if job_id else ""
            database.execute(f"UPDATE job SET {values} {where}")

    return run


@pytest.fixture
def streams(page: Page, address: str) -> Iterator[Callable[[], None]]:
    """Take all streams of events, so that the page is refused one."""
    pages: list[Page] = []

    def take() -> None:
        for _ in range(3):
            other = page.context.new_page()
            other.goto(f"{address}/health")
            other.evaluate(
                # It is refused as long as the server has not noticed that an earlier test's page is gone.
                """() => new Promise((done) => {
                  const take = () => {
                    const events = new EventSource("/api/v1/jobs/events");
                    events.onopen = () => done();
                    events.onerror = () => {
                      events.close();
                      setTimeout(take, 100);
                    };
                  };
                  take();
                })"""
            )
            pages.append(other)

    yield take
    for other in pages:
        other.close()


def rows(page: Page) -> Locator:
    return page.locator("#table tbody")


def start(page: Page, address: str, kind: str = "process") -> dict[str, Any]:
    response = page.request.post(f"{address}/api/v1/jobs", data={"kind": kind})
    assert response.ok, response.text()
    job: dict[str, Any] = response.json()
    return job


def test_job_is_cancelled_tried_again_and_deleted_when_asked(page: Page, address: str) -> None:
    page.goto(f"{address}/jobs")
    expect(page.get_by_text("Nothing has been asked for yet.")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Process the library").click()
    row = rows(page).filter(has_text="Process the library")
    expect(row).to_have_attribute("data-state", "queued")
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_have_attribute("data-state", "cancelled")
    row.get_by_role("button", name="Try again").click()
    expect(row).to_have_attribute("data-state", "queued")
    page.get_by_role("button", name="Compute maps").click()
    expect(rows(page)).to_have_count(2)
    row.get_by_role("button", name="Cancel").click()

    page.get_by_label("Show").select_option("cancelled")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("Process the library")
    row.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("There is no such job.")).to_be_visible()
    page.get_by_label("Show").select_option("")
    expect(rows(page)).to_have_count(1)


def test_progress_is_seen_when_the_server_tells_it(page: Page, address: str, change: Change) -> None:
    start(page, address)
    page.clock.install()
    page.goto(f"{address}/jobs")
    expect(rows(page)).to_have_attribute("data-state", "queued")
    change("state = 'running', stage = 'Extracting', done = 1, total = 100, started_at = created_at")
    expect(rows(page)).to_contain_text("Extracting · 1 of 100")
    expect(rows(page).get_by_role("progressbar")).to_have_attribute("value", "1")
    page.clock.fast_forward(1600)  # before, nobody can tell how long it takes
    change("done = 21")
    expect(rows(page)).to_contain_text("left")
    assert violations(page) == []
    change("state = 'failed', error = 'The disk is full.', finished_at = created_at + 5")
    expect(rows(page)).to_contain_text("The disk is full.")
    expect(rows(page)).to_contain_text("took 5 s")
    expect(page.locator("#said")).to_have_text("Process the library: The disk is full.")
    rows(page).get_by_role("button", name="Log").click()
    expect(rows(page).locator(".log")).to_have_text("It has said nothing.")


def test_newest_state_stays_when_an_older_answer_comes_late(page: Page, address: str, change: Change) -> None:
    start(page, address)
    page.goto(f"{address}/jobs?state=queued,running")
    expect(rows(page)).to_have_attribute("data-state", "queued")
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/api/v1/jobs?*", lambda route: held.append((route, route.fetch())))
    explorer = Explorer(page, address)
    page.get_by_label("Show").select_option("")  # asks, and is told by the stream of events besides
    explorer.until(lambda: held)
    change("state = 'cancelled', expires_at = created_at")
    expect(rows(page)).to_have_attribute("data-state", "cancelled")
    [(route, answer)] = held
    assert answer.json()["jobs"][0]["state"] == "queued"
    with page.expect_response("**/api/v1/jobs?*"):
        route.fulfill(response=answer)
    explorer.settle()
    expect(rows(page)).to_have_attribute("data-state", "cancelled")


def test_jobs_are_asked_for_when_the_server_refuses_to_tell(
    page: Page, address: str, change: Change, streams: Callable[[], None]
) -> None:
    start(page, address)
    streams()
    with page.expect_response("**/jobs/events") as refused:
        page.goto(f"{address}/jobs")
    assert refused.value.status == 503
    expect(rows(page)).to_have_attribute("data-state", "queued")
    change("state = 'cancelled', expires_at = created_at")
    expect(rows(page)).to_have_attribute("data-state", "cancelled")


def test_page_says_so_when_the_server_does_not_answer(page: Page, address: str) -> None:
    start(page, address)
    page.goto(f"{address}/jobs")
    expect(rows(page)).to_have_count(1)
    page.context.set_offline(True)
    page.get_by_label("Show").select_option("queued,running")
    expect(page.locator("#lost")).to_contain_text("does not answer")
    expect(rows(page)).to_have_count(1)
    page.context.set_offline(False)
    expect(page.locator("#lost")).to_be_hidden()


def test_library_is_processed_when_the_empty_map_offers_it(
    page: Page, tmp_path: Path, empty_database: Path, models_dir: Path
) -> None:
    root = tmp_path / "root"
    (root / "audio").mkdir(parents=True)
    (root / "db.sqlite").write_bytes(empty_database.read_bytes())
    with working(root, models_dir) as address:
        page.goto(address)
        page.get_by_role("button", name="Process the library").click()
        page.wait_for_url("**/jobs")
        # There is no audio: a real worker says so.
        expect(rows(page)).to_have_attribute("data-state", "failed", timeout=WORKER)
        expect(rows(page).locator(".bad")).to_contain_text("audio")
