"""What is refused, each with its error; tokens, origins and rates have tests of their own."""

import pytest

from app import create_app
from tests.snapshot_factory import default_settings

SIMILAR = "/api/v1/similar?network=mtt-musicnn&layer=embeddings"
POINTS = "/api/v1/points?network=mtt-musicnn&layer=embeddings&level=tracks"
EXPORT = "/api/v1/selection/export"
ANSWERS = "/api/v1/listening/answers"
LARGE = 17 * 2**20


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        # paths where names are meant
        ("/audio/track/../../db.sqlite", 404, "not_found"),
        ("/audio/track/%2e%2e%2fdb.sqlite", 404, "not_found"),
        ("/static/../app/settings.py", 404, "not_found"),
        ("/static/%2e%2e/%2e%2e/etc/passwd", 404, "not_found"),
        ("/static//etc/passwd", 404, "not_found"),
        ("/vendor/../../etc/passwd", 404, "not_found"),
        (f"{POINTS}&columns=position&projection=../../../db", 404, "not_found"),
        ("/api/v1/points?network=../..&layer=embeddings&level=tracks&columns=track", 404, "not_found"),
        ("/api/v1/points?network=mtt-musicnn&layer=..&level=tracks&columns=track", 404, "not_found"),
        ("/api/v1/tracks/1/tags?network=%2Fetc%2Fpasswd", 404, "not_found"),
        # ids that are nobody's
        ("/audio/track/999", 404, "not_found"),
        ("/audio/segment/2.992/999:0", 404, "not_found"),
        ("/audio/segment/2.992/1:99999", 404, "not_found"),
        ("/api/v1/tracks/999", 404, "not_found"),
        (f"/api/v1/tracks/{10**40}", 404, "not_found"),
        (f"{SIMILAR}&track=999", 404, "not_found"),
        (f"{SIMILAR}&track=1&segment=99999", 404, "not_found"),
        # too much
        (f"{SIMILAR}&track=1&k=1001", 400, "invalid_input"),
        (f"{SIMILAR}&track=1&k={10**30}", 400, "invalid_input"),
        ("/api/v1/tracks?limit=501", 400, "invalid_input"),
        ("/api/v1/tracks?limit=0", 400, "invalid_input"),
        (f"/api/v1/tracks?ids={','.join(map(str, range(501)))}", 400, "invalid_input"),
        (f"/api/v1/tracks?q={'x' * 201}", 400, "invalid_input"),
        (f"{POINTS}&columns={','.join(['track'] * 101)}", 400, "invalid_input"),
        ("/api/v1/tracks/1/waveform?points=4001", 400, "invalid_input"),
        # nonsense
        ("/api/v1/tracks?limit=x", 400, "invalid_input"),
        ("/api/v1/tracks?limit=1e3", 400, "invalid_input"),
        ("/api/v1/tracks?cursor=-1", 400, "invalid_input"),
        ("/api/v1/tracks?ids=1,,2", 400, "invalid_input"),
        ("/api/v1/tracks?limit=1&limit=2", 400, "invalid_input"),
        (f"{SIMILAR}&track=1&colour=red", 400, "invalid_input"),
        (f"{SIMILAR}&track=%00", 400, "invalid_input"),
        ("/audio/segment/nan/1:0", 400, "invalid_input"),
        ("/audio/segment/2.992/1:x", 400, "invalid_input"),
        ("/audio/track/-1", 404, "not_found"),
        ("/api/v2/networks", 404, "not_found"),
    ],
)
def test_request_is_refused(client, path, status, code):
    response = client.get(path, follow_redirects=True)
    assert (response.status_code, response.json["error"]["code"]) == (status, code)
    assert response.json["error"]["message"]


@pytest.mark.parametrize("path", [EXPORT, ANSWERS])
@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ("{}", "text/plain", 415, "unsupported_media_type"),
        ("{}", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("{}", None, 415, "unsupported_media_type"),
        (" " * LARGE, "application/json", 413, "request_entity_too_large"),
        ("", "application/json", 400, "invalid_input"),
        ("{", "application/json", 400, "invalid_input"),
        ("[]", "application/json", 400, "invalid_input"),
        ("null", "application/json", 400, "invalid_input"),
        ("{}", "application/json", 400, "invalid_input"),
        (b"\xff\xfe", "application/json", 400, "invalid_input"),
        ("[" * 100_000, "application/json", 400, "invalid_input"),
    ],
)
def test_body_is_refused(client, path, body, kind, status, code):
    if path == ANSWERS and len(body) > 4096:
        status, code = 413, "request_entity_too_large"
    response = client.post(path, data=body, content_type=kind)
    assert (response.status_code, response.json["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    "host", ["rebound.example.org", "rebound.example.org:5000", "192.168.1.7", "127.0.0.1.nip.io"]
)
@pytest.mark.parametrize("path", ["/", "/api/v1/networks", "/audio/track/1", "/metrics"])
def test_request_is_refused_when_a_foreign_name_leads_here(client, host, path):
    response = client.get(path, headers={"Host": host})
    assert (response.status_code, response.json["error"]["code"]) == (403, "forbidden")


def test_event_stream_is_refused_when_there_is_no_database(tmp_path):
    browser = create_app(default_settings(tmp_path)).test_client()
    answer = browser.get("/api/v1/jobs/events")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "database")
