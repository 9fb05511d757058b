"""The page's own files under addresses that tell their version."""

import re

import pytest
from flask import Flask

from app.web import assets


@pytest.fixture
def static(tmp_path):
    folder = tmp_path / "static"
    (folder / "js").mkdir(parents=True)
    (folder / "js" / "page.js").write_text("let a;")
    return folder


@pytest.fixture
def served(static, monkeypatch):
    """An application with static files of the test's own, whose changes it sees at once."""
    monkeypatch.setattr(assets, "_KNOWN_SECONDS", 0.0)
    app = Flask("served", static_folder=static)
    assets.init_app(app)
    return app


def address_of(app, name):
    with app.test_request_context():
        return app.url_for("static", filename=name)


def test_file_is_kept_for_good_when_its_version_is_in_the_address(served):
    address = address_of(served, "js/page.js")
    assert re.fullmatch("/static/v-[0-9a-f]{12}/js/page.js", address)
    with served.test_client().get(address) as response:
        assert response.text == "let a;"
        assert response.cache_control.immutable
        assert response.cache_control.max_age > 10_000_000
        assert not response.cache_control.no_cache


def test_address_is_another_one_when_a_file_has_changed(served, static):
    before = address_of(served, "js/page.js")
    (static / "js" / "other.js").write_text("let b;")
    added = address_of(served, "js/page.js")
    (static / "js" / "page.js").write_text("let c;;")
    changed = address_of(served, "js/page.js")
    assert len({before, added, changed}) == 3


@pytest.mark.parametrize("address", ["/static/js/page.js", "/static/v-0123456789ab/js/page.js"])
def test_file_is_asked_for_again_when_the_address_tells_no_version_or_an_old_one(served, address):
    with served.test_client().get(address) as response:
        assert response.text == "let a;"
        assert response.cache_control.no_cache
        assert not response.cache_control.immutable


def test_nothing_else_is_served_when_a_version_leads_out(served):
    for address in ("/static/v-1/../../config.py", "/static/v-1/", "/static/v-1/js/none.js"):
        assert served.test_client().get(address).status_code == 404
