"""Lookups over HTTP: what may be asked, what is answered, what is refused."""

import io
import tempfile
from pathlib import Path

import numpy as np
import pytest

from app.networks import NETWORKS
from app.services import hearing
from app.settings import PROJECT_DIR
from app.web.api.schemas.similar import SimilarAnswer
from tests.audio_files import write_tone
from tests.read_side import SPEC
from tests.snapshot_factory import note_weights, replace_array

NETWORK = "mtt-musicnn"
ADDRESS = "/api/v1/similar"
SIMILAR = f"{ADDRESS}?network={NETWORK}&layer=embeddings"
BODY = {"network": NETWORK, "layer": "embeddings"}


def checked(response):
    assert response.status_code == 200, response.json
    SimilarAnswer.model_validate_json(response.data, strict=True)
    return response.json


def found_ids(answer):
    return [result["track"]["id"] for result in answer["results"]]


@pytest.mark.parametrize(
    "query",
    [
        "&track=3",
        "&track=3&segment=1&k=500",
        "&track=3&segment=1&level=tracks",
        "&track=3&level=segments&metric=euclidean",
        "&track=3&segment=1&exclude=artist,album,duplicates,track",
        "&track=3&activation=techno:0.1-,mtt-musicnn/guitar:0-0.9&year=1960-&folder=rock",
        "&track=3&bpm=100-120&year=1999",
    ],
)
def test_answer_is_what_the_schema_says(client, query):
    answer = checked(client.get(SIMILAR + query))
    assert answer["query"]["track"]["id"] == 3
    assert answer["passed"] >= len(answer["results"])
    for result in answer["results"]:
        if answer["level"] == "segments":
            assert result["end"] == pytest.approx(result["start"] + 2.992, abs=1e-3)
            assert result["album"] == (None if result["track"]["id"] % 10 == 0 else result["album"])


def test_body_and_address_ask_for_the_same(client):
    address = checked(
        client.get(f"{SIMILAR}&track=3&segment=1&genre=rock,jazz&year=1970-&activation=rock:-0.9")
    )
    body = BODY | {
        "seeds": [{"track": 3, "segment": 1}],
        "tags": {"genre": ["rock", "jazz"]},
        "year": {"min": 1970},
        "activations": [{"tag": "rock", "max": 0.9}],
    }
    assert checked(client.post(ADDRESS, json=body)) == address
    assert 0 < len(address["results"])
    grouped = client.get(
        f"{SIMILAR}&track=3&segment=1&tag=genre:rock,genre:jazz&year=1970-&activation=rock:-0.9"
    )
    assert grouped.json == address


def test_seeds_are_told_with_their_weights_when_there_are_several(client):
    seeds = [{"track": 1}, {"track": 2, "weight": -0.5}]
    answer = checked(client.post(ADDRESS, json=BODY | {"seeds": seeds, "k": 3}))
    assert [(seed["track"]["id"], seed["weight"]) for seed in answer["query"]["seeds"]] == [(1, 1), (2, -0.5)]
    assert answer["query"]["track"] is None
    assert len(answer["results"]) == 3
    assert not {1, 2} & set(found_ids(answer))


def test_networks_are_fused_when_several_are_named(client):
    answer = checked(client.get(f"{ADDRESS}?network={NETWORK},audioset-vggish&layer=embeddings&track=3"))
    assert answer["query"]["network"] == f"{NETWORK},audioset-vggish"
    scores = [result["score"] for result in answer["results"]]
    assert scores == sorted(scores, reverse=True)
    assert set(answer["results"][0]["distances"]) == {NETWORK, "audioset-vggish"}


def test_vector_is_looked_for(client, library):
    vector = np.load(library.files.folder / NETWORK / "embeddings" / "tracks.npy")[4].tolist()
    answer = checked(client.post(ADDRESS, json=BODY | {"vector": vector, "k": 1}))
    assert found_ids(answer) == [5]
    assert answer["query"]["seeds"] == []


