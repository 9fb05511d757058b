"""The search in the masthead."""

from playwright.sync_api import expect

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
    expect(options.first).to_contain_text(found[0]["title"])
    expect(page.get_by_role("search").get_by_role("status")).to_contain_text("found")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")

    explorer.wait_for_details()
    assert explorer.address_state["track"] == str(found[0]["id"])
    explorer.until(lambda: explorer.audio["time"] > 0 and not explorer.audio["paused"])
    expect(explorer.details).to_be_focused()
    expect(options.first).to_be_hidden()


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
