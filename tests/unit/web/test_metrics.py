import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import create_app
from app.services.tokens import create_token
from tests.read_side import SPEC

AWAY = {"environ_overrides": {"REMOTE_ADDR": "192.168.1.7"}}


def figures(client):
    response = client.get("/metrics")
    assert (response.status_code, response.mimetype) == (200, "text/plain")
    return {
        (sample.name, *(sample.labels.get(name) for name in ("method", "route", "status"))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
        if "le" not in sample.labels
    }


def test_requests_are_counted_and_timed_by_route_and_status(own_client):
    for track_id in (1, 2, 999):
        own_client.get(f"/api/v1/tracks/{track_id}")
    own_client.get("/nothing/secret")
    own_client.open("/nothing", method="STRANGE")
    found = figures(own_client)
    route = "/api/v1/tracks/<int:track_id>"
    assert found["music_explore_requests_total", "GET", route, "200"] == 2
    assert found["music_explore_requests_total", "GET", route, "404"] == 1
    assert found["music_explore_requests_total", "GET", "other", "404"] == 1
    assert found["music_explore_requests_total", "other", "other", "404"] == 1
    assert found["music_explore_request_seconds_count", "GET", route, "200"] == 2
    assert found["music_explore_request_seconds_sum", "GET", route, "200"] > 0


def test_library_is_told(own_client, own_library):
    found = figures(own_client)
    assert found["music_explore_tracks", None, None, None] == SPEC.tracks
    assert found["music_explore_segments", None, None, None] == SPEC.segments
    assert found["music_explore_running", None, None, None] == 0
    assert found["music_explore_library_readable", None, None, None] == 1


def test_figures_are_told_when_the_library_cannot_be_read(own_client, own_library):
    (own_library.root / "db.sqlite").write_bytes(b"no database at all" * 100)
    assert figures(own_client)["music_explore_library_readable", None, None, None] == 0


def test_applications_count_for_themselves(library):
    one, other = (create_app(library.settings).test_client() for _ in range(2))
    one.get("/health")
    key = ("music_explore_requests_total", "GET", "/health", "200")
    assert figures(one)[key] == 1
    assert key not in figures(other)


@pytest.mark.parametrize("open_to_all", [False, True])
def test_figures_are_for_this_machine_and_tokens_even_when_everyone_may_read(own_library, open_to_all):
    app = create_app(own_library.settings | {"ALLOW_ANONYMOUS_READ": open_to_all})
    client = app.test_client()
    assert client.get("/metrics", **AWAY).status_code == 403
    with app.app_context():
        token, _ = create_token("prometheus", ("read",))
    assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}, **AWAY).status_code == 200
