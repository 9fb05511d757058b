"""The listening test, heard and answered in the browser."""

import shutil

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.conftest import TIMEOUT
from tests.snapshot_factory import Library

PHONE = {"viewport": {"width": 390, "height": 780}, "color_scheme": "dark", "has_touch": True}


@pytest.fixture
def address(library: Library, serve, tmp_path) -> str:
    """Address of the page over a library of the test's own, as answers are written."""
    return f"{serve(shutil.copytree(library.root, tmp_path / 'own'))}/similarity"


def hear_all(page: Page) -> None:
    for name in ("Reference", "Choice 1", "Choice 2", "Choice 3"):
        group = page.get_by_role("group", name=name)
        group.get_by_role("button", name=name).click()
        expect(group).to_have_attribute("data-playing", "true")
        group.filter(has_text="playing").wait_for()
        page.locator("audio").evaluate(
            "(audio) => new Promise((done) => audio.addEventListener('timeupdate', done, {once: true}))"
        )
        assert page.locator("audio").evaluate("(audio) => !audio.paused && audio.currentTime > 0")
        expect(group).to_have_attribute("data-heard", "", timeout=TIMEOUT)


def test_answer_is_given_by_hand_when_all_four_were_heard(page: Page, address: str) -> None:
    posted: list[Request] = []

    def watch(request: Request) -> None:
        if request.method == "POST":
            posted.append(request)

    page.on("request", watch)
    page.goto(address)
    page.locator("html[data-state=ready]").wait_for(state="attached")
    choose = page.get_by_role("button", name="Choose 2")
    expect(choose).to_be_disabled()
    hear_all(page)
    expect(choose).to_be_enabled()
    first = page.locator(".sounds").inner_html()
    choose.click()
    expect(page.get_by_role("status")).to_have_text("Thank you: your first answer.")
    expect(page.get_by_role("button", name="Choose 2")).to_be_disabled()
    assert page.locator(".sounds").inner_html() != first
    page.get_by_text("Results so far").click()
    expect(page.get_by_role("row")).to_have_count(2)
    (sent,) = posted
    assert set(sent.post_data_json) == {"question", "rater", "choice"}
    page.reload()
    assert page.evaluate("localStorage.getItem('listening-test-rater')") == sent.post_data_json["rater"]


class TestPhone:
    @pytest.fixture
    def browser_options(self):
        return PHONE

    def test_answer_is_given_with_the_keyboard(self, page: Page, address: str) -> None:
        page.goto(address)
        page.locator("html[data-state=ready]").wait_for(state="attached")
        for number, key in enumerate(["r", "1", "2", "3"]):
            page.keyboard.press(key)
            expect(page.get_by_role("group").nth(number)).to_have_attribute("data-heard", "")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.keyboard.press("Shift+Digit3")
        expect(page.get_by_role("status")).to_have_text("Thank you: your first answer.")
        page.keyboard.press("r")
        page.get_by_role("button", name="Skip this one").click()
        expect(page.get_by_role("group").first).to_have_attribute("data-playing", "false")


def test_reason_is_told_when_there_is_nothing_to_compare(page: Page, serve) -> None:
    page.goto(f"{serve()}/similarity")
    expect(page.get_by_role("alert")).to_contain_text("flask process")
