"""Requests to the whole application over a small library."""

import gzip
import json
import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from safetensors.numpy import load
from sqlalchemy import delete, update

from app.models import Snapshot, Track, db
from app.store.files import write_derived_array
from app.store.snapshots import Space
from tests.read_side import SPEC
from tests.snapshot_factory import build_index

POINTS = "/api/v1/points?network=mtt-musicnn&layer=embeddings&level=segments"
NOTHING_WRONG = {"damaged": [], "disk_full": False}
MAP = f"{POINTS}&columns=position,track&projection=umap"
SIMILAR = "/api/v1/similar?network=mtt-musicnn&layer=embeddings"


def change(client, statement):
    with client.application.app_context():
        db.session.execute(statement)
        db.session.commit()


def test_map_can_be_drawn_from_what_the_api_says(client):
    networks = client.get("/api/v1/networks").json
    network = networks["networks"][0]
    layer = network["layers"][0]
    level = layer["levels"][1]
    projection = level["projections"][-1]
    response = client.get(
        "/api/v1/points",
        query_string={
            "network": network["name"],
            "layer": layer["name"],
            "level": level["name"],
            "columns": "position,track",
            "projection": projection["name"],
            "v": projection["version"],
        },
    )
    assert response.mimetype == "application/octet-stream"
    assert response.content_length == len(response.data)
    columns = load(response.data)
    assert len(columns["x"]) == len(columns["y"]) == level["points"] == columns["offsets"][-1]
    assert len(columns["track_ids"]) == network["tracks"]
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("v", ["", "&v=old"])
def test_points_are_asked_for_again_when_their_version_is_not_named(client, v):
    response = client.get(MAP + v)
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.status_code == 200


@pytest.mark.parametrize("form", ["binary", "json"])
def test_points_are_not_sent_again_when_they_have_not_changed(own_client, own_library, form):
    address = f"{MAP}&format={form}"
    etag = own_client.get(address).headers["ETag"]
    again = own_client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == etag
    space = Space("mtt-musicnn", "embeddings", "segments")
    path = own_library.files.derived_path(space, "umap")
    write_derived_array(path, np.ones((SPEC.segments, 2), np.float32), {})
    assert own_client.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_json_points_are_compressed_when_the_client_takes_it(client):
    plain = client.get(f"{MAP}&format=json")
    packed = client.get(f"{MAP}&format=json", headers={"Accept-Encoding": "gzip"})
    assert json.loads(gzip.decompress(packed.data)) == plain.json
    assert packed.headers["ETag"] == plain.headers["ETag"]
    assert packed.headers["ETag"].startswith("W/")
    again = client.get(
        f"{MAP}&format=json",
        headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]},
    )
    assert again.status_code == 304


def test_binary_points_can_be_asked_for_in_one_request_with_everything(client):
    query = f"{POINTS}&columns=position,track,tag:no vocals,genre,artist,album,year&projection=pca&x=3&y=9"
    columns = load(client.get(query).data)
    assert set(columns) == {
        "x",
        "y",
        "track_ids",
        "offsets",
        "tag:no vocals",
        "genre",
        "artist",
        "album",
        "year",
    }


@pytest.mark.parametrize(
    "projection", ["../umap", "..%2F..%2Fsecret", "%00", "knn-indices", "umap.npy", "original/", "C:\\umap"]
)
def test_projection_is_not_found_when_its_name_is_a_path(client, projection):
    response = client.get(f"{POINTS}&columns=position&projection={projection}")
    assert response.status_code == 404
    assert response.json["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ("&columns=position&level=albums", "level"),
        ("&columns=", "columns.0"),
        ("&columns=track&format=xml", "format"),
        ("&columns=track&projection=", "projection"),
        ("&columns=track&colour=red", "colour"),
        ("", "columns"),
    ],
)
def test_argument_is_named_when_it_is_wrong(client, query, argument):
    base = POINTS.removesuffix("&level=segments") if "level=" in query else POINTS
    response = client.get(base + query)
    assert response.status_code == 400
    assert list(response.json["error"]["details"]) == [argument]


def test_track_is_described(client):
    track = client.get("/api/v1/tracks/2").json
    assert track["title"] == "Title 2"
    assert track["audio"] == "/audio/track/2"
    assert len(track["networks"]["mtt-musicnn"]["top_tags"]) == 10
    with client.get(track["audio"]) as audio:
        assert audio.status_code == 200


def test_tags_are_listed_strongest_first(client):
    answer = client.get("/api/v1/tracks/2/tags?network=mtt-musicnn&segment=1").json
    assert (answer["network"], answer["segment"], answer["start"]) == ("mtt-musicnn", 1, 2.992)
    activations = [tag["activation"] for tag in answer["tags"]]
    assert len(activations) == 50
    assert activations == sorted(activations, reverse=True)
    whole = client.get("/api/v1/tracks/2/tags?network=mtt-musicnn").json
    assert (whole["segment"], whole["start"]) == (None, None)


