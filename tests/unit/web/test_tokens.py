"""Who is let in by which token, and what it may do."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import url_for
from sqlalchemy import event, select, update

from app.models import Token, db
from app.services.tokens import create_token, revoke_token
from app.web.access import COOKIE
from app.web.api.operation import operation

AWAY = {"REMOTE_ADDR": "192.168.1.7"}
PAGE = {"Accept": "text/html"}
ELSEWHERE = {"base_url": "http://music.example.org:5000", "environ_overrides": AWAY}


@pytest.fixture
def app(own_app):
    @own_app.post("/api/v1/write")
    @operation(scope="write")
    def write():
        return "written"

    @own_app.post("/api/v1/analyse")
    @operation(scope="analyse")
    def analyse():
        return "analysed"

    @own_app.post("/undescribed")
    def undescribed():
        return "done"

    return own_app


@pytest.fixture
def browser(app):
    return app.test_client()


@pytest.fixture
def make(app):
    def make(name="laptop", scopes=("read",), lifetime=None):
        with app.app_context():
            return create_token(name, scopes, lifetime)[0]

    return make


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def refusal(response):
    return response.status_code, response.json["error"]["code"]


def test_request_from_elsewhere_is_answered_when_it_shows_a_token(browser, make):
    token = make()
    for path in ("/api/v1/networks", "/", "/audio/track/1", "/vendor/plotly.js", "/static/js/explore.js"):
        with browser.get(path, headers=bearer(token), **ELSEWHERE) as response:
            assert response.status_code == 200, path


def test_way_out_is_told_when_no_token_is_shown(browser):
    response = browser.get("/api/v1/networks", **ELSEWHERE)
    assert refusal(response) == (403, "forbidden")
    assert "flask token create" in response.json["error"]["message"]
    assert "/sign-in" in browser.get("/", headers=PAGE, **ELSEWHERE).text


@pytest.mark.parametrize(
    "token",
    ["", "x", "mex_", f"mex_{'a' * 43}", f"mex_{'a' * 42}", f"MEX_{'a' * 43}", f"mex_{'a' * 42}'", "é" * 47],
)
def test_token_is_refused_when_it_is_not_known(browser, make, token):
    make()
    response = browser.get("/api/v1/networks", headers={"Authorization": f"Bearer {token}"}, **ELSEWHERE)
    assert refusal(response) == (401, "unauthorized")
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")
    assert "invalid_token" in response.headers["WWW-Authenticate"]


def test_token_is_refused_when_it_is_expired(browser, make, app):
    token = make(lifetime=timedelta(days=1))
    assert browser.get("/health", headers=bearer(token), **ELSEWHERE).status_code == 200
    with app.app_context():
        db.session.execute(update(Token).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
        db.session.commit()
    response = browser.get("/health", headers=bearer(token), **ELSEWHERE)
    assert refusal(response) == (401, "unauthorized")
    assert "expired" in response.json["error"]["message"]


def test_token_is_refused_from_the_next_request_on_when_it_is_revoked(browser, make, app):
    old, new = make("old"), make("new")
    with app.app_context():
        revoke_token("old")
    response = browser.get("/health", headers=bearer(old), **ELSEWHERE)
    assert refusal(response) == (401, "unauthorized")
    assert "revoked" in response.json["error"]["message"]
    assert browser.get("/health", headers=bearer(new), **ELSEWHERE).status_code == 200


@pytest.mark.parametrize("where", [{}, ELSEWHERE])
def test_request_is_refused_when_the_token_lacks_the_scope(browser, make, where):
    reader = bearer(make())
    for path, scope in (
        ("/api/v1/write", "write"),
        ("/api/v1/analyse", "analyse"),
        ("/undescribed", "write"),
    ):
        response = browser.post(path, headers=reader, **where)
        assert refusal(response) == (403, "forbidden")
        assert f"the scope '{scope}'" in response.json["error"]["message"]
    writer = bearer(make("writer", ("write",)))
    assert browser.post("/api/v1/write", headers=writer, **where).status_code == 200
    assert browser.get("/api/v1/networks", headers=writer, **where).status_code == 403


def test_this_machine_may_write_without_a_token(browser):
    assert browser.post("/api/v1/write").status_code == 200
    assert browser.post("/undescribed").status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/write", "/api/v1/analyse", "/undescribed"])
def test_writing_from_elsewhere_needs_a_token_even_when_everyone_may_read(app, browser, path, monkeypatch):
    settings = app.extensions["settings"].model_copy(update={"ALLOW_ANONYMOUS_READ": True})
    monkeypatch.setitem(app.extensions, "settings", settings)
    assert browser.get("/api/v1/networks", **ELSEWHERE).status_code == 200
    assert refusal(browser.post(path, **ELSEWHERE)) == (403, "forbidden")
    assert browser.post(path).status_code == 200


def test_whoever_may_read_may_answer_the_listening_test(browser, make):
    reader = bearer(make())
    question = browser.get("/api/v1/listening/question", headers=reader, **ELSEWHERE).json["question"]
    answer = {"question": question, "rater": "0011223344556677", "choice": 0}
    response = browser.post("/api/v1/listening/answers", json=answer, headers=reader, **ELSEWHERE)
    assert response.status_code == 201


def test_other_ways_to_authenticate_are_left_to_whoever_stands_before_us(browser):
    assert browser.get("/health", headers={"Authorization": "Basic eDp5"}).status_code == 200


def test_use_is_noted_once_a_minute(browser, make, app):
    headers = bearer(make())
    written = []

    def note(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE token"):
            written.append(statement)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
        for _ in range(3):
            browser.get("/health", headers=headers)
        assert len(written) == 1
        assert db.session.scalar(select(Token.last_used_at)) is not None
        db.session.execute(update(Token).values(last_used_at=datetime.now(UTC) - timedelta(seconds=61)))
        db.session.commit()
        written.clear()
        browser.get("/health", headers=headers)
        assert len(written) == 1
        event.remove(db.engine, "before_cursor_execute", note)


def test_answers_are_not_for_others_behind_a_proxy_when_a_token_let_them_through(browser, make, own_library):
    path = (
        f"/api/v1/points?network=mtt-musicnn&layer=embeddings&level=tracks&columns=track&v={own_library.key}"
    )
    assert "public" in browser.get(path).headers["Cache-Control"]
    kept = browser.get(path, headers=bearer(make())).headers["Cache-Control"]
    assert "private" in kept
    assert "public" not in kept


# ---- signing in ----


def sign_in(browser, token, **options):
    return browser.post("/sign-in", data={"token": token}, **{**ELSEWHERE, **options})


def test_browser_is_let_in_when_it_has_signed_in(browser, make):
    response = sign_in(browser, make())
    assert (response.status_code, response.location) == (303, "/")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=mex_")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Secure" not in cookie
    assert browser.get("/", **ELSEWHERE).status_code == 200
    assert "laptop" in browser.get("/sign-in", **ELSEWHERE).text
    assert browser.post("/sign-out", **ELSEWHERE).status_code == 303
    assert browser.get("/", **ELSEWHERE).status_code == 403


@pytest.mark.parametrize(
    "options",
    [{"base_url": "https://music.example.org"}, {"headers": {"X-Forwarded-Proto": "https"}}],
)
def test_cookie_keeps_to_https_when_it_came_that_way(browser, make, options):
    assert "Secure" in sign_in(browser, make(), **options).headers["Set-Cookie"]


def test_signing_in_fails_when_the_token_is_not_valid(browser, make, app):
    token = make()
    with app.app_context():
        revoke_token("laptop")
    for shown in (token, "x", "<script>"):
        response = sign_in(browser, shown)
        assert response.status_code == 401
        assert "Set-Cookie" not in response.headers
        assert "<script>" not in response.text


def test_signing_in_fails_when_the_body_is_too_large(browser):
    assert sign_in(browser, "x" * 5000).status_code == 413


def test_browser_is_told_when_its_token_was_revoked_since(browser, make, app):
    sign_in(browser, make())
    with app.app_context():
        revoke_token("laptop")
    response = browser.get("/", headers=PAGE, **ELSEWHERE)
    assert response.status_code == 401
    assert "/sign-in" in response.text


def test_page_for_signing_in_is_whole_for_those_who_are_not(browser):
    assert browser.get("/sign-in", **ELSEWHERE).status_code == 200
    for name in ("css/base.css", "css/sign-in.css", "css/error.css", "favicon.svg"):
        with browser.application.test_request_context():
            address = url_for("static", filename=name)
        for path in (f"/static/{name}", address):
            with browser.get(path, **ELSEWHERE) as response:
                assert response.status_code == 200
    for path in (
        "/static/js/explore.js",
        "/static/v-1/js/explore.js",
        "/static/v-css/base.css",
        "/static/css/../js/explore.js",
        "/static/v-1/css/../js/explore.js",
        "/static/../app/settings.py",
    ):
        assert browser.get(path, **ELSEWHERE).status_code in (403, 404)


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out"])
def test_pages_of_other_sites_can_neither_sign_in_nor_out(browser, make, path):
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    response = browser.post(path, data={"token": make()}, headers=headers, **ELSEWHERE)
    assert response.status_code == 403
    assert "Set-Cookie" not in response.headers
