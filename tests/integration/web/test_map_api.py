"""Labels, derived columns and the search, asked for over HTTP."""

import json

import pytest
from safetensors.numpy import load

SPACE = "network=mtt-musicnn&layer=embeddings&level=segments"
LABELS = f"/api/v1/labels?{SPACE}&projection=umap"


def test_every_column_that_is_listed_can_be_had(client):
    catalogue = client.get("/api/v1/networks").json
    for network in catalogue["networks"]:
        for layer in network["layers"]:
            for level in layer["levels"]:
                query = {"network": network["name"], "layer": layer["name"], "level": level["name"]}
                names = [*level["columns"], *catalogue["attributes"]]
                answer = client.get(
                    "/api/v1/points", query_string={**query, "columns": ",".join(names), "projection": "pca"}
                )
                assert set(load(answer.data)) == set(names)


def test_derived_column_may_be_kept_for_ever_when_its_version_is_named(client, library):
    address = f"/api/v1/points?{SPACE}&columns=strongest&v={library.key}"
    assert "immutable" in client.get(address).headers["Cache-Control"]


def test_axes_may_be_differences_and_logarithms(client):
    query = "network=mtt-musicnn&layer=taggrams&level=tracks&columns=position&projection=original&format=json"
    answer = client.get(f"/api/v1/points?{query}&x=rock&x_minus=piano&y=flute&y_scale=log").json
    assert answer["info"]["axes"]["x"]["title"] == "rock − piano"
    assert answer["info"]["axes"]["y"]["scale"] == "log"
    refused = client.get(f"/api/v1/points?{query}&y_scale=cubic")
    assert list(refused.json["error"]["details"]) == ["y_scale"]


def test_labels_may_be_kept_for_ever_when_their_version_is_named(client):
    answer = client.get(LABELS)
    assert [level["zoom"] for level in answer.json["levels"]] == [1, 2, 4, 8]
    assert answer.headers["Cache-Control"] == "no-cache"
    again = client.get(f"{LABELS}&v={answer.json['version']}")
    assert again.json == answer.json
    assert again.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    unchanged = client.get(LABELS, headers={"If-None-Match": answer.headers["ETag"]})
    assert unchanged.status_code == 304


@pytest.mark.parametrize("query", ["", "&projection=tsne"])
def test_labels_are_refused_when_there_is_no_such_map(client, query):
    answer = client.get(f"/api/v1/labels?{SPACE}{query}")
    assert answer.status_code == (404 if query else 400)


def test_search_can_be_walked_through(client):
    ids = client.get("/api/v1/tracks/ids?q=artist").json["ids"]
    assert ids
    walked, cursor = [], ""
    while cursor is not None:
        query = {"q": "ARTIST", "limit": 4} | ({"cursor": cursor} if cursor else {})
        answer = client.get("/api/v1/tracks", query_string=query).json
        assert answer["total"] == len(ids)
        assert len(answer["tracks"]) <= 4
        walked += [track["id"] for track in answer["tracks"]]
        cursor = answer["next"]
    assert walked == ids
    first = client.get("/api/v1/tracks?q=title 2&limit=1").json["tracks"][0]
    assert set(first) == {"id", "title", "artist", "album", "genres", "year", "duration", "bpm", "key"}
    assert client.get("/api/v1/tracks?q=nowhere").json == {"total": 0, "next": None, "tracks": []}
    assert client.get("/api/v1/tracks?limit=501").status_code == 400
    json.dumps(answer)


def test_quality_and_overlap_are_told(client):
    found = client.get(f"/api/v1/quality?{SPACE}&projection=umap").json
    assert found["projection"]["trustworthiness_10"] == 0.97
    assert set(found["hubness"]["hubs"][0]) == {"track", "segment", "row", "count"}
    other = "other_network=audioset-vggish&other_layer=embeddings"
    shared = client.get(f"/api/v1/overlap?{SPACE}&{other}").json
    assert shared["expected"] < shared["mean"] <= 1
    assert client.get(f"/api/v1/overlap?{SPACE}&{other}x").status_code == 404


@pytest.mark.parametrize("place", ["../../x", "..", "mtt-musicnn/../x"])
def test_space_is_refused_when_its_name_leads_elsewhere(client, place):
    space = {"network": "mtt-musicnn", "layer": "embeddings", "level": "segments"}
    answers = [
        client.get("/api/v1/overlap", query_string={**space, "other_network": place, "other_layer": "y"}),
        client.get("/api/v1/points", query_string={**space, "columns": f"overlap:{place}/y"}),
    ]
    for answer in answers:
        assert answer.status_code in (400, 404)
        assert "Compute" not in answer.json["error"]["message"]