@pytest.mark.parametrize("track_id", ["999", "0", str(2**31), str(10**30)])
def test_track_is_not_found_when_there_is_none(client, track_id):
    for address in (f"/api/v1/tracks/{track_id}", f"/api/v1/tracks/{track_id}/tags?network=mtt-musicnn"):
        assert client.get(address).status_code == 404


def test_neighbours_lead_to_points_and_audio(client):
    answer = client.get(f"{SIMILAR}&track=3&segment=1&k=5").json
    assert (answer["level"], answer["backend"], answer["exact"], answer["recall"]) == (
        "segments",
        "exact",
        True,
        1.0,
    )
    assert answer["query"]["track"] == {"id": 3, "title": "Title 3", "artist": "Artist 1"}
    offsets = load(client.get(f"{POINTS}&columns=track").data)["offsets"]
    assert len(answer["results"]) == 5
    for result in answer["results"]:
        track_id, segment = result["track"]["id"], result["segment"]
        assert result["row"] == offsets[track_id - 1] + segment
        assert result["start"] == round(segment * 2.992, 3)
        assert result["audio"] == f"/audio/segment/2.992/{track_id}:{segment}"
        assert client.get(result["audio"]).status_code == 302


def test_tracks_are_compared_when_no_segment_is_given(client):
    answer = client.get(f"{SIMILAR}&track=3").json
    assert answer["level"] == "tracks"
    assert len(answer["results"]) == 10
    assert all(result["segment"] is result["start"] is None for result in answer["results"])
    assert answer["results"][0]["audio"].startswith("/audio/track/")


def test_index_is_named_when_there_is_one(own_client, own_library):
    space = Space("mtt-musicnn", "embeddings", "segments")
    build_index(own_library.root / "indexes", own_library.files, space, "faiss-hnsw")
    answer = own_client.get(f"{SIMILAR}&track=3&segment=1").json
    assert (answer["backend"], answer["exact"], answer["note"]) == ("faiss-hnsw", False, None)
    assert 0.9 < answer["recall"] <= 1


@pytest.mark.parametrize("k", ["0", "1001", "x", "1.5", ""])
def test_number_of_neighbours_is_refused_when_it_is_out_of_range(client, k):
    response = client.get(f"{SIMILAR}&track=3&k={k}")
    assert response.status_code == 400
    assert list(response.json["error"]["details"]) == ["k"]


def test_networks_are_not_sent_again_when_nothing_changed(own_client):
    etag = own_client.get("/api/v1/networks").headers["ETag"]
    assert own_client.get("/api/v1/networks", headers={"If-None-Match": etag}).status_code == 304
    change(own_client, update(Track).where(Track.id == 1).values(year=1901))
    assert own_client.get("/api/v1/networks", headers={"If-None-Match": etag}).status_code == 200


def test_way_out_is_named_when_there_is_no_map(own_client):
    change(own_client, delete(Snapshot))
    assert own_client.get("/api/v1/networks").json["snapshot"] is None
    response = own_client.get(MAP)
    assert (response.status_code, response.json["error"]["code"]) == (404, "empty_library")
    assert "flask process" in response.json["error"]["message"]
    assert own_client.get("/health").json == {"status": "ok", "snapshot": None, **NOTHING_WRONG}


def test_reason_is_told_when_the_snapshot_is_gone(own_client, own_library):
    shutil.rmtree(own_library.files.folder)
    response = own_client.get(MAP)
    assert (response.status_code, response.json["error"]["code"]) == (503, "damaged_file")
    health = own_client.get("/health")
    assert (health.status_code, health.json["status"]) == (503, "unavailable")
    assert "flask verify --repair" in health.json["error"]["message"]


def test_reading_goes_on_when_another_program_holds_the_database(own_client, own_library):
    with closing(sqlite3.connect(own_library.root / "db.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for address in (MAP, "/health", "/readyz", "/api/v1/networks", "/api/v1/status", "/api/v1/tracks"):
            assert own_client.get(address).status_code == 200


def test_health_is_bad_when_the_database_is_damaged(own_client, own_library):
    (own_library.root / "db.sqlite").write_bytes(b"no database at all" * 100)
    response = own_client.get("/health")
    assert (response.status_code, response.json["status"]) == (503, "unavailable")
    assert "damaged" in response.json["error"]["message"]


def test_health_names_the_snapshot(client, library):
    assert client.get("/health").json == {"status": "ok", "snapshot": library.key, **NOTHING_WRONG}


def test_page_is_shown(client):
    response = client.get("/")
    assert (response.status_code, response.mimetype) == (200, "text/html")
