import gzip
import json

import pytest
from flask import Flask, Response

from app.web import compression


@pytest.fixture
def browser():
    app = Flask("test", static_folder=None)
    compression.init_app(app)

    @app.get("/<kind>/<int:length>")
    def answer(kind, length):
        mimetype = {"json": "application/json", "binary": "application/octet-stream"}[kind]
        response = Response(json.dumps("x" * length), mimetype=mimetype)
        response.add_etag(weak=True)
        return response

    return app.test_client()


GZIP = {"Accept-Encoding": "gzip, deflate"}


def test_text_is_compressed_when_the_client_takes_it(browser):
    response = browser.get("/json/5000", headers=GZIP)
    assert response.content_encoding == "gzip"
    assert json.loads(gzip.decompress(response.data)) == "x" * 5000
    assert response.content_length == len(response.data) < 1000
    assert "Accept-Encoding" in response.vary


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/json/5000", {}),
        ("/json/5000", {"Accept-Encoding": "gzip;q=0"}),
        ("/json/10", GZIP),
        ("/binary/5000", GZIP),
    ],
)
def test_answer_stays_as_it_is_when_compression_gains_nothing(browser, path, headers):
    response = browser.get(path, headers=headers)
    assert response.content_encoding is None
    assert response.data.startswith(b'"xx')


def test_answer_is_the_same_each_time_when_compressed(browser):
    assert browser.get("/json/5000", headers=GZIP).data == browser.get("/json/5000", headers=GZIP).data
