"""What proxies say counts where they are trusted, and never opens a door."""

import pytest
from flask import jsonify, request

from app import create_app
from app.errors import SettingsError
from app.web.proxies import Proxies

ELSEWHERE = "203.0.113.9"


@pytest.fixture(scope="module")
def ask(library):
    app = create_app(library.settings | {"TRUSTED_PROXIES": ("10.1.0.0/16", "127.0.0.1")})

    def tell():
        said = ("remote_addr", "host", "scheme", "script_root")
        return jsonify({name: getattr(request, name) for name in said}) if request.path == "/told" else None

    app.before_request_funcs[None].insert(1, tell)  # behind the one that starts the clock
    browser = app.test_client()

    def ask(peer, path="/told", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return browser.get(path, headers=named, environ_overrides={"REMOTE_ADDR": peer})

    return ask


@pytest.mark.parametrize(
    ("said", "address"),
    [
        (ELSEWHERE, ELSEWHERE),
        (f"1.2.3.4, {ELSEWHERE}", ELSEWHERE),
        (f"1.2.3.4, {ELSEWHERE}, 10.1.7.7, 127.0.0.1", ELSEWHERE),
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3, 2001:db8::1", "2001:db8::1"),
        (" , ", "10.1.0.5"),
    ],
)
def test_address_is_the_last_that_is_no_proxys_when_a_trusted_proxy_asks(ask, said, address):
    assert ask("10.1.0.5", X_Forwarded_For=said).json["remote_addr"] == address


def test_name_scheme_and_prefix_are_the_proxys_when_it_is_trusted(ask):
    told = ask(
        "10.1.0.5",
        X_Forwarded_For=ELSEWHERE,
        X_Forwarded_Proto="https",
        X_Forwarded_Host="music.example.org:8443",
        X_Forwarded_Prefix="/music/",
    ).json
    assert told == {
        "remote_addr": ELSEWHERE,
        "host": "music.example.org:8443",
        "scheme": "https",
        "script_root": "/music",
    }


def test_nothing_is_believed_when_the_proxy_is_not_trusted(ask):
    told = ask(
        "10.2.0.5",
        X_Forwarded_For=ELSEWHERE,
        X_Forwarded_Proto="https",
        X_Forwarded_Host="music.example.org",
        X_Forwarded_Prefix="/music",
    ).json
    assert told == {"remote_addr": "10.2.0.5", "host": "localhost", "scheme": "http", "script_root": ""}


@pytest.mark.parametrize("prefix", ["//evil.example", "/a/../b?", "/<script>", "evil", "/a b", "/\\evil"])
def test_prefix_is_ignored_when_it_is_no_path(ask, prefix):
    assert ask("10.1.0.5", X_Forwarded_For=ELSEWHERE, X_Forwarded_Prefix=prefix).json["script_root"] == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Forwarded_For": ELSEWHERE},
        {"X_Forwarded_For": f"127.0.0.1, {ELSEWHERE}"},
        {"X_Forwarded_For": f"{ELSEWHERE}, 127.0.0.1"},
        {"X_Forwarded_Proto": "https"},
        {"X_Forwarded_Host": "localhost"},
        {"X_Forwarded_Prefix": "/music"},
        {"Via": "1.1 proxy"},
    ],
)
def test_request_is_not_this_machines_when_a_proxy_here_does_not_say_so(ask, headers):
    assert ask("127.0.0.1", "/health", **headers).status_code == 403


def test_request_is_not_this_machines_when_a_proxy_elsewhere_says_so(ask):
    assert ask("10.1.0.5", "/health", X_Forwarded_For="127.0.0.1").status_code == 403


def test_foreign_name_opens_nothing_when_a_page_claims_a_local_one(ask):
    headers = {"Host": "rebound.example", "X_Forwarded_Host": "localhost", "X_Forwarded_For": "127.0.0.1"}
    assert ask("127.0.0.1", "/health", **headers).status_code == 403
    local = {"Host": "localhost", "X_Forwarded_Host": "localhost", "X_Forwarded_For": "127.0.0.1"}
    assert ask("127.0.0.1", "/health", **local).status_code == 200


@pytest.mark.parametrize("address", ["", "localhost"])
def test_proxy_is_trusted_when_it_asks_over_a_unix_socket(address):
    assert address in Proxies(())


@pytest.mark.parametrize("networks", ["10.0.0.1/8", "proxy.lan", "*"])
def test_setting_is_refused_when_it_names_no_network(library, networks):
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        create_app(library.settings | {"TRUSTED_PROXIES": networks})