@pytest.mark.parametrize(
    ("query", "argument"),
    [
        ("&track=x", "track"),
        ("&track=3&level=albums", "level"),
        ("&track=3&metric=taxicab", "metric"),
        ("&track=3&exclude=everything", "exclude.0"),
        ("&track=3&bpm=fast", "bpm"),
        ("&track=3&year=1990-2000-2010", "year"),
        ("&track=3&activation=rock", "activation.0"),
        ("&track=3&tag=rock", "tag.0"),
        ("&track=3&k=1001", "k"),
        ("&track=3&colour=red", "colour"),
        ("", "track"),
    ],
)
def test_argument_is_named_when_it_is_wrong(client, query, argument):
    response = client.get(SIMILAR + query)
    assert response.status_code == 400
    assert list(response.json["error"]["details"]) == [argument]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "either 'seeds' or a 'vector'"),
        ({"seeds": [{"track": 1}], "vector": [1.0]}, "either 'seeds' or a 'vector'"),
        ({"vector": [1.0] * 3}, "The vector has 3 values"),
        ({"vector": [0.0] * 200}, "zero everywhere"),
        ({"vector": [1e300] * 200}, "no finite number"),
        ({"vector": []}, "vector"),
        ({"vector": [1.0] * 10_001}, "vector"),
        ({"vector": ["x"] * 200}, "vector"),
        ({"vector": [1.0], "network": [NETWORK, "audioset-vggish"]}, "belongs to one network"),
        ({"seeds": [{"track": 1}] * 101}, "seeds"),
        ({"seeds": [{"track": 1, "weight": 1e9}]}, "weight"),
        ({"seeds": [{"track": 1, "weight": -1}]}, "weight above 0"),
        ({"seeds": [{"track": 1, "colour": "red"}]}, "colour"),
        ({"seeds": [{"track": 1}], "layer": ["embeddings", "taggrams"]}, "one layer for all"),
        ({"seeds": [{"track": 1}], "bpm": {"min": 3, "max": 2}}, "bpm: 3 is more than 2"),
        ({"seeds": [{"track": 1}], "k": 1001}, "k"),
    ],
)
def test_body_is_refused_when_it_makes_no_sense(client, body, message):
    response = client.post(ADDRESS, json=BODY | body)
    assert response.status_code == 400
    assert response.json["error"]["code"] == "invalid_input"
    assert message in response.json["error"]["message"]


@pytest.mark.parametrize("text", ["[NaN]", "[Infinity]", "{", "null"])
def test_body_is_refused_when_it_holds_no_numbers(client, text):
    body = f'{{"network": "{NETWORK}", "layer": "embeddings", "vector": {text}}}'
    response = client.post(ADDRESS, data=body, content_type="application/json")
    assert response.status_code == 400
    assert response.json["error"]["code"] == "invalid_input"


@pytest.mark.parametrize(
    "query",
    [
        "&track=999",
        f"&track={2**31 - 1}",
        "&track=3&segment=999",
        "&track=3&genre=polka",
        "&track=3&activation=kazoo:0.5-1",
        "&track=3&activation=x/rock:0.5-1",
        "&track=3&network=../secret",
    ],
)
def test_what_there_is_not_is_not_found(client, query):
    base = SIMILAR if "network=" not in query else f"{ADDRESS}?layer=embeddings"
    response = client.get(base + query)
    assert (response.status_code, response.json["error"]["code"]) == (404, "not_found")


@pytest.fixture
def listening_client(own_client, own_library, models_dir):
    """A browser before a library that was heard with the weights that are here."""
    note_weights(own_library, models_dir)
    return own_client


def upload(client, content, query="", **headers):
    address = f"{ADDRESS}/upload?network={NETWORK}&layer=embeddings{query}"
    return client.post(address, data={"file": (io.BytesIO(content), "x")}, headers=headers)


