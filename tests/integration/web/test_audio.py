"""Audio files over HTTP."""

import os
from pathlib import Path

import pytest
from sqlalchemy import update

from app import create_app
from app.models import Track, db
from tests.read_side import SPEC
from tests.snapshot_factory import GENRES, track_path


def file_of(library, track_id):
    return library.root / "audio" / track_path(track_id, GENRES[SPEC.clusters[track_id - 1]])


def set_path(client, track_id, path):
    with client.application.app_context():
        db.session.execute(update(Track).where(Track.id == track_id).values(path=path))
        db.session.commit()


def test_whole_file_is_sent(client, library):
    with client.get("/audio/track/2") as response:
        assert response.status_code == 200
        assert response.mimetype == "audio/wav"
        assert response.headers["Accept-Ranges"] == "bytes"
        assert response.data == file_of(library, 2).read_bytes()


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("0-99", 0, 99), ("1000-1999", 1000, 1999), ("100-", 100, None), ("-50", -50, None)],
)
def test_range_is_sent_when_asked_for(client, library, asked, first, last):
    content = file_of(library, 2).read_bytes()
    with client.get("/audio/track/2", headers={"Range": f"bytes={asked}"}) as response:
        assert response.status_code == 206
        assert response.data == content[first : None if last is None else last + 1]
        assert response.headers["Content-Range"].endswith(f"/{len(content)}")


def test_range_is_refused_when_it_lies_beyond_the_end(client, library):
    size = file_of(library, 2).stat().st_size
    response = client.get("/audio/track/2", headers={"Range": f"bytes={size}-"})
    assert response.status_code == 416
    assert response.headers["Content-Range"] == f"bytes */{size}"


def test_file_is_not_sent_again_when_it_has_not_changed(client):
    with client.get("/audio/track/2") as response:
        etag = response.headers["ETag"]
    with client.get("/audio/track/2", headers={"If-None-Match": etag}) as response:
        assert (response.status_code, response.data) == (304, b"")


@pytest.mark.parametrize(
    "name", [b"new\nline.wav", b"quote\"'.wav", "\U0001f3b5.wav".encode(), b"caf\xe9 \\x.wav", b"50%.wav"]
)
def test_file_is_sent_when_its_name_is_odd(own_client, own_library, name):
    path = Path(os.fsdecode(os.fsencode(own_library.root / "audio") + b"/" + name))
    path.write_bytes(b"RIFF and so on")
    set_path(own_client, 2, os.fsdecode(name))
    with own_client.get("/audio/track/2", headers={"Range": "bytes=0-3"}) as response:
        assert (response.status_code, response.data, response.mimetype) == (206, b"RIFF", "audio/wav")
        assert all("\n" not in value for _, value in response.headers)
    assert own_client.get("/api/v1/tracks/2").status_code == 200


def test_reason_is_told_when_the_file_is_gone(own_client, own_library):
    file_of(own_library, 2).unlink()
    response = own_client.get("/audio/track/2")
    assert (response.status_code, response.json["error"]["code"]) == (404, "not_found")
    assert "flask index-all-audio" in response.json["error"]["message"]
    assert str(own_library.root) not in response.text


@pytest.mark.parametrize("path", ["../db.sqlite", "/etc/passwd", "link.wav"])
def test_nothing_outside_the_folder_is_sent(own_client, own_library, path):
    (own_library.root / "audio" / "link.wav").symlink_to(own_library.root / "db.sqlite")
    set_path(own_client, 2, path)
    response = own_client.get("/audio/track/2")
    assert response.status_code == 404
    assert "outside AUDIO_DIR" in response.json["error"]["message"]


@pytest.mark.parametrize(
    "address",
    ["/audio/track/999", f"/audio/track/{10**30}", "/audio/track/x", "/audio/track/../1", "/audio/track/-1"],
)
def test_nothing_is_sent_when_there_is_no_such_track(client, address):
    assert client.get(address).status_code == 404


def test_segment_leads_to_its_stretch_of_the_track(client):
    response = client.get("/audio/segment/2.992/2:1")
    assert response.status_code == 302
    assert response.headers["Location"] == "/audio/track/2#t=2.992,5.984"


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("0/2:1", 400),
        ("-1/2:1", 400),
        ("nan/2:1", 400),
        ("inf/2:1", 400),
        ("x/2:1", 400),
        ("2.992/2", 400),
        ("2.992/2:x", 400),
        ("2.992/2:-1", 400),
        ("2.992/2:1:1", 400),
        ("2.992/999:1", 404),
        ("2.992/999999999999999:1", 404),
        ("2.992/2:500", 404),
        ("2.992/99999999999999999999:1", 400),
    ],
)
def test_segment_is_refused_when_there_is_none(client, address, status):
    response = client.get(f"/audio/segment/{address}")
    assert response.status_code == status
    assert response.json["error"]["message"]


def test_track_leads_to_the_provider_when_it_streams(library):
    app = create_app(library.settings | {"AUDIO_PROVIDER": "jamendo", "JAMENDO_CLIENT_ID": "abc"})
    response = app.test_client().get("/audio/track/2")
    assert response.status_code == 302
    assert response.headers["Location"] == "https://mp3l.jamendo.com/?trackid=2&format=mp31&from=app-abc"
