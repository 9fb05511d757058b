"""Selections as files: tables, vectors and playlists, opened by what others open them with."""

import csv
import io
import os
from urllib.parse import unquote_to_bytes, urlsplit
from xml.etree import ElementTree as ET

import duckdb
import numpy as np
import pytest
from sqlalchemy import update

from app import create_app
from app.models import Track, db
from app.networks import NETWORKS
from app.store.snapshots import Space
from tests.read_side import SPEC

NETWORK = "mtt-musicnn"
SEGMENTS = [[3, 1], [2, 0], [3, 0]]
TRACKS = [[3, None], [10, None]]
ROWS = [int(SPEC.counts[: track - 1].sum()) + segment for track, segment in SEGMENTS]
XSPF = "{http://xspf.org/ns/0/}"


def export(client, points, form, *, status=200, **more):
    body = {"points": points, "format": form} | more
    response = client.post("/api/v1/selection/export", json=body)
    assert response.status_code == status, response.text
    return response


def change(client, track_id, **values):
    with client.application.app_context():
        db.session.execute(update(Track).where(Track.id == track_id).values(**values))
        db.session.commit()


def table(response):
    return list(csv.DictReader(io.StringIO(response.data.decode())))


def test_table_names_every_point(client):
    rows = table(export(client, SEGMENTS, "csv", network=NETWORK))
    assert [(row["track"], row["segment"], row["start"], row["end"]) for row in rows] == [
        ("3", "1", "2.992", "5.984"),
        ("2", "0", "0.000", "2.992"),
        ("3", "0", "0.000", "2.992"),
    ]
    described = client.get("/api/v1/tracks/3").json
    for name in ("title", "artist", "album", "path"):
        assert rows[0][name] == described[name]
    assert rows[0]["year"] == str(described["year"])
    assert rows[0]["genres"] == "; ".join(described["genres"])


def test_texts_arrive_whole_and_harmless_when_they_are_odd(own_client):
    title = 'A "quoted", two\nlined; \U0001f3b5 title'
    change(own_client, 3, title=title)
    change(own_client, 10, title="=HYPERLINK(1)", path=os.fsdecode(b"caf\xe9\n.wav"))
    odd, formula = table(export(own_client, TRACKS, "csv"))
    assert odd["title"] == title
    assert formula["title"] == "'=HYPERLINK(1)"
    assert formula["path"] == "caf\ufffd\\n.wav"
    assert formula["segment"] == formula["year"] == ""


@pytest.mark.parametrize(("layer", "size"), [("embeddings", 200), ("taggrams", 50)])
def test_vectors_come_with_their_ids_as_npy(client, library, layer, size):
    answer = export(client, SEGMENTS, "npy", network=NETWORK, layer=layer)
    array = np.load(io.BytesIO(answer.data))
    truth = library.files.vectors(Space(NETWORK, layer, "segments"))
    assert array["vector"].dtype == truth.dtype
    assert array["vector"].shape == (3, size)
    assert np.array_equal(array["vector"], truth[ROWS])
    assert list(zip(array["track"].tolist(), array["segment"].tolist(), strict=True)) == [
        tuple(point) for point in SEGMENTS
    ]
    assert array["start"] == pytest.approx([2.992, 0, 0])


def test_activations_have_their_tags_as_columns_in_parquet(client, library, tmp_path):
    path = tmp_path / "selection.parquet"
    path.write_bytes(export(client, SEGMENTS, "parquet", network=NETWORK, layer="taggrams").data)
    columns = duckdb.sql(f"SELECT * FROM '{path}'").fetchnumpy()
    assert list(columns) == ["track", "segment", "start", *NETWORKS.get(NETWORK).tags]
    truth = library.files.vectors(Space(NETWORK, "taggrams", "segments"))[ROWS].astype(np.float32)
    assert np.array_equal(np.stack(list(columns.values())[3:], axis=1), truth)
    assert columns["track"].tolist() == [3, 2, 3]
    known = duckdb.sql(f"SELECT key, value FROM parquet_kv_metadata('{path}')").fetchall()
    assert dict(known)[b"network"] == NETWORK.encode()


