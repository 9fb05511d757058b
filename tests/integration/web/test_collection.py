"""Path, radio, duplicates and outliers over HTTP."""

import pytest

from app.web.api.schemas.collection import DuplicatesAnswer, OutliersAnswer, PathAnswer, RadioAnswer
from tests.read_side import SPEC

TRACKS = "/api/v1/tracks"
SPACE = "network=mtt-musicnn&layer=embeddings"


def checked(response, model):
    assert response.status_code == 200, response.json
    model.model_validate_json(response.data, strict=True)
    return response.json


@pytest.mark.parametrize(("ends", "level"), [("from=2&to=9", "tracks"), ("from=2:0&to=9:1", "segments")])
def test_path_can_be_heard(client, ends, level):
    answer = checked(client.get(f"/api/v1/path?{SPACE}&{ends}&steps=5"), PathAnswer)
    assert (answer["level"], len(answer["results"])) == (level, 5)
    for step in answer["results"]:
        with client.get(step["audio"]) as sound:
            assert sound.status_code in (200, 302)


def test_radio_is_the_same_again_when_its_seed_is_named(client):
    address = f"/api/v1/radio?{SPACE}&track=3&drift=0.5&k=6"
    answer = checked(client.get(address), RadioAnswer)
    again = checked(client.get(f"{address}&seed={answer['seed']}"), RadioAnswer)
    assert again == answer
    assert answer["results"][0]["track"]["id"] == 3
    assert len(answer["results"]) == 7


@pytest.mark.parametrize("level", ["tracks", "segments"])
def test_what_stands_out_is_listed_page_by_page(client, level):
    address = f"/api/v1/outliers?{SPACE}&level={level}&limit=7"
    found, cursor = [], ""
    while cursor is not None:
        answer = checked(client.get(address + cursor), OutliersAnswer)
        found += [result["row"] for result in answer["results"]]
        cursor = answer["next"] and f"&cursor={answer['next']}"
    assert sorted(found) == list(range(SPEC.tracks if level == "tracks" else SPEC.segments))
    assert answer["score"] == "mean distance to the 10 nearest neighbours"


def test_near_identical_ones_are_listed(client):
    answer = checked(client.get(f"/api/v1/duplicates?{SPACE}&level=segments&threshold=2"), DuplicatesAnswer)
    assert (answer["total"], answer["compared"], answer["next"]) == (1, SPEC.segments, None)
    assert answer["groups"][0]["size"] == SPEC.segments
    none = checked(client.get(f"/api/v1/duplicates?{SPACE}&level=segments&threshold=0"), DuplicatesAnswer)
    assert none["groups"] == []


@pytest.mark.parametrize(
    ("address", "argument"),
    [
        (f"path?{SPACE}&to=9", "from"),
        (f"path?{SPACE}&from=2&to=9:x", "to"),
        (f"path?{SPACE}&from=2&to=9&steps=1", "steps"),
        (f"path?{SPACE}&from=2&to=9&steps=101", "steps"),
        (f"radio?{SPACE}&track=2&drift=1.1", "drift"),
        (f"radio?{SPACE}&track=2&drift=nan", "drift"),
        (f"radio?{SPACE}&track=2&k=201", "k"),
        (f"radio?{SPACE}", "track"),
        (f"duplicates?{SPACE}&level=tracks&threshold=-1", "threshold"),
        (f"duplicates?{SPACE}&level=tracks&limit=201", "limit"),
        (f"outliers?{SPACE}&level=albums", "level"),
        (f"outliers?{SPACE}&level=tracks&cursor=x", "cursor"),
    ],
)
def test_argument_is_named_when_it_is_wrong(client, address, argument):
    response = client.get(f"/api/v1/{address}")
    assert response.status_code == 400
    assert list(response.json["error"]["details"]) == [argument]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        (f"path?{SPACE}&from=2&to=99", 404),
        (f"path?{SPACE}&from=2&to=4294967296", 404),
        (f"path?{SPACE}&from=2&to=2", 400),
        (f"path?{SPACE}&from=2&to=9:0", 400),
        (f"radio?{SPACE}&track=99", 404),
        ("radio?network=x&layer=embeddings&track=1", 404),
        (f"outliers?{SPACE}&level=tracks&cursor=99", 404),
        ("outliers?network=mtt-musicnn&layer=melody&level=tracks", 404),
        ("duplicates?network=../x&layer=y&level=tracks", 404),
    ],
)
def test_what_there_is_not_is_refused(client, address, status):
    response = client.get(f"/api/v1/{address}")
    assert response.status_code == status
    assert response.json["error"]["message"]


def test_tracks_are_browsed_by_tag(client):
    answer = client.get(f"{TRACKS}?tag=techno&min=0.01&network=mtt-musicnn&sort=-activation&limit=4").json
    activations = [track["activation"] for track in answer["tracks"]]
    assert activations == sorted(activations, reverse=True)
    rest = client.get(f"{TRACKS}?tag=techno&min=0.01&sort=-activation&limit=500&cursor={answer['next']}").json
    assert len(rest["tracks"]) == answer["total"] - 4
    assert rest["next"] is None
    assert max(track["activation"] for track in rest["tracks"]) <= activations[-1]
    assert "activation" not in client.get(f"{TRACKS}?sort=title").json["tracks"][0]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("min=0.5", 400),
        ("tag=techno&min=1.5", 400),
        ("tag=techno&min=0.5&max=0.1", 400),
        ("tag=kazoo", 404),
        ("tag=techno&network=x", 404),
        ("sort=loudness", 400),
        ("sort=activation", 400),
        ("sort=title&cursor=5", 400),
        ("cursor=x", 400),
    ],
)
def test_browsing_is_refused_when_it_makes_no_sense(client, query, status):
    assert client.get(f"{TRACKS}?{query}").status_code == status
