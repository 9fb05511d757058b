"""The listening test, heard and answered in the browser."""

import shutil

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.explorer import play_slowly, set_pace
from tests.snapshot_factory import Library

PHONE = {"viewport": {"width": 390, "height": 780}, "color_scheme": "dark", "has_touch": True}


@pytest.fixture
def address(library: Library, serve, tmp_path) -> str:
    """Address of the page over a library of the test's own, as answers are written."""
    return f"{serve(shutil.copytree(library.root, tmp_path / 'own'))}/similarity"


FAST = 4
NEARLY_ALL = 2.7  # seconds of a segment


def open_test(page: Page, address: str) -> None:
    """Open the page, on which sounds do not come to their end until they are wanted to go on faster."""
    play_slowly(page)
    page.goto(address)
    page.locator("html[data-state=ready]").wait_for(state="attached")


def hear_all(page: Page) -> None:
    for name in ("Reference", "Choice 1", "Choice 2", "Choice 3"):
        group = page.get_by_role("group", name=name)
        group.get_by_role("button", name=name).click()
        expect(group).to_have_attribute("data-playing", "true")
        group.filter(has_text="playing").wait_for()
        begun = page.locator("audio").evaluate("(audio) => audio.currentTime")
        goes_on = "([audio, begun]) => !audio.paused && audio.currentTime > begun"
        page.wait_for_function(goes_on, arg=[page.locator("audio").element_handle(), begun])
        page.locator("audio").evaluate("(audio, most) => { audio.currentTime += most; }", NEARLY_ALL)
        expect(group).to_have_attribute("data-heard", "")


def test_answer_is_given_by_hand_when_all_four_were_heard(page: Page, address: str) -> None:
    posted: list[Request] = []

    def watch(request: Request) -> None:
        if request.method == "POST":
            posted.append(request)

    page.on("request", watch)
    open_test(page, address)
    choose = page.get_by_role("button", name="Choose 2")
    expect(choose).to_be_disabled()
    hear_all(page)
    expect(choose).to_be_enabled()
    first = page.locator(".sounds").inner_html()
    choose.click()
    expect(page.get_by_role("status")).to_have_text("Thank you: your first answer.")
    expect(page.get_by_role("button", name="Choose 2")).to_be_disabled()
    expect(page.get_by_text("not heard yet")).to_have_count(4)
    assert page.locator(".sounds").inner_html() != first
    page.get_by_text("Results so far").click()
    expect(page.get_by_role("row")).to_have_count(2)
    (sent,) = posted
    assert set(sent.post_data_json) == {"question", "rater", "choice"}
    page.reload()
    assert page.evaluate("localStorage.getItem('listening-test-rater')") == sent.post_data_json["rater"]


def test_answer_is_kept_and_sent_again_when_the_server_did_not_answer(page: Page, address: str) -> None:
    open_test(page, address)
    hear_all(page)
    page.route("**/listening/answers", lambda route: route.abort("connectionrefused"))
    page.get_by_role("button", name="Choose 2").click()
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("Your answer is not kept yet. The server does not answer.")
    again = problem.get_by_role("button", name="Send choice 2 again")
    again.focus()
    page.keyboard.press("Enter")
    expect(again).to_be_focused()
    page.get_by_role("group", name="Reference").get_by_role("button").click()
    expect(again).to_be_visible()
    expect(page.get_by_role("group", name="Reference")).to_have_attribute("data-playing", "true")
    expect(page.get_by_role("button", name="Choose 2")).to_be_enabled()

    page.unroute("**/listening/answers")
    with page.expect_request("**/listening/answers") as sent:
        again.click()
    assert sent.value.post_data_json["choice"] == 1
    expect(page.get_by_role("status")).to_have_text("Thank you: your first answer.")
    expect(problem).to_be_hidden()
    expect(page.get_by_role("group", name="Reference").get_by_role("button")).to_be_focused()


def test_question_is_asked_again_when_it_did_not_come(page: Page, address: str) -> None:
    page.route("**/listening/question", lambda route: route.abort("connectionrefused"))
    page.goto(address)
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer.")
    page.unroute("**/listening/question")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#sounds").get_by_role("group")).to_have_count(4)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_sound_is_not_heard_when_it_has_only_begun(page: Page, address: str) -> None:
    open_test(page, address)
    for number, key in enumerate(["r", "1", "2", "3"]):
        page.keyboard.press(key)
        group = page.get_by_role("group").nth(number)
        expect(group).to_contain_text("playing")
        page.wait_for_function("() => document.querySelector('audio').currentTime > 0")
    page.keyboard.press("3")
    expect(page.get_by_text("not heard yet")).to_have_count(4)
    expect(page.get_by_role("button", name="Choose 2")).to_be_disabled()


def test_sound_is_heard_when_only_its_end_was_noticed(page: Page, address: str) -> None:
    open_test(page, address)
    # A page that was too busy to look while it played.
    page.evaluate("window.requestAnimationFrame = () => 0")
    page.locator("audio").evaluate(
        "(audio) => addEventListener('timeupdate', (event) => audio.ended || event.stopPropagation(), true)"
    )
    page.keyboard.press("r")
    page.locator("audio").evaluate(
        """(audio) => new Promise((done) => {
            audio.addEventListener('ended', done, {once: true});
            const near = () => { audio.currentTime = audio.duration - 0.05; };
            audio.readyState ? near() : audio.addEventListener('loadedmetadata', near, {once: true});
        })"""
    )
    expect(page.get_by_role("group", name="Reference")).to_have_attribute("data-heard", "")


class TestPhone:
    @pytest.fixture
    def browser_options(self):
        return PHONE

    def test_answer_is_given_with_the_keyboard(self, page: Page, address: str) -> None:
        open_test(page, address)
        set_pace(page, FAST)
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
