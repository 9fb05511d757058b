"""What axe-core finds wrong with the pages: nothing."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.explorer import Explorer

SCHEMES = ("light", "dark")


@pytest.fixture(params=SCHEMES)
def browser_options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each ground: contrasts differ."""
    return {"color_scheme": request.param}


def violations(page: Page) -> list[str]:
    """One line for each element that breaks a rule."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {node['target']}: {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def test_nothing_is_violated_when_a_point_is_chosen(explorer: Explorer) -> None:
    explorer.open("?track=3&segment=1")
    explorer.wait_for_details()
    expect(explorer.tags.locator(".tag-name")).to_have_count(10)
    expect(explorer.neighbours).to_have_count(10)
    assert violations(explorer.page) == []


def test_nothing_is_violated_in_the_listening_test(page: Page, server: str) -> None:
    page.goto(f"{server}/similarity")
    page.locator("html[data-state=ready]").wait_for(state="attached")
    assert violations(page) == []
    page.get_by_text("Results so far").click()
    page.get_by_text("no answers yet").wait_for()
    assert violations(page) == []


def test_nothing_is_violated_when_the_keys_are_listed(explorer: Explorer) -> None:
    explorer.open()
    explorer.page.get_by_role("button", name="Keys").click()
    assert violations(explorer.page) == []


def test_nothing_is_violated_when_two_maps_are_compared(explorer: Explorer) -> None:
    explorer.open("?other=on&track=3&segment=1")
    explorer.wait_for_details()
    explorer.page.locator("#agreement strong").wait_for()
    assert violations(explorer.page) == []


def test_nothing_is_violated_when_the_panel_shows_its_pages(explorer: Explorer) -> None:
    page = explorer.open("?track=3&segment=1&selected=3:0-1_4:2").page
    explorer.wait_for_details()
    for name, ready in (
        ("Taggram", ".heatmap-plot[data-drawn]"),
        ("Selection", "[role=row] >> nth=2"),
        ("Quality", "#page-quality :is(h2, h3)"),
    ):
        page.get_by_role("tab", name=name).click()
        page.locator(ready).first.wait_for()
        assert violations(page) == [], name


def test_nothing_is_violated_when_the_filter_is_open(explorer: Explorer) -> None:
    explorer.open("?heard=0.1-1:rock&only=genre:rock")
    explorer.page.get_by_role("button", name="Filter").click()
    assert violations(explorer.page) == []


@pytest.mark.parametrize(
    "path",
    ["/api/docs", "/sign-in", "/api/docs#points_columns", "/analyse", "/jobs", "/analyse/unknown"],
)
def test_nothing_is_violated_on_pages_without_a_map(page: Page, server: str, path: str) -> None:
    page.goto(f"{server}{path}")
    if page.locator("script[type=module]").count():  # it tells when it is there
        expect(page.locator("html")).not_to_have_attribute("data-state", "loading")
    for details in page.locator("details").all()[:5]:
        details.locator("summary").click()
    assert violations(page) == []
