"""Headers of any kind on every route: refused or ignored, never a failure of the server."""

import itertools
import re

import pytest

CONDITIONS = ("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range")
LIKINGS = ("Accept", "Accept-Encoding", "Accept-Charset", "Accept-Language")
STATES = (
    '""',
    '"',
    'W/""',
    "*",
    '"a" "b"',
    ",,,",
    "\x80\xff",
    "99999999999999999999",
    "Thu, 99 Foo 99999 99:99:99 GMT",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    "bytes=0-0,2-3",
    "bytes=-99",
    "items=0-1",
)
LIKED = ("text/html;q=x", "*/*;q=nan", "gzip;q=1e999", "zstd;q=-1", "/", "a/b/c", "en-;q", "\x80", "")
ALONE = {
    "Content-Type": (
        "multipart/form-data",
        'multipart/form-data; boundary="',
        "application/json; charset=no",
        "/",
    ),
    "Content-Length": ("-1", "x", "1e3", "99999999999999999999"),
    "Authorization": ("Basic", "Basic !!!", 'Digest x="', "Bearer", "\x80"),
    "Cookie": ("mex_token=\x80", "=;=;", 'mex_token="'),
    "Host": ("[::1", "a b", "localhost:x", "@", ""),
    "Origin": ("http://[", "null", "\x80"),
    "X-Forwarded-For": ("[", ",", "\x80"),
    "Forwarded": ('for="[', "for=;;"),
    "Idempotency-Key": ("\x80", "a" * 5000),
}
PLACES = {
    "track_id": "1",
    "playlist_id": "1",
    "network": "mtt-musicnn",
    "layer": "embeddings",
    "length": "2.992",
    "segment_id": "1:0",
    "filename": "css/base.css",
    "method": "stream",
}
QUERIES = {
    "points.points": "?network=mtt-musicnn&layer=embeddings&level=tracks&projection=pca",
    "subsonic.answer": "?id=1",
}


def headers_to_try():
    for names, values in ((CONDITIONS, STATES), (LIKINGS, LIKED)):
        yield from (dict.fromkeys(names, value) for value in values)
    for name, values in ALONE.items():
        yield from ({name: value} for value in values)


def environ_of(headers):
    plain = {"Content-Type": "CONTENT_TYPE", "Content-Length": "CONTENT_LENGTH"}
    return {
        plain.get(name, "HTTP_" + name.upper().replace("-", "_")): value for name, value in headers.items()
    }


def routes(app):
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: PLACES.get(found[1], "x"), rule.rule)
        if not path.endswith("/events"):
            for method in rule.methods - {"OPTIONS", "HEAD"}:
                yield method, path + QUERIES.get(rule.endpoint, "")


def test_no_route_fails_when_headers_are_odd(own_app, own_client):
    own_client.post("/api/v1/playlists", json={"name": "mine", "entries": [{"track": 1}]})
    failed = []
    for (method, path), headers in itertools.product(routes(own_app), headers_to_try()):
        body = b"{}" if method in ("POST", "PUT", "PATCH") else b""
        with own_client.open(path, method=method, data=body, environ_overrides=environ_of(headers)) as answer:
            if answer.status_code >= 500:
                failed.append((method, path, headers, answer.status_code))
    assert failed == []


@pytest.mark.parametrize("tag", ['""', 'W/""', '"', '"x"'])
def test_playlist_is_left_alone_when_the_state_that_is_meant_cannot_be_read(own_client, tag):
    made = own_client.post("/api/v1/playlists", json={"name": "mine", "entries": [{"track": 1}]})
    place = made.headers["Location"]
    answer = own_client.patch(place, json={"name": "other"}, headers={"If-Match": tag})
    assert (answer.status_code, own_client.get(place).json["name"]) == (412, "mine")
