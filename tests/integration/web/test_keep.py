"""Audio that was sent for an analysis becomes a file of the library, when asked."""

import io

import pytest
from sqlalchemy import select

from app import create_app, current_settings
from app.models import Job, Track, db
from app.providers import PROVIDERS
from tests.audio_files import write_music


@pytest.fixture
def song(tmp_path):
    return write_music(tmp_path / "song.wav", 2.0).read_bytes()


@pytest.fixture
def send(own_client, models_dir, song):
    def run(name):
        upload = (io.BytesIO(song), name)
        response = own_client.post("/api/v1/analyses?attributes=tags", data={"file": upload})
        assert response.status_code == 202, response.text
        return response.json["id"]

    return run


@pytest.fixture
def uploads(own_library):
    return own_library.root / "audio" / "uploads"


def test_audio_becomes_a_file_and_a_job_takes_it_in_when_kept(own_client, send, song, uploads):
    job_id = send("A song.WAV")
    response = own_client.post(f"/api/v1/analyses/{job_id}/keep")
    assert response.status_code == 202
    assert (response.json["kind"], response.json["state"]) == ("process", "queued")
    assert response.location == f"/api/v1/jobs/{response.json['id']}"
    [kept] = uploads.iterdir()
    assert kept.name == f"A song {job_id[:8]}.wav"
    assert kept.read_bytes() == song

    again = own_client.post(f"/api/v1/analyses/{job_id}/keep")
    assert again.json["id"] == response.json["id"]
    assert [*uploads.iterdir()] == [kept]


def test_library_is_processed_once_more_when_it_is_a_track_by_then(own_app, own_client, send):
    job_id = send("A song.WAV")
    with own_app.app_context():
        track = db.session.scalars(select(Track)).first()
        track.path = f"uploads/A song {job_id[:8]}.wav"
        track.content_hash = db.session.get_one(Job, job_id).subject
        db.session.commit()
        assert own_client.post(f"/api/v1/analyses/{job_id}/keep").status_code == 202
        track.path = "elsewhere.wav"
        db.session.commit()
        refused = own_client.post(f"/api/v1/analyses/{job_id}/keep")
    assert refused.status_code == 409
    assert "elsewhere.wav" in refused.json["error"]["message"]


def test_both_are_there_when_two_files_are_called_the_same(own_client, send, uploads):
    for _ in range(2):
        job_id = send("same.wav")
        assert own_client.post(f"/api/v1/analyses/{job_id}/keep").status_code == 202
    assert len([*uploads.iterdir()]) == 2


@pytest.mark.parametrize(
    ("name", "kept_as"),
    [
        ("../../out.wav", "out"),
        ("..\\..\\out.wav", "out"),
        (".hidden.wav", "hidden"),
        ("a:b*c?.wav", "a_b_c_"),
        ("Ünïcode ♫.wav", "Ünïcode ♫"),
        ("語" * 80 + ".wav", "語" * 50),
    ],
)
def test_file_is_called_safely_when_its_name_is_not(own_client, send, uploads, name, kept_as):
    job_id = send(name)
    assert own_client.post(f"/api/v1/analyses/{job_id}/keep").status_code == 202
    assert [path.name for path in uploads.iterdir()] == [f"{kept_as} {job_id[:8]}.wav"]


def test_it_is_refused_when_the_name_is_not_one_of_audio(own_client, send, uploads):
    response = own_client.post(f"/api/v1/analyses/{send('song.txt')}/keep")
    assert response.status_code == 400
    assert "the ending .txt" in response.json["error"]["message"]
    assert not uploads.exists()


def test_it_is_refused_when_it_is_a_track_of_the_library(own_client, models_dir):
    job_id = own_client.post("/api/v1/tracks/1/analyses?attributes=tags").json["id"]
    response = own_client.post(f"/api/v1/analyses/{job_id}/keep")
    assert response.status_code == 409
    assert "in the library already" in response.json["error"]["message"]


def test_it_is_refused_when_audio_comes_from_elsewhere(own_library, send, uploads):
    job_id = send("song.wav")
    assert "jamendo" in PROVIDERS.names()
    settings = own_library.settings | {"AUDIO_PROVIDER": "jamendo", "JAMENDO_CLIENT_ID": "none"}
    app = create_app(settings)
    response = app.test_client().post(f"/api/v1/analyses/{job_id}/keep")
    with app.app_context():
        db.engine.dispose()
    assert response.status_code == 409
    assert "jamendo" in response.json["error"]["message"]
    assert not uploads.exists()


def test_it_is_refused_when_the_audio_is_not_kept_any_more(own_app, own_client, send, uploads):
    job_id = send("song.wav")
    (current_settings(own_app).ROOT_DIR / "uploads" / job_id).unlink()
    assert own_client.post(f"/api/v1/analyses/{job_id}/keep").status_code == 404
    assert own_client.post(f"/api/v1/analyses/{'0' * 32}/keep").status_code == 404
    assert not uploads.exists()


def test_nothing_is_left_when_the_file_cannot_be_written(own_client, send, uploads):
    uploads.write_text("no folder")
    response = own_client.post(f"/api/v1/analyses/{send('song.wav')}/keep")
    assert response.status_code == 503
    assert response.json["error"]["code"] == "storage"
    assert uploads.read_text() == "no folder"
