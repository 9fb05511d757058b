"""The search in the masthead."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Route, expect

from tests.e2e.explorer import Explorer


def test_track_is_found_chosen_and_heard_when_only_keys_are_used(explorer: Explorer) -> None:
    explorer.open()
    found = explorer.get("tracks", q="Title 12")["tracks"]
    page = explorer.page
    page.locator("body").press("/")
    box = page.get_by_role("combobox", name="Search for a track")
    expect(box).to_be_focused()
    page.keyboard.type("title 12")
    options = page.get_by_role("option")
    expect(options).to_contain_text([track["title"] for track in found])  # of all that was typed
    expect(page.get_by_role("search").get_by_role("status")).to_contain_text("found")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")

    expect(explorer.details).to_have_attribute("data-point", f"{found[0]['id']}:0")
    assert explorer.address_state["track"] == str(found[0]["id"])
    explorer.until(lambda: explorer.audio["time"] > 0 and not explorer.audio["paused"])
    expect(explorer.details).to_be_focused()
    expect(options.first).to_be_hidden()


def asks_for(route: Route, words: str) -> bool:
    return parse_qs(urlsplit(route.request.url).query)["q"] == [words]


def test_first_of_what_is_typed_is_chosen_when_enter_is_faster_than_the_answer(explorer: Explorer) -> None:
    explorer.open()
    first, second = (explorer.get("tracks", q=words)["tracks"][0] for words in ("title 12", "title 7"))
    box = explorer.page.get_by_role("combobox", name="Search for a track")
    box.focus()
    explorer.page.keyboard.type("title 12")
    explorer.page.keyboard.press("Enter")
    expect(explorer.details).to_have_attribute("data-point", f"{first['id']}:0")

    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    explorer.page.route("**/api/v1/tracks?*", hold)
    box.focus()
    box.fill("title 7")
    expect(explorer.page.locator("#found [aria-selected=true]")).to_have_count(0)
    explorer.until(lambda: held)  # the first question is not answered
    explorer.page.unroute("**/api/v1/tracks?*")
    box.press("Enter")
    expect(explorer.details).to_have_attribute("data-point", f"{second['id']}:0")
    expect(explorer.details).to_be_focused()

    # What is typed after Enter is another question: the answer to the first one never comes.
    explorer.page.route(
        "**/api/v1/tracks?*", lambda route: None if asks_for(route, "title 1") else route.continue_()
    )
    box.focus()
    box.fill("title 1")
    box.press("Enter")
    box.press_sequentially("2")
    expect(explorer.page.get_by_role("option").first).to_contain_text("Title 12")
    explorer.settle()
    assert explorer.address_state["track"] == str(second["id"])


def test_search_says_so_when_nothing_is_found_or_no_answer_comes(explorer: Explorer) -> None:
    explorer.open()
    box = explorer.page.get_by_role("combobox", name="Search for a track")
    box.fill("no such music")
    expect(explorer.page.get_by_text("Nothing found").last).to_be_visible()
    explorer.page.route("**/api/v1/tracks?*", lambda route: route.abort("connectionrefused"))
    box.fill("another")
    expect(explorer.page.locator("#found")).to_contain_text("does not answer")
    box.press("Escape")
    expect(explorer.page.locator("#found")).to_be_hidden()
