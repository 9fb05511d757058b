"""Audio in, results out, over HTTP and through a real worker's code with real networks."""

import io

import pytest

from app.models import AnalysisResult, Job, db
from app.services.analysis import upload_path
from app.services.jobs import upkeep
from app.web.api.operation import JSON, operation_of
from tests.clips import write_clip

NOBODY = "0" * 32


def check(client, endpoint, response):
    operation = operation_of(client.application, endpoint)
    models = {operation.status: operation.answers[JSON]} | dict(operation.also)
    models[response.status_code].model_validate_json(response.data, strict=True)
    return response.json


def test_tags_are_told_when_a_worker_has_done_it(client, send, work, tone):
    sent = send(tone)
    assert sent.status_code == 202
    told = check(client, "analyses.submitted", sent)
    assert (told["state"], told["title"], told["result"]) == ("queued", "a tone.flac", None)
    assert told["duration"] == pytest.approx(7.0, abs=0.1)
    assert work() == 1
    told = check(client, "analyses.one", client.get(sent.location))
    assert told["state"] == "finished"
    networks = told["result"]["tags"]["networks"]
    assert "mtt-musicnn" in networks
    scores = [tag["score"] for tag in networks["mtt-musicnn"]["tags"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 50
    with client.get(told["audio"], headers={"Range": "bytes=0-3"}) as heard:
        assert (heard.status_code, heard.data, heard.mimetype) == (206, b"fLaC", "audio/flac")


def test_same_audio_is_analysed_once_when_it_is_sent_twice(app, client, send, work, tone, monkeypatch):
    first, second = send(tone), send(tone, name="copy.flac")
    assert first.json["id"] != second.json["id"]
    assert work() == 2
    assert db.session.scalar(db.select(db.func.count()).select_from(AnalysisResult)) == 1
    results = [client.get(sent.location).json["result"] for sent in (first, second)]
    assert results[0] == results[1]


def test_request_makes_one_analysis_when_it_is_repeated_under_its_key(client, send, tone):
    headers = {"Idempotency-Key": "order 7"}
    first = send(tone, **headers)
    again = send(tone, **headers)
    assert again.json["id"] == first.json["id"]
    assert client.get("/api/v1/analyses").json["total"] == 1
    other = send(tone, "attributes=embeddings", **headers)
    assert (other.status_code, other.json["error"]["code"]) == (409, "conflict")
    assert send(tone, **{"Idempotency-Key": "x" * 256}).status_code == 400


def test_good_files_are_taken_when_some_of_a_batch_are_bad(client, app, work, tone):
    files = [(io.BytesIO(tone), "good.flac"), (io.BytesIO(b"no audio"), "bad.mp3")]
    response = client.post("/api/v1/analyses/batch?attributes=tags", data={"file": files})
    told = check(client, "analyses.submitted_together", response)
    assert [one["title"] for one in told["analyses"]] == ["good.flac"]
    assert [(one["title"], one["error_code"]) for one in told["refused"]] == [("bad.mp3", "unreadable_audio")]
    assert work() == 1


@pytest.mark.parametrize(
    ("content", "query", "status", "code"),
    [
        (b"no audio", "attributes=tags", 422, "unreadable_audio"),
        (b"", "attributes=tags", 422, "unreadable_audio"),
        (b"x" * (2 * 2**20 + 10), "attributes=tags", 413, "too_large"),
        (b"x" * (4 * 2**20), "attributes=tags", 413, "request_entity_too_large"),
        (None, "attributes=loudness", 400, "invalid_input"),
        (None, "attributes=tags&network=nothing", 404, "not_found"),
        (None, "attributes=tags&webhook_url=http://127.0.0.1/x", 400, "invalid_input"),
        (None, "attribute=tags", 400, "invalid_input"),
    ],
)
def test_upload_is_refused_when_it_cannot_be_analysed(
    client, send, settings, tone, content, query, status, code
):
    response = send(tone if content is None else content, query)
    assert (response.status_code, response.json["error"]["code"]) == (status, code)
    assert client.get("/api/v1/analyses").json["total"] == 0
    folder = settings.ROOT_DIR / "uploads"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_upload_is_refused_when_it_is_too_long(client, send, tmp_path):
    path = write_clip(tmp_path / "long.wav", n_samples=8000 * 61)
    response = send(path.read_bytes())
    assert response.status_code == 400
    assert "longer than 60 seconds" in response.json["error"]["message"]


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\windows", "", "a\tb.mp3", "ü" * 500])
def test_name_of_the_sender_leads_nowhere_when_it_is_strange(send, settings, tone, name):
    told = send(tone, name=name).json
    if name:  # a file without a name is a form's field without a file
        assert "/" not in told["title"]
        assert len(told["title"]) <= 200
        assert [path.name for path in (settings.ROOT_DIR / "uploads").iterdir()] == [told["id"]]


def test_analysis_is_cancelled_and_deleted_when_asked(client, send, settings, work, tone):
    told = send(tone).json
    address = f"/api/v1/analyses/{told['id']}"
    assert client.delete(address).status_code == 409
    cancelled = client.post(f"{address}/cancel")
    assert (cancelled.status_code, cancelled.json["state"]) == (202, "cancelled")
    assert work() == 0
    again = client.post(f"/api/v1/jobs/{told['id']}/retry")
    assert (again.status_code, again.json["state"]) == (202, "queued")
    assert work() == 1
    assert client.post(f"{address}/cancel").status_code == 409
    assert upload_path(settings, told["id"]).exists()
    assert client.delete(address).status_code == 204
    assert not upload_path(settings, told["id"]).exists()
    for method, end in (("get", ""), ("delete", ""), ("post", "/cancel"), ("get", "/audio")):
        assert getattr(client, method)(address + end).status_code == 404


def test_result_goes_first_and_the_job_later_when_they_are_old(app, client, send, settings, work, tone):
    told = send(tone).json
    work()
    address = f"/api/v1/analyses/{told['id']}"
    week = settings.KEEP_ANALYSES_HOURS * 3600
    db.session.execute(db.update(Job).values(expires_at=1.0))
    db.session.execute(db.update(AnalysisResult).values(created_at=1.0))
    db.session.commit()
    upkeep.throw_away_old(settings)
    old = client.get(address).json
    assert (old["state"], old["result"], old["audio"]) == ("expired", None, None)
    assert not upload_path(settings, told["id"]).exists()
    assert db.session.scalar(db.select(db.func.count()).select_from(AnalysisResult)) == 0
    assert client.get(f"/api/result/{told['id']}").status_code == 410
    db.session.execute(db.update(Job).values(finished_at=Job.finished_at - 2 * week - 1))
    db.session.commit()
    upkeep.throw_away_old(settings)
    assert client.get(address).status_code == 404


def test_reason_is_told_when_the_audio_turns_out_to_be_bad(client, send, work, tone):
    told = send(tone[: len(tone) // 2][:-100] + b"\xff" * 50_000).json
    work()
    after = client.get(f"/api/v1/analyses/{told['id']}").json
    assert after["state"] in ("finished", "failed")
    assert (after["error"] is None) == (after["state"] == "finished")


def test_track_of_the_library_is_analysed_when_its_file_is_here(client, app, settings, work):
    write_clip(settings.AUDIO_DIR / "clip.wav")
    result = app.test_cli_runner().invoke(args=["index-all-audio"])
    assert result.exit_code == 0, result.output
    sent = client.post("/api/v1/tracks/1/analyses?attributes=tags")
    assert (sent.status_code, sent.json["track"], sent.json["audio"]) == (202, 1, "/audio/track/1")
    work()
    assert client.get(sent.location).json["state"] == "finished"
    (settings.AUDIO_DIR / "clip.wav").unlink()
    assert client.post("/api/v1/tracks/1/analyses?attributes=tags").status_code == 404
    assert client.post("/api/v1/tracks/99/analyses?attributes=tags").status_code == 404


def test_analyses_are_listed_in_pages_when_there_are_several(client, send, tone, work):
    ids = [send(tone).json["id"] for _ in range(3)]
    first = check(client, "analyses.listed", client.get("/api/v1/analyses?limit=2"))
    assert (first["total"], len(first["analyses"])) == (3, 2)
    rest = client.get(f"/api/v1/analyses?limit=2&cursor={first['next']}").json
    assert rest["next"] is None
    assert {one["id"] for one in (*first["analyses"], *rest["analyses"])} == set(ids)
    assert client.get("/api/v1/analyses?state=finished").json["total"] == 0
    check(client, "analyses.attributes", client.get("/api/v1/analyses/attributes"))


def test_nothing_is_told_of_other_jobs_when_they_are_no_analyses(client):
    job = client.post("/api/v1/jobs", json={"kind": "reduce"}).json
    assert client.get(f"/api/v1/analyses/{job['id']}").status_code == 404
    assert client.get(f"/api/v1/analyses/{NOBODY}").status_code == 404


def test_more_are_refused_when_the_queue_is_full(client, send, app, settings, tone):
    app.extensions["settings"] = settings.model_copy(update={"MAX_QUEUED_JOBS": 2})
    assert [send(tone).status_code for _ in range(3)] == [202, 202, 503]
    assert len(list((settings.ROOT_DIR / "uploads").iterdir())) == 2


def test_skipped_analyses_are_listed_when_none_were_requested(client, send, tone):
    told = send(tone, query="").json
    assert told["missing"].keys() == {"genre_discogs_effnet", "classifiers"}
    assert not set(told["attributes"]) & set(told["missing"])
    assert send(tone).json["missing"] == {}
    assert client.get(f"/api/v1/analyses/{told['id']}").json["missing"] == told["missing"]
