import pytest

from app import create_app
from app.errors import SettingsError
from app.web.access import is_local_host, is_loopback


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1"])
def test_address_is_this_machine_when_it_is_loopback(address):
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "192.168.1.7", "::ffff:10.0.0.1", "fe80::1", "8.8.8.8", "", "unknown", "0.0.0.0"]
)
def test_address_is_another_machine_when_it_is_not_loopback(address):
    assert not is_loopback(address)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5000", "LOCALHOST", "127.0.0.1:5000", "[::1]:5000", "music.localhost"]
)
def test_host_is_local_when_it_names_this_machine(host):
    assert is_local_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "example.org",
        "localhost.example.org",
        "127.0.0.1.example.org",
        "10.0.0.1",
        "evil@example.org",
        "[::1",
        "",
    ],
)
def test_host_is_foreign_when_it_names_another(host):
    assert not is_local_host(host)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/v1/networks",
        "/audio/track/1",
        "/health",
        "/static/js/explore.js",
        "/vendor/plotly.js",
        "/api/docs",
    ],
)
def test_request_is_refused_when_it_comes_from_another_machine(client, path):
    response = client.get(path, environ_overrides={"REMOTE_ADDR": "192.168.1.7"})
    assert response.status_code == 403
    assert response.json["error"]["code"] == "forbidden"
    assert "ALLOW_ANONYMOUS_READ" in response.json["error"]["message"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "192.168.1.7"},
        {"X-Forwarded-For": "127.0.0.1, 192.168.1.7"},
        {"X-Forwarded-For": "192.168.1.7, 127.0.0.1"},
        {"X-Real-IP": "192.168.1.7"},
        {"Forwarded": 'for="[2001:db8::1]:4711";proto=http'},
        {"Forwarded": "for=127.0.0.1, For=192.0.2.1"},
    ],
)
def test_request_is_refused_when_a_proxy_brings_it_from_another_machine(client, headers):
    assert client.get("/health", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-For": "::1"}, {"Forwarded": 'for="[::1]"'}],
)
def test_request_is_answered_when_it_comes_from_this_machine(client, headers):
    assert client.get("/health", headers=headers).status_code == 200


def test_request_is_answered_when_it_comes_through_a_unix_socket(client):
    assert client.get("/health", environ_overrides={"REMOTE_ADDR": ""}).status_code == 200


def test_request_is_refused_when_it_asks_for_another_host(client):
    response = client.get("/health", headers={"Host": "rebound.example.org:5000"})
    assert response.status_code == 403
    assert "rebound.example.org" in response.json["error"]["message"]


def test_this_machine_needs_a_token_when_it_is_not_trusted(library):
    app = create_app(library.settings | {"TRUST_THIS_MACHINE": False})
    response = app.test_client().get("/health")
    assert response.status_code == 403
    assert "flask token create" in response.json["error"]["message"]


def test_everyone_is_answered_when_the_settings_allow_it(library):
    client = create_app(library.settings | {"ALLOW_ANONYMOUS_READ": True}).test_client()
    response = client.get(
        "/health", headers={"Host": "music.example.org"}, environ_overrides={"REMOTE_ADDR": "192.168.1.7"}
    )
    assert response.status_code == 200


def test_every_answer_carries_its_protection(client):
    for path in ("/health", "/api/v1/networks", "/nothing", "/audio/track/1"):
        with client.get(path) as response:
            headers = response.headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';")
        assert "unsafe" not in policy
        assert "media-src 'self';" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_browser_may_play_from_the_providers_hosts_when_it_streams(library):
    app = create_app(library.settings | {"AUDIO_PROVIDER": "jamendo", "JAMENDO_CLIENT_ID": "x"})
    policy = app.test_client().get("/health").headers["Content-Security-Policy"]
    assert "media-src 'self' https://*.jamendo.com;" in policy


def test_start_fails_when_there_is_no_such_provider(library):
    with pytest.raises(SettingsError, match=r"AUDIO_PROVIDER = 'cloud': Unknown provider.*jamendo, local"):
        create_app(library.settings | {"AUDIO_PROVIDER": "cloud"})