def test_all_points_arrive_when_they_are_many(client, library, tmp_path):
    many = SEGMENTS * 6000  # several blocks of text, several groups of rows
    assert len(table(export(client, many, "csv", network=NETWORK))) == len(many)
    lines = export(client, many, "m3u8", network=NETWORK).data.decode().splitlines()
    assert len(lines) == 2 + 4 * len(many)
    wanted = {"network": NETWORK, "layer": "embeddings"}
    vectors = np.load(io.BytesIO(export(client, many, "npy", **wanted).data))["vector"]
    truth = library.files.vectors(Space(NETWORK, "embeddings", "segments"))[ROWS]
    assert np.array_equal(vectors, np.tile(truth, (6000, 1)))
    path = tmp_path / "selection.parquet"
    path.write_bytes(export(client, many, "parquet", **wanted).data)
    columns = duckdb.sql(f"SELECT \"0\", track FROM '{path}'").fetchnumpy()
    assert np.array_equal(columns["0"], vectors[:, 0].astype(np.float32))
    assert columns["track"].tolist() == [track for track, _ in many]


def test_whole_tracks_have_the_segment_minus_one(client, library):
    array = np.load(io.BytesIO(export(client, TRACKS, "npy", network=NETWORK, layer="embeddings").data))
    assert array["segment"].tolist() == [-1, -1]
    truth = library.files.vectors(Space(NETWORK, "embeddings", "tracks"))
    assert np.array_equal(array["vector"], truth[[2, 9]])


def test_m3u8_leads_to_the_stretches_of_tracks(client):
    answer = export(client, SEGMENTS, "m3u8", network=NETWORK, title="My choice")
    lines = answer.data.decode().splitlines()
    assert lines[:2] == ["#EXTM3U", "#PLAYLIST:My choice"]
    assert lines[2:6] == [
        "#EXTINF:3,Artist 1 - Title 3",
        "#EXTVLCOPT:start-time=2.992",
        "#EXTVLCOPT:stop-time=5.984",
        "http://localhost/audio/track/3#t=2.992,5.984",
    ]
    place = urlsplit(lines[5])
    with client.get(place.path) as sound:
        assert sound.mimetype == "audio/wav"


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ({"offline": True}, "/srv/my music/jazz/a b.wav"),
        ({"offline": True, "windows_paths": True}, "\\srv\\my music\\jazz\\a b.wav"),
        ({"offline": False, "windows_paths": True}, "http://localhost/audio/track/3"),
        ({}, "http://localhost/audio/track/3"),
    ],
)
def test_playlist_holds_what_is_asked_for(own_library, wanted, path):
    app = create_app(own_library.settings | {"PLAYLIST_AUDIO_DIR": "/srv/my music"})
    client = app.test_client()
    change(client, 3, path="jazz/a b.wav")
    lines = export(client, [[3, None]], "m3u8", **wanted).data.decode().splitlines()
    assert lines[-1] == path


@pytest.mark.parametrize(
    ("folder", "path", "location"),
    [
        ("D:\\Music", "D:\\Music\\jazz\\50%.wav", "file:///D:/Music/jazz/50%25.wav"),
        ("\\\\nas\\music", "\\\\nas\\music\\jazz\\50%.wav", "file://nas/music/jazz/50%25.wav"),
        ("Music", "Music\\jazz\\50%.wav", "Music/jazz/50%25.wav"),
    ],
)
def test_settings_are_followed_when_the_request_says_nothing(own_library, folder, path, location):
    chosen = {
        "PLAYLIST_FOR_OFFLINE": True,
        "PLAYLIST_USE_WINDOWS_PATH": True,
        "PLAYLIST_AUDIO_DIR": folder,
    }
    client = create_app(own_library.settings | chosen).test_client()
    change(client, 3, path="jazz/50%.wav")
    assert export(client, [[3, None]], "m3u8").data.decode().splitlines()[-1] == path
    root = ET.fromstring(export(client, [[3, None]], "xspf").data)
    assert [element.text for element in root.iter(f"{XSPF}location")] == [location]
    online = export(client, [[3, None]], "m3u8", offline=False).data.decode().splitlines()[-1]
    assert online == "http://localhost/audio/track/3"


