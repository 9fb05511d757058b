"""The whole page behind nginx as documented: at another port, and below a path."""

import json
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from app import create_app
from app.models import db
from app.services.tokens import create_token
from tests.e2e.explorer import Explorer
from tests.nginx import AT_THE_ROOT, BELOW_A_PATH, proxied
from tests.snapshot_factory import Library, default_settings


@pytest.fixture
def own(library: Library, tmp_path: Path) -> Path:
    return Path(shutil.copytree(library.root, tmp_path / "own"))


@pytest.fixture
def token(own: Path) -> str:
    with create_app(default_settings(own)).app_context():
        token, _ = create_token("phone", ("read", "analyse", "write"))
        db.engine.dispose()
    return token


@pytest.fixture(params=[(AT_THE_ROOT, ""), (BELOW_A_PATH, "/music")], ids=["another port", "below a path"])
def place(
    request: pytest.FixtureRequest, own: Path, token: str, serve: Callable[..., str], tmp_path: Path
) -> Iterator[str]:
    """Address of a library that asks everybody for a token."""
    which, prefix = request.param
    with proxied(serve(own, TRUST_THIS_MACHINE=False), which, tmp_path) as origin:
        yield origin + prefix


def test_everything_works_when_a_browser_comes_through_a_proxy(page: Page, place: str, token: str) -> None:
    prefix = urlsplit(place).path
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))

    page.goto(f"{place}/")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    explorer = Explorer(page, place)
    explorer.wait_for("ready")
    explorer.choose_on_map()
    explorer.until(lambda: not explorer.audio["paused"])
    [cookie] = page.context.cookies()
    assert cookie["path"] == (prefix or "/")

    for path in ("similarity", "analyse", "jobs", "api/docs", "playground"):
        page.goto(f"{place}/{path}")
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    with page.expect_response("**/api/v1/jobs/events") as stream:
        page.goto(f"{place}/jobs")
    assert stream.value.status == 200
    page.goto(f"{place}/similarity")
    page.get_by_role("link", name="Music Explore").click()
    page.wait_for_url(f"{place}/**")
    explorer.wait_for("ready")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Token")).to_be_visible()

    assert all(path.startswith(f"{prefix}/") for path in asked)


def test_answers_name_addresses_that_are_there_when_a_program_comes_through_a_proxy(
    place: str, token: str
) -> None:
    headers = {"Authorization": f"Bearer {token}"}

    def ask(address: str, **more: str) -> Any:
        return urllib.request.urlopen(urllib.request.Request(address, headers=headers | more), timeout=30)

    def tell(path: str) -> Any:
        with ask(place + path) as answer:
            return json.load(answer)

    origin = f"http://{urlsplit(place).netloc}"
    track = tell("/api/v1/tracks/1")
    with ask(origin + track["audio"], Range="bytes=-4") as part:
        assert part.status == 206
        assert len(part.read()) == 4
    seconds = track["networks"]["mtt-musicnn"]["segment_seconds"]
    with ask(f"{place}/audio/segment/{seconds}/1:0") as led:  # follows Location
        assert urlsplit(led.url).path == f"{urlsplit(place).path}/audio/track/1"
    near = tell("/api/v1/similar?track=1&network=mtt-musicnn&layer=embeddings")["results"][0]
    assert near["audio"].startswith(urlsplit(place).path + "/audio/")
    question = tell("/api/v1/listening/question")
    with ask(origin + question["reference"]["audio"]) as sound:
        assert sound.status == 200
    server = tell("/api/v1/openapi.json")["servers"][0]["url"]
    assert server == urlsplit(place).path + "/"
    body = json.dumps({"points": [[1, None]], "format": "m3u8", "title": "x"}).encode()
    wanted = urllib.request.Request(
        f"{place}/api/v1/selection/export", body, headers | {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(wanted, timeout=30) as answer:
        assert f"{place}/audio/track/1" in answer.read().decode()


def test_token_is_taken_when_the_browser_only_tells_the_origin_of_the_page(place: str, token: str) -> None:
    """As browsers do on names other than localhost without https."""
    host = f"music.test:{urlsplit(place).port}"

    def sign_in(origin: str) -> tuple[int, str | None]:
        connection = HTTPConnection(urlsplit(place).netloc, timeout=30)
        headers = {"Host": host, "Origin": origin, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", f"{urlsplit(place).path}/sign-in", f"token={token}", headers)
        with connection.getresponse() as answer:
            answer.read()
            connection.close()
            return answer.status, answer.headers["Location"]

    assert sign_in(f"http://{host}") == (303, f"{urlsplit(place).path}/")
    assert sign_in("http://music.test:1") == (403, None)
