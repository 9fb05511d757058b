import json
import logging
import re

import pytest
from flask.logging import default_handler

from app import create_app
from app.services.tokens import create_token

IDS = ["4bf92f3577b34da6a3ce929d0e0e4736", "a.b_c-d-1", "x" * 128]


@pytest.fixture(autouse=True)
def _logged(caplog):
    """As if no command had run in this process before."""
    caplog.set_level(logging.INFO, "app.requests")


def lines(caplog):
    return [record for record in caplog.records if record.name == "app.requests"]


@pytest.mark.parametrize("given", IDS)
def test_id_is_taken_over_when_it_is_well_formed(client, given):
    assert client.get("/health", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given", [None, "", "short", "x" * 129, "a b c d e f g h", "<script>alert", "ä" * 10]
)
def test_id_is_a_new_one_when_none_is_given_or_it_is_odd(client, given):
    headers = {} if given is None else {"X-Request-ID": given}
    made = {client.get("/health", headers=headers).headers["X-Request-ID"] for _ in range(2)}
    assert len(made) == 2
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in made)


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/similar", "/static/js/nothing.js"])
def test_every_answer_has_an_id(client, path):
    assert client.get(path).headers["X-Request-ID"]
    away = client.get(path, environ_overrides={"REMOTE_ADDR": "192.168.1.7"})
    assert away.status_code == 403
    assert away.headers["X-Request-ID"]


def test_request_is_one_line_without_what_was_asked(client, caplog):
    client.get("/api/v1/tracks?q=private")
    client.get("/nothing?token=mex_secret")
    first, second = lines(caplog)
    assert re.fullmatch(r"GET /api/v1/tracks 200 \d+\.\d ms", first.getMessage())
    assert re.fullmatch(r"GET None 404 \d+\.\d ms", second.getMessage())
    assert "private" not in caplog.text
    assert "secret" not in caplog.text


def test_token_is_named_and_not_shown(own_app, caplog):
    with own_app.app_context():
        token, _ = create_token("laptop", ("read",))
    browser = own_app.test_client()
    browser.get("/health", headers={"Authorization": f"Bearer {token}"})
    browser.post("/sign-in", data={"token": token})
    browser.get("/health", headers={"Authorization": f"Bearer {token}x"})
    shown = [record.request["token"] for record in lines(caplog)]
    assert shown == ["laptop", None, None]
    assert "token laptop" in caplog.text
    assert token not in caplog.text


@pytest.fixture
def written(own_library):
    """What an application with this format of the log writes about a bug."""

    def written(form):
        texts = []
        app = create_app(own_library.settings | {"LOG_FORMAT": form})

        @app.get("/api/v1/bug")
        def bug():
            raise RuntimeError("broken\nhere")

        class Handler(logging.Handler):
            def emit(self, record):
                texts.append(self.format(record))

        handler = Handler()
        handler.setFormatter(default_handler.formatter)
        app.logger.addHandler(handler)
        app.test_client().get("/api/v1/bug", headers={"X-Request-ID": "the-request"})
        app.logger.removeHandler(handler)
        return texts

    return written


def test_lines_are_objects_when_the_setting_is_json(written):
    bug, answered = (json.loads(text) for text in written("json"))
    assert (bug["level"], bug["request_id"]) == ("ERROR", "the-request")
    assert "RuntimeError: broken" in bug["exception"]
    assert answered["request_id"] == "the-request"
    assert (answered["method"], answered["route"], answered["status"]) == ("GET", "/api/v1/bug", 500)
    assert answered["ms"] >= 0
    assert answered["token"] is None


def test_lines_end_with_the_id_when_the_setting_is_text(written):
    bug, answered = written("text")
    assert "[the-request]" in bug.splitlines()[0]
    assert re.search(r"INFO GET /api/v1/bug 500 [\d.]+ ms \[the-request\]$", answered)


def test_development_server_leaves_the_line_per_request_to_us(client):
    logger = logging.getLogger("werkzeug")

    def passes(message, *values):
        record = logging.LogRecord("werkzeug", logging.INFO, "", 0, message, values, None)
        return all(test(record) for test in logger.filters)

    assert not passes('127.0.0.1 - - [27/Nov/2026 21:01:08] "%s" %s %s', "GET /?secret HTTP/1.1", "200", "-")
    assert passes(" * Running on http://127.0.0.1:5000")
