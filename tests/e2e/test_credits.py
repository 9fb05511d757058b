"""Whose music is heard: tracks with a page and a licence are played with their credits."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app import create_app
from app.models import Track, db
from tests.e2e.explorer import Explorer
from tests.snapshot_factory import Library

PAGE = "https://www.jamendo.com/track/1/some-title"
LICENCE = "http://creativecommons.org/licenses/by-nc-sa/3.0/"


@pytest.fixture
def credited(
    page: Page, library: Library, serve: Callable[..., str], tmp_path: Path
) -> Callable[..., Explorer]:
    """The explorer over a copy of the library in which track 1 has credits; it is chosen."""

    def credited(**values: str | None) -> Explorer:
        root = Path(shutil.copytree(library.root, tmp_path / "own"))
        app = create_app(Library(root, library.key).settings)
        with app.app_context():
            db.session.execute(update(Track).where(Track.id == 1).values(**values))
            db.session.commit()
            db.engine.dispose()
        explorer = Explorer(page, serve(root))
        explorer.open("?network=mtt-musicnn&level=tracks&track=1")
        explorer.wait_for_details()
        expect(explorer.player).to_have_attribute("data-state", "paused")
        return explorer

    return credited


def test_credits_are_shown_with_links_when_a_track_has_them(credited: Callable[..., Explorer]) -> None:
    explorer = credited(page=PAGE, licence=LICENCE)
    shown = explorer.player.locator(".player-credits")
    expect(shown).to_have_text("Title 1 by Artist 1, licence CC BY-NC-SA 3.0")
    links = shown.get_by_role("link")
    expect(links).to_have_count(2)
    for link, (text, href) in zip(
        links.all(), [("Title 1", PAGE), ("CC BY-NC-SA 3.0", LICENCE)], strict=True
    ):
        expect(link).to_have_text(text)
        expect(link).to_have_attribute("href", href)
        expect(link).to_have_attribute("target", "_blank")
        assert "noopener" in (link.get_attribute("rel") or "")
    assert shown.evaluate("element => element.scrollWidth <= element.clientWidth"), "the licence is cut off"
    explorer.page.set_viewport_size({"width": 400, "height": 700})
    explorer.settle()
    assert shown.evaluate("element => element.scrollWidth <= element.clientWidth"), "cut off on a phone"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"licence": LICENCE}, "Title 1 by Artist 1, licence CC BY-NC-SA 3.0"),
        ({"page": PAGE}, "Title 1 by Artist 1"),
        ({"page": PAGE, "licence": "https://example.org/terms"}, "Title 1 by Artist 1, licence"),
    ],
)
def test_what_is_known_is_shown_when_something_is_missing(
    credited: Callable[..., Explorer], values: dict[str, str], text: str
) -> None:
    expect(credited(**values).player.locator(".player-credits")).to_have_text(text)


@pytest.mark.parametrize(
    "values", [{"page": None}, {"page": "javascript:alert(1)", "licence": "data:text/html,x"}]
)
def test_no_credits_are_shown_when_there_are_none(
    credited: Callable[..., Explorer], values: dict[str, str | None]
) -> None:
    explorer = credited(**values)
    expect(explorer.player).to_contain_text("Title 1")
    expect(explorer.player.locator(".player-credits")).to_have_count(0)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("http://creativecommons.org/licenses/by/4.0/", "CC BY 4.0"),
        ("https://creativecommons.org/licenses/by-nc-nd/3.0/de/", "CC BY-NC-ND 3.0"),
        ("https://www.creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("https://example.org/licenses/by/4.0/", None),
    ],
)
def test_licences_are_called_by_their_names(page: Page, server: str, address: str, name: str | None) -> None:
    page.goto(f"{server}/health")
    found = page.evaluate(
        "async (address) => (await import('/static/js/credits.js')).licenceName(address)", address
    )
    assert found == name