@pytest.mark.parametrize("name", [b"new\nline.wav", b"caf\xe9.wav", b"#1 <&> \"'.wav"])
def test_playlists_lead_to_the_file_when_its_name_is_odd(own_client, own_library, name):
    change(own_client, 3, path=os.fsdecode(name), title="Two\r\nlines \x07 <&>")
    wanted = os.fsencode(own_library.root / "audio") + b"/" + name
    lines = export(own_client, [[3, None]], "m3u8", offline=True).data.decode().splitlines()
    assert len(lines) == 4
    assert lines[2].endswith("Artist 1 - Two  lines \x07 <&>")
    place = lines[3].encode()
    if place.startswith(b"file://"):
        place = unquote_to_bytes(place.removeprefix(b"file://"))
    assert place == wanted

    root = ET.fromstring(export(own_client, [[3, None]], "xspf", offline=True).data)
    (location,) = [element.text for element in root.iter(f"{XSPF}location")]
    assert unquote_to_bytes(location.removeprefix("file://")) == wanted
    assert root.find(f".//{XSPF}track/{XSPF}title").text.endswith("lines \ufffd <&>")


def test_xspf_names_tracks_and_stretches(client):
    root = ET.fromstring(export(client, SEGMENTS, "xspf", network=NETWORK, title="A & B").data)
    assert root.find(f"{XSPF}title").text == "A & B"
    first = root.find(f".//{XSPF}track")
    assert {element.tag.removeprefix(XSPF): element.text for element in first} == {
        "location": "http://localhost/audio/track/3#t=2.992,5.984",
        "title": "Title 3",
        "creator": "Artist 1",
        "album": client.get("/api/v1/tracks/3").json["album"],
        "duration": "2992",
    }


def test_file_is_named_by_the_title(client):
    answer = export(client, TRACKS, "csv", title='J\u00e4zz / "late"')
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=selection.csv; filename*=UTF-8''J%C3%A4zz%20-%20-late.csv"
    )
    assert answer.mimetype == "text/csv"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"points": [[3, 500]], "format": "csv", "network": NETWORK}, 404),
        ({"points": [[99, 0]], "format": "csv", "network": NETWORK}, 404),
        ({"points": [[3, 0]], "format": "csv", "network": "none"}, 404),
        ({"points": [[3, 0]], "format": "npy", "network": NETWORK, "layer": "none"}, 404),
        ({"points": [[3, None]], "format": "npy"}, 400),
        ({"points": [[3, 0]], "format": "csv"}, 400),
        ({"points": [[3, 0], [3, None]], "format": "csv", "network": NETWORK}, 400),
        ({"points": [], "format": "csv"}, 400),
        ({"points": [[3, -1]], "format": "csv", "network": NETWORK}, 400),
        ({"points": [[3, None]], "format": "exe"}, 400),
        ({"points": [[3, None]], "format": "csv", "path": "/etc"}, 400),
        ([], 400),
    ],
)
def test_nothing_is_sent_when_something_is_wrong(client, body, status):
    response = client.post("/api/v1/selection/export", json=body)
    assert response.status_code == status
    assert response.json["error"]["message"]


@pytest.mark.parametrize("mimetype", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_body_is_refused_when_it_does_not_say_that_it_is_json(client, mimetype):
    body = '{"points": [[3, null]], "format": "csv"}'
    response = client.post("/api/v1/selection/export", data=body, content_type=mimetype)
    assert (response.status_code, response.json["error"]["code"]) == (415, "unsupported_media_type")


def test_broken_body_is_refused_with_a_reason(client):
    response = client.post("/api/v1/selection/export", data="{", content_type="application/json")
    assert (response.status_code, list(response.json["error"]["details"])) == (400, ["body"])


def test_body_is_refused_when_it_is_too_large(client):
    response = client.post(
        "/api/v1/selection/export", data=b" " * (16 * 2**20 + 1), content_type="application/json"
    )
    assert response.status_code == 413


def test_others_are_refused_when_only_this_machine_may_ask(client):
    response = client.post(
        "/api/v1/selection/export",
        json={"points": TRACKS, "format": "csv"},
        environ_base={"REMOTE_ADDR": "10.0.0.7"},
    )
    assert response.status_code == 403
