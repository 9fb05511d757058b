"""What pages of other sites may send, and read."""

import pytest

from app import create_app
from app.errors import SettingsError

ANSWERS = "/api/v1/listening/answers"
FRIEND = "https://notebook.example.org"


@pytest.fixture
def open_client(library):
    return create_app(library.settings | {"CORS_ORIGINS": f"{FRIEND}, http://localhost:3000"}).test_client()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("path", [ANSWERS, "/api/v1/selection/export", "/api/v1/nothing"])
def test_request_is_refused_when_a_page_of_another_site_sends_it(client, headers, path):
    response = client.post(path, json={}, headers=headers)
    assert (response.status_code, response.json["error"]["code"]) == (403, "forbidden")
    assert "CORS_ORIGINS" in response.json["error"]["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_request_is_looked_at_when_our_own_page_or_no_browser_sends_it(client, headers):
    assert client.post(ANSWERS, json={}, headers=headers).status_code == 400


def test_nothing_is_said_of_other_sites_unless_the_settings_name_some(client):
    response = client.get("/health", headers={"Origin": FRIEND})
    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_pages_of_a_site_may_read_when_the_settings_name_it(open_client):
    response = open_client.get("/api/v1/networks", headers={"Origin": FRIEND})
    assert response.headers["Access-Control-Allow-Origin"] == FRIEND
    assert "ETag" in response.headers["Access-Control-Expose-Headers"]
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert "Origin" in response.vary


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"{FRIEND}.evil.example", "http://notebook.example.org"]
)
def test_pages_of_other_sites_may_not_read_when_the_settings_name_some(open_client, origin):
    response = open_client.get("/api/v1/networks", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Origin" in response.vary


def test_browser_is_told_beforehand_what_an_allowed_page_may_send(open_client):
    asked = {"Origin": FRIEND, "Access-Control-Request-Method": "POST"}
    elsewhere = {"environ_overrides": {"REMOTE_ADDR": "192.168.1.7"}}
    response = open_client.options(ANSWERS, headers=asked, **elsewhere)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == FRIEND
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
    refused = open_client.options(ANSWERS, headers={**asked, "Origin": "https://evil.example"}, **elsewhere)
    assert refused.status_code == 403
    assert open_client.post(ANSWERS, json={}, headers={"Origin": FRIEND}).status_code == 400


@pytest.mark.parametrize(
    "origin", ["*", "notebook.example.org", "https://a.example/path", "https://*.example", "null"]
)
def test_start_fails_when_an_origin_is_none(library, origin):
    with pytest.raises(SettingsError, match="is no origin"):
        create_app(library.settings | {"CORS_ORIGINS": [origin]})
