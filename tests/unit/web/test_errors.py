import pytest
from flask import Flask

from app import create_app
from app.errors import BusyError, DamagedFileError
from app.models import db
from app.web import errors
from app.web.responses import dump_json

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def broken(library):
    """A browser before an application with routes that fail."""
    app: Flask = create_app(library.settings)

    @app.get("/api/v1/bug")
    def bug():
        raise RuntimeError("secret of the house")

    @app.get("/api/v1/busy")
    def busy():
        raise BusyError("Another run is at work.")

    @app.get("/api/v1/strange-statement")
    def strange_statement():
        db.session.execute(db.text("SELEKT"))

    return app.test_client()


def shape(response):
    assert response.mimetype == "application/json"
    assert list(response.json) == ["error"]
    assert list(response.json["error"]) == ["code", "message", "details"]
    return response.status_code, response.json["error"]["code"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/nothing", (404, "not_found")),
        ("/api/nothing", (404, "not_found")),
        ("/api/v1/tracks/999", (404, "not_found")),
        ("/api/v1/tracks/x", (404, "not_found")),
        ("/api/v1/points", (400, "invalid_input")),
    ],
)
@pytest.mark.parametrize("headers", [{}, PAGE])
def test_api_has_one_shape_of_errors_whatever_is_accepted(client, path, expected, headers):
    assert shape(client.get(path, headers=headers)) == expected


def test_methods_are_named_when_the_one_used_is_not_allowed(client):
    response = client.post("/api/v1/networks")
    assert shape(response) == (405, "method_not_allowed")
    assert "GET" in response.headers["Allow"]


def test_each_argument_has_its_reason_when_arguments_are_wrong(client):
    response = client.get("/api/v1/similar?track=x&k=0&layer=embeddings&colour=red")
    assert shape(response) == (400, "invalid_input")
    error = response.json["error"]
    assert set(error["details"]) == {"track", "k", "network", "colour"}
    assert "k: Input should be greater than or equal to 1" in error["message"]


def test_nothing_of_the_inside_is_told_when_there_is_a_bug(broken, caplog):
    response = broken.get("/api/v1/bug")
    assert shape(response) == (500, "internal_server_error")
    assert "secret" not in response.text
    assert "secret of the house" in caplog.text


def test_nothing_of_the_inside_is_told_when_the_database_fails_strangely(broken, caplog):
    response = broken.get("/api/v1/strange-statement")
    assert shape(response) == (500, "internal_server_error")
    assert "SELEKT" not in response.text
    assert "SELEKT" in caplog.text


def test_status_is_the_errors_own_when_the_reason_is_known(broken):
    assert shape(broken.get("/api/v1/busy")) == (409, "busy")


def test_page_says_what_happened_when_a_browser_asks(client):
    response = client.get("/nothing/<script>", headers=PAGE)
    assert (response.status_code, response.mimetype) == (404, "text/html")
    assert "<h1>Not found " in response.text
    assert "There is nothing at this address." in response.text
    assert "Music Explore</span>" in response.text
    assert client.get("/api/v1/nothing").json["error"]["message"] == "There is nothing at this address."
    assert "<script>alert" not in response.text


def test_message_is_escaped_when_a_page_shows_it(client):
    response = client.get("/audio/segment/<b>x/1:0", headers=PAGE)
    assert response.status_code == 400
    assert "&lt;b&gt;x" in response.text


def test_reason_is_told_when_the_database_is_not_set_up(tmp_path):
    settings = {"ROOT_DIR": tmp_path}
    response = create_app(settings).test_client().get("/api/v1/networks")
    assert shape(response) == (503, "database")
    assert "flask init-db" in response.json["error"]["message"]


def test_dumping_fails_when_a_number_is_none_of_json():
    with pytest.raises(DamagedFileError, match="not finite"):
        dump_json({"a": float("nan")})


def test_body_has_one_shape():
    assert errors.error_body("busy", "Wait.") == {
        "error": {"code": "busy", "message": "Wait.", "details": None}
    }
