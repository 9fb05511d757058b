"""The tag service of matnn, asked as its documentation says."""

import io
import re

import pytest

from app.web.api.schemas.matnn import MatnnResult, MatnnState

FLAGS = {"bpm": "true", "key": "true", "genre_discogs_effnet": "true", "classifiers": "true"}
NOBODY = "0" * 32
TIME = re.compile(r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d")


def upload(client, content, flags, name="audio.mp3"):
    return client.post("/api/upload", data={**flags, "file": (io.BytesIO(content), name, "audio/mpeg")})


@pytest.mark.parametrize("flags", [FLAGS, dict.fromkeys(FLAGS, "True"), {}], ids=["shell", "python", "all"])
def test_result_comes_in_its_shape_when_it_is_asked_as_documented(client, work, tone, flags):
    sent = upload(client, tone, flags)
    assert sent.status_code == 200
    assert sent.json["status"] == sent.json["detail"] == "Successfully uploaded audio.mp3"
    number = sent.json["id"]
    for kind in ("status", "result"):
        early = client.get(f"/api/{kind}/{number}")
        assert early.status_code == 202
        assert early.json["detail"] == f"Waiting Job {number}"
    work()
    status = client.get(f"/api/status/{number}")
    assert status.status_code == 200
    assert status.json["detail"].startswith("Successful Job")
    MatnnState.model_validate_json(status.data, strict=True)
    told = client.get(f"/api/result/{number}").json
    MatnnResult.model_validate(told, strict=True)
    assert (told["id"], told["audiofile"], told["completed"]) == (number, "audio.mp3", True)
    assert TIME.fullmatch(told["started_at"])
    assert TIME.fullmatch(told["completed_at"])
    assert len(told["result"]["genre"]) == 3
    assert {"bpm", "key"} <= told["result"].keys()
    assert told["result"]["genre_source"] == "genre_musicnn"
    assert told["result"]["classifiers"] is None
    assert told["result"]["missing"].keys() == {"genre_discogs_effnet", "classifiers"}
    assert "flask download-models --official" in told["result"]["missing"]["classifiers"]


def test_only_what_is_wanted_is_told_when_flags_say_so(client, work, tone):
    number = upload(client, tone, {"genre_magnatagatune": "true", "bpm": "false"}).json["id"]
    work()
    assert client.get(f"/api/result/{number}").json["result"].keys() == {"genre", "genre_source"}


def test_second_genre_is_listed_when_two_are_requested(client, work, tone):
    number = upload(client, tone, {"genre_magnatagatune": "on", "genre_musicnn": "on"}).json["id"]
    work()
    told = client.get(f"/api/result/{number}").json["result"]
    assert told["genre_source"] == "genre_musicnn"
    assert told["missing"].keys() == {"genre_magnatagatune"}


def test_genre_is_refused_when_no_network_can_detect_one(app, client, tone, tmp_path):
    (tmp_path / "none").mkdir()
    app.extensions["settings"] = app.extensions["settings"].model_copy(
        update={"MODELS_DIR": tmp_path / "none"}
    )
    response = upload(client, tone, {"genre_musicnn": "on"})
    assert response.status_code == 400
    assert "msd-musicnn is not installed" in response.json["error"]["message"]


def test_state_is_told_when_there_is_no_result(client, tone):
    for kind in ("status", "result"):
        response = client.get(f"/api/{kind}/{NOBODY}")
        assert (response.status_code, response.json["id"]) == (404, NOBODY)
    number = upload(client, tone, {"bpm": "true"}).json["id"]
    client.post(f"/api/v1/analyses/{number}/cancel")
    assert client.get(f"/api/status/{number}").json["detail"].startswith("Cancelled Job")
    assert client.get(f"/api/result/{number}").status_code == 422


def test_upload_is_refused_when_there_is_no_audio_in_it(client):
    assert upload(client, b"nothing", {}).status_code == 422
    form = {"data": {"bpm": "true"}, "content_type": "multipart/form-data"}
    assert client.post("/api/upload", **form).status_code == 400
    assert client.post("/api/upload", json={"bpm": True}).status_code == 415


def test_upload_is_refused_when_nothing_of_it_can_be_found_out(client, tone):
    response = upload(client, tone, {"classifiers": "true"})
    assert response.status_code == 400
    assert "No classifier is installed" in response.json["error"]["message"]
