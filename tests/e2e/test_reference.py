"""The page about the API."""

from playwright.sync_api import expect

from tests.e2e.explorer import Explorer


def test_way_to_the_api_is_among_the_keys(explorer: Explorer) -> None:
    page = explorer.open().page
    page.get_by_role("button", name="Keys").click()
    page.get_by_role("link", name="For programs: the API").click()
    expect(page.get_by_role("heading", name="The API")).to_be_visible()
    page.get_by_role("link", name="GET /similar", exact=True).click()
    expect(page.get_by_role("heading", name="GET /api/v1/similar", exact=True)).to_be_in_viewport()
