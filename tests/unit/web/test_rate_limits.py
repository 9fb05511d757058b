import pytest

from app import create_app
from app.errors import SettingsError
from app.services.tokens import create_token
from app.web.api.operation import operation

OPEN = {"ALLOW_ANONYMOUS_READ": True, "RATE_LIMIT": "3/hour", "RATE_LIMIT_ANALYSE": "1/hour"}


@pytest.fixture
def app(own_library):
    app = create_app(own_library.settings | OPEN)

    @app.post("/api/v1/analyse")
    @operation(scope="analyse")
    def analyse():
        return "analysed"

    return app


@pytest.fixture
def ask(app):
    browser = app.test_client()

    def ask(address="192.168.1.7", path="/health", method="GET", **headers):
        return browser.open(path, method=method, headers=headers, environ_overrides={"REMOTE_ADDR": address})

    return ask


def token_named(app, name):
    with app.app_context():
        token, _ = create_token(name, ("read", "analyse"))
    return {"Authorization": f"Bearer {token}"}


def test_request_is_refused_with_the_time_to_wait_when_there_were_too_many(ask):
    assert [ask().status_code for _ in range(3)] == [200, 200, 200]
    response = ask(path="/api/v1/networks")
    assert (response.status_code, response.json["error"]["code"]) == (429, "too_many_requests")
    assert 0 < int(response.headers["Retry-After"]) <= 3601
    assert "3 per 1 hour" in response.json["error"]["message"]


def test_every_address_and_every_token_is_counted_for_itself(app, ask):
    for _ in range(4):
        last = ask()
    assert last.status_code == 429
    assert ask("192.168.1.8").status_code == 200
    one, other = token_named(app, "one"), token_named(app, "other")
    for _ in range(4):
        last = ask(**one)
    assert last.status_code == 429
    assert ask("192.168.1.9", **one).status_code == 429
    assert ask(**other).status_code == 200


def test_refused_requests_are_counted(own_library):
    browser = create_app(own_library.settings | OPEN | {"ALLOW_ANONYMOUS_READ": False}).test_client()

    def statuses(address, **headers):
        elsewhere = {"REMOTE_ADDR": address}
        answers = [browser.get("/health", headers=headers, environ_overrides=elsewhere) for _ in range(4)]
        return [answer.status_code for answer in answers]

    assert statuses("192.168.1.7") == [403, 403, 403, 429]
    assert statuses("192.168.1.8", Authorization="Bearer guessed") == [401, 401, 401, 429]


def test_requests_of_pages_of_other_sites_are_counted(ask):
    answers = [ask(path="/sign-out", method="POST", Origin="https://elsewhere.org") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [403, 403, 403, 429]


def test_players_are_counted_by_their_key(app, ask):
    token = token_named(app, "player")["Authorization"].removeprefix("Bearer ")
    address = f"/rest/ping?apiKey={token}"
    assert [ask(f"192.168.1.{number}", address).status_code for number in range(3)] == [200] * 3
    assert ask("192.168.1.9", address).status_code == 200  # refused in the players' own shape
    assert b"Too many requests" in ask("192.168.1.10", address).data
    assert b"Too many requests" not in ask("192.168.1.10", "/rest/ping").data


def test_address_is_the_one_that_a_proxy_on_this_machine_saw(ask):
    for number in range(4):
        last = ask("127.0.0.1", **{"X-Forwarded-For": f"10.0.0.{number}, 192.168.1.7"})
    assert last.status_code == 429
    assert ask("127.0.0.1", **{"X-Forwarded-For": "10.0.0.1, 192.168.1.8"}).status_code == 200


def test_visitors_are_counted_apart_when_a_proxy_elsewhere_passes_them_on(own_library):
    app = create_app(own_library.settings | OPEN | {"TRUSTED_PROXIES": "10.0.0.0/8"})
    browser = app.test_client()

    def ask(visitor, path="/health"):
        headers = {"X-Forwarded-For": visitor}
        return browser.get(path, headers=headers, environ_overrides={"REMOTE_ADDR": "10.0.0.1"}).status_code

    assert [ask("192.168.1.7") for _ in range(4)][-1] == 429
    assert ask("192.168.1.8", "/sign-in") == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_are_not_counted(ask, path):
    assert {ask("192.168.1.7", path).status_code for _ in range(10)} == {200}


def test_this_machine_may_ask_as_often_as_it_likes(ask):
    assert {ask("127.0.0.1").status_code for _ in range(10)} == {200}


def test_files_of_the_page_are_not_counted(ask):
    for _ in range(5):
        with ask(path="/static/js/explore.js") as response:
            assert response.status_code == 200
    assert ask().status_code == 200


def test_analyses_have_a_limit_of_their_own(app, ask):
    token = token_named(app, "one")
    assert ask(path="/api/v1/analyse", method="POST", **token).status_code == 200
    response = ask(path="/api/v1/analyse", method="POST", **token)
    assert response.status_code == 429
    assert "1 per 1 hour" in response.json["error"]["message"]
    assert ask(**token).status_code == 200


def test_nothing_is_limited_when_the_setting_is_empty(own_library):
    browser = create_app(own_library.settings | OPEN | {"RATE_LIMIT": ""}).test_client()
    elsewhere = {"REMOTE_ADDR": "192.168.1.7"}
    answers = [browser.get("/health", environ_overrides=elsewhere) for _ in range(10)]
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.parametrize("name", ["RATE_LIMIT", "RATE_LIMIT_ANALYSE"])
def test_start_fails_when_a_limit_cannot_be_understood(own_library, name):
    with pytest.raises(SettingsError, match=f"{name} = 'often'.*such as 600/minute"):
        create_app(own_library.settings | {name: "often"})


def test_start_fails_when_there_is_no_such_place_to_count(own_library):
    with pytest.raises(SettingsError, match="RATELIMIT_STORAGE_URI"):
        create_app(own_library.settings | {"RATELIMIT_STORAGE_URI": "cupboard://there"})