@pytest.mark.parametrize("ending", [".flac", ".mp3", ".ogg"])
def test_uploaded_file_is_heard_and_forgotten(listening_client, tmp_path, monkeypatch, ending):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    content = write_tone(tmp_path / f"tone{ending}", 7.0).read_bytes()
    answer = checked(upload(listening_client, content))
    assert (answer["level"], len(answer["results"])) == ("tracks", 10)
    answer = checked(upload(listening_client, content, "&segment=1&k=3"))
    assert (answer["level"], len(answer["results"])) == ("segments", 3)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_uploaded_file_finds_itself_when_the_library_has_it(listening_client, own_library, tmp_path):
    path = write_tone(tmp_path / "tone.flac", 7.0)
    extractor = hearing.VectorExtractor([NETWORKS.get(NETWORK)], PROJECT_DIR / "essentia-tf-models", "onnx")
    rows = extractor.extract(path).rows[NETWORK]["embeddings"]
    tracks = own_library.files.folder / NETWORK / "embeddings" / "tracks.npy"
    vectors = np.load(tracks)
    vectors[6] = rows.mean(axis=0, dtype=np.float32)
    replace_array(own_library, f"{NETWORK}/embeddings/tracks.npy", vectors)
    best = checked(upload(listening_client, path.read_bytes()))["results"][0]
    assert (best["track"]["id"], best["distance"]) == (7, 0)


def test_upload_is_refused_when_it_cannot_be_heard(listening_client, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for content in (b"", b"no sound" * 1000, b"#EXTM3U\nhttp://127.0.0.1/secret"):
        response = upload(listening_client, content)
        assert (response.status_code, response.json["error"]["code"]) == (422, "unreadable_audio")
    assert list(Path(tmp_path).glob("music-explore-*")) == []


def limited(client, **limits):
    settings = client.application.extensions["settings"]
    client.application.extensions["settings"] = settings.model_copy(update=limits)


def test_upload_is_refused_when_it_is_too_large(listening_client):
    limited(listening_client, UPLOAD_MAX_MB=1)
    head = b'--line\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    for size, code in ((900_000, "unreadable_audio"), (2**20, "request_entity_too_large")):
        response = listening_client.post(
            f"{ADDRESS}/upload?network={NETWORK}&layer=embeddings",
            data=head + bytes(size) + b"\r\n--line--\r\n",
            content_type="multipart/form-data; boundary=line",
        )
        assert response.json["error"]["code"] == code


def test_upload_is_refused_when_it_is_too_long(listening_client, tmp_path):
    limited(listening_client, UPLOAD_MAX_SECONDS=5)
    response = upload(
        listening_client, write_tone(tmp_path / "tone.flac", 30.0, sample_rate=8000).read_bytes()
    )
    assert response.status_code == 400
    assert "longer than 5 seconds" in response.json["error"]["message"]


def test_upload_is_refused_when_there_is_no_file(listening_client):
    address = f"{ADDRESS}/upload?network={NETWORK}&layer=embeddings"
    response = listening_client.post(address, data={"other": "x"}, content_type="multipart/form-data")
    assert response.status_code == 400
    assert response.json["error"]["details"] == {"file": "Field required"}
    assert listening_client.post(address, json={}).status_code == 415


def test_upload_is_refused_when_the_library_was_heard_with_other_weights(own_client, tmp_path, models_dir):
    response = upload(own_client, write_tone(tmp_path / "tone.flac").read_bytes())
    assert response.status_code == 400
    assert "other weights" in response.json["error"]["message"]


def test_upload_is_refused_when_the_segment_is_not_there(listening_client, tmp_path):
    response = upload(listening_client, write_tone(tmp_path / "tone.flac", 4.0).read_bytes(), "&segment=1")
    assert response.status_code == 404
    assert "has 1 segments" in response.json["error"]["message"]


def test_upload_is_refused_when_the_network_is_not_here(own_client, tmp_path):
    limited(own_client, MODELS_DIR=tmp_path / "nothing")
    response = upload(own_client, write_tone(tmp_path / "tone.flac").read_bytes())
    assert response.status_code == 404
    assert "cannot be heard with mtt-musicnn here" in response.json["error"]["message"]


def test_upload_waits_for_another_only_so_long(listening_client, tmp_path, monkeypatch):
    monkeypatch.setattr(hearing, "PATIENCE_SECONDS", 0.1)
    with hearing._hearing:
        response = upload(listening_client, write_tone(tmp_path / "tone.flac").read_bytes())
    assert (response.status_code, response.json["error"]["code"]) == (409, "busy")


def test_library_is_as_it_was_when_it_has_been_asked(client):
    assert checked(client.get(f"{SIMILAR}&track=3&k=1000"))["passed"] == SPEC.tracks - 1
