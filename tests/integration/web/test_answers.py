"""Every JSON answer is what its model says, nothing more and nothing less."""

import pytest

from app.services.jobs.queue import write_line
from app.web.api.operation import JSON, operation_of

SPACE = "network=mtt-musicnn&layer=embeddings&level=segments"
TAGS = "network=mtt-musicnn&layer=taggrams&level=tracks"
NEAR = "network=mtt-musicnn&layer=embeddings"
LOG_AXES = "projection=original&x=guitar&y=piano&x_scale=log"
ADDRESSES = [
    "/health",
    "/api/v1/openapi.json",
    "/api/v1/networks",
    "/api/v1/status",
    f"/api/v1/points?{SPACE}&columns=position,track,strongest,kept,genre&projection=umap&format=json",
    f"/api/v1/points?{TAGS}&columns=position,tag:guitar,spread,year&format=json&{LOG_AXES}",
    f"/api/v1/labels?{SPACE}&projection=umap",
    f"/api/v1/quality?{SPACE}&projection=pca",
    f"/api/v1/quality?{SPACE}",
    f"/api/v1/overlap?{SPACE}&other_network=audioset-vggish&other_layer=embeddings",
    "/api/v1/tracks?q=title&limit=3",
    "/api/v1/tracks?ids=3,1,999",
    "/api/v1/tracks/ids?q=artist",
    "/api/v1/tracks/1",
    "/api/v1/tracks/10",
    "/api/v1/tracks/1/tags?network=mtt-musicnn",
    "/api/v1/tracks/1/tags?network=mtt-musicnn&segment=0",
    "/api/v1/tracks/1/taggram?network=mtt-musicnn",
    "/api/v1/tracks/1/waveform?points=20",
    "/api/v1/similar?track=1&network=mtt-musicnn&layer=embeddings",
    "/api/v1/similar?track=1&segment=0&network=mtt-musicnn&layer=embeddings&k=3",
    f"/api/v1/similar?track=1&{NEAR}&exclude=artist&genre=rock&activation=guitar:0-1&year=1900-",
    "/api/v1/similar?track=1&network=mtt-musicnn,audioset-vggish&layer=embeddings&level=tracks",
    "/api/v1/tracks?tag=guitar&min=0.1&sort=-activation&limit=3",
    f"/api/v1/path?from=1&to=7&{NEAR}&steps=4",
    f"/api/v1/radio?track=1&{NEAR}&k=4&drift=0.5",
    f"/api/v1/duplicates?{SPACE}&limit=2",
    f"/api/v1/outliers?{SPACE}&limit=2",
    "/api/v1/playlists?limit=2",
    "/api/v1/analyses/attributes",
    "/api/v1/analyses?state=queued,failed&limit=2",
    "/api/v1/jobs?limit=2",
    "/api/v1/listening/question",
    "/api/v1/listening/summary",
]
ELSEWHERE = {
    "playlists.whole",
    "jobs.one",
    "jobs.log",
    "analyses.one",
    "analyses.place",
    "analyses.deliveries",
    "matnn.status",
    "matnn.result",
}
"""Checked by tests that make first what they then ask for."""


def check(app, endpoint, response):
    assert response.mimetype == JSON
    operation = operation_of(app, endpoint)
    assert response.status_code == operation.status
    model = operation.answers[JSON]
    model.model_validate_json(response.data, strict=True)


@pytest.mark.parametrize("address", ADDRESSES)
def test_answer_is_what_its_model_says(client, address):
    endpoint, _ = client.application.url_map.bind("").match(address.partition("?")[0])
    check(client.application, endpoint, client.get(address))


def test_answers_to_questions_are_counted_as_their_model_says(own_client):
    question = own_client.get("/api/v1/listening/question").json
    answer = {"question": question["question"], "rater": "00112233445566778899", "choice": 1}
    response = own_client.post("/api/v1/listening/answers", json=answer)
    check(own_client.application, "listening.answers", response)
    summary = own_client.get("/api/v1/listening/summary")
    check(own_client.application, "listening.agreement", summary)
    assert summary.json["networks"]


def test_jobs_are_told_as_their_models_say(own_client):
    app, address = own_client.application, "/api/v1/jobs"
    made = own_client.post(address, json={"kind": "process"})
    check(app, "jobs.started", made)
    one = f"{address}/{made.json['id']}"
    with app.app_context():
        write_line(made.json["id"], "a.mp3: it holds no audio")
    check(app, "jobs.listed", own_client.get(address))
    check(app, "jobs.one", own_client.get(one))
    check(app, "jobs.log", own_client.get(f"{one}/log"))
    assert own_client.get(f"{one}/log").json["lines"][0]["text"] == "a.mp3: it holds no audio"
    check(app, "jobs.cancelled", own_client.post(f"{one}/cancel"))
    check(app, "jobs.retried", own_client.post(f"{one}/retry"))
    assert own_client.delete(one).status_code == 409
    own_client.post(f"{one}/cancel")
    assert own_client.delete(one).status_code == 204
    assert own_client.get(one).status_code == 404


def test_playlists_are_told_as_their_models_say(own_client):
    app, address = own_client.application, "/api/v1/playlists"
    entries = [{"track": 1}, {"track": 2, "start": 1.5, "end": 3}]
    made = own_client.post(address, json={"name": "Calm", "entries": entries})
    check(app, "playlists.created", made)
    one = f"{address}/{made.json['id']}"
    check(app, "playlists.listed", own_client.get(address))
    check(app, "playlists.whole", own_client.get(one))
    check(app, "playlists.renamed", own_client.patch(one, json={"name": "Calmer"}))
    check(app, "playlists.replaced", own_client.put(f"{one}/entries", json={"entries": entries[:1]}))
    check(app, "playlists.appended", own_client.post(f"{one}/entries", json={"entries": entries[1:]}))
    assert own_client.delete(one).status_code == 204


def test_neighbours_of_several_are_told_as_their_model_says(client):
    body = {
        "seeds": [{"track": 1}, {"track": 2, "weight": -0.5}],
        "network": "mtt-musicnn",
        "layer": "embeddings",
    }
    response = client.post("/api/v1/similar", json=body)
    check(client.application, "similar.nearest_of_several", response)


def test_every_json_route_that_reads_is_checked(client):
    urls = client.application.url_map.bind("")
    checked = {urls.match(address.partition("?")[0])[0] for address in ADDRESSES}
    for rule in client.application.url_map.iter_rules():
        operation = operation_of(client.application, rule.endpoint)
        if operation is not None and JSON in operation.answers and "GET" in rule.methods:
            assert rule.endpoint in checked | ELSEWHERE, f"ADDRESSES has none for {rule.rule}"
