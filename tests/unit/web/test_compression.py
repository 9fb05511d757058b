import gzip
import json

import pytest
from backports import zstd
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

    @app.get("/strong")
    def strong():
        response = Response(json.dumps("x" * 5000), mimetype="application/json")
        response.set_etag("abc")
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
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("zstd;q=0.8, gzip;q=0.8", "zstd"),
        ("gzip;q=0, zstd", "zstd"),
        ("zstd;q=0, *", "gzip"),
        ("*", "zstd"),
        ("identity, gzip;q=0.5", None),
        ("identity;q=0.5, gzip", "gzip"),
        ("*;q=0", None),
        ("br", None),
    ],
)
def test_encoding_is_the_one_that_the_client_likes_best(browser, accepted, encoding):
    response = browser.get("/json/5000", headers={"Accept-Encoding": accepted})
    assert response.content_encoding == encoding
    unpack = {"gzip": gzip.decompress, "zstd": zstd.decompress, None: bytes}[encoding]
    assert json.loads(unpack(response.data)) == "x" * 5000


def test_etag_becomes_weak_when_the_answer_is_compressed(browser):
    assert browser.get("/strong").headers["ETag"] == '"abc"'
    assert browser.get("/strong", headers=GZIP).headers["ETag"] == 'W/"abc"'


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
    for encoding in ("gzip", "zstd"):
        headers = {"Accept-Encoding": encoding}
        assert (
            browser.get("/json/5000", headers=headers).data == browser.get("/json/5000", headers=headers).data
        )
