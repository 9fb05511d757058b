"""A browser on another machine: refused, signed in, signed out."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app import create_app
from app.models import db
from app.services.tokens import create_token
from tests.e2e.explorer import Explorer
from tests.snapshot_factory import Library, default_settings


@pytest.fixture
def browser_options() -> dict[str, Any]:
    """As a proxy would bring it from elsewhere."""
    return {"extra_http_headers": {"X-Forwarded-For": "192.168.1.7"}}


def test_map_is_shown_when_the_browser_has_signed_in(
    page: Page, library: Library, serve: Callable[..., str], tmp_path: Path
) -> None:
    root = Path(shutil.copytree(library.root, tmp_path / "own"))
    app = create_app(default_settings(root))
    with app.app_context():
        token, _ = create_token("phone", ("read",))
        db.engine.dispose()
    explorer = Explorer(page, serve(root))

    page.goto(explorer.address)
    expect(page.get_by_role("heading")).to_have_text("Forbidden 403")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Token").fill("mex_nothing")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not known")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()

    explorer.wait_for("ready")
    explorer.choose_on_map()
    explorer.until(lambda: not explorer.audio["paused"])

    page.goto(f"{explorer.address}/sign-in")
    expect(page.get_by_role("main")).to_contain_text("“phone”, which allows read")
    for path in ("similarity", "api/docs", ""):
        page.goto(f"{explorer.address}/{path}")
        button = page.get_by_role("button", name="Sign out")
        expect(button).to_have_attribute("title", "Signed in with the token “phone”")
    button.click()
    expect(page.get_by_label("Token")).to_be_visible()
    page.goto(explorer.address)
    expect(page.get_by_role("heading")).to_have_text("Forbidden 403")


def test_pages_lead_to_signing_in_when_anybody_may_look(
    page: Page, library: Library, serve: Callable[..., str], tmp_path: Path
) -> None:
    root = Path(shutil.copytree(library.root, tmp_path / "own"))
    explorer = Explorer(page, serve(root, ALLOW_ANONYMOUS_READ=True))
    explorer.open("")
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_label("Token")).to_be_visible()
