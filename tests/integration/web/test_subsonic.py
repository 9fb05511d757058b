"""OpenSubsonic under /rest/, as a player that knows only its documents sees it."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import update

from app import create_app
from app.models import Token, Track, db
from app.services.tokens import create_token, revoke_token
from app.settings import PROJECT_DIR
from app.version import VERSION
from app.web.subsonic import methods
from app.web.subsonic.methods import METHODS
from tests.snapshot_factory import NETWORKS

NETWORK = "mtt-musicnn"
SUBSONIC = "{http://subsonic.org/restapi}"


def ask(client, method, **query):
    response = client.get(f"/rest/{method}", query_string={"f": "json", "c": "test", "v": "1.16.1"} | query)
    assert (response.status_code, response.mimetype) == (200, "application/json")
    return response.json["subsonic-response"]


def asked(client, method, **query):
    answer = ask(client, method, **query)
    assert answer["status"] == "ok", answer
    return answer


def refused(client, method, code, **query):
    answer = ask(client, method, **query)
    assert (answer["status"], answer["error"]["code"]) == ("failed", code), answer
    return answer["error"]["message"]


def test_server_says_what_it_is_and_can(client):
    answer = asked(client, "ping")
    assert answer.pop("serverVersion") == VERSION
    assert answer == {"status": "ok", "version": "1.16.1", "type": "music-explore", "openSubsonic": True}
    extensions = asked(client, "getOpenSubsonicExtensions")["openSubsonicExtensions"]
    assert {"name": "sonicSimilarity", "versions": [1]} in extensions
    assert {"name": "apiKeyAuthentication", "versions": [1]} in extensions
    assert asked(client, "getLicense")["license"] == {"valid": True}
    version = re.search(r'^version = "(.+)"', (PROJECT_DIR / "pyproject.toml").read_text(), re.MULTILINE)
    assert version[1] == VERSION


def test_nearest_tracks_come_first_with_their_similarity(client):
    matches = asked(client, "getSonicSimilarTracks", id="3", count="5")["sonicMatch"]
    query = {"track": 3, "network": NETWORK, "layer": "embeddings", "k": 5}
    truth = client.get("/api/v1/similar", query_string=query).json["results"]
    assert [match["entry"]["id"] for match in matches] == [str(near["track"]["id"]) for near in truth]
    assert [match["similarity"] for match in matches] == pytest.approx(
        [1 - near["distance"] / 2 for near in truth], abs=1e-6
    )
    assert len(asked(client, "getSonicSimilarTracks", id="3")["sonicMatch"]) == 10
    assert len(asked(client, "getSonicSimilarTracks", id="3", count="1000000")["sonicMatch"]) == 11


@pytest.mark.parametrize("metric", ["angular", "euclidean"])
def test_path_leads_from_the_first_song_to_the_last(library, metric):
    client = create_app(library.settings | {"ANNOY_DISTANCE": metric}).test_client()
    path = asked(client, "findSonicPath", startSongId="3", endSongId="10", count="6")["sonicMatch"]
    ids = [int(match["entry"]["id"]) for match in path]
    assert (ids[0], ids[-1], len(set(ids))) == (3, 10, 6)
    query = {"track": 3, "network": NETWORK, "layer": "embeddings", "k": 11}
    near = client.get("/api/v1/similar", query_string=query).json["results"]
    truth = {found["track"]["id"]: found["distance"] for found in near} | {3: 0.0}
    assert [match["similarity"] for match in path] == pytest.approx(
        [1 - truth[one] / 2 if metric == "angular" else 1 / (1 + truth[one]) for one in ids], abs=2e-5
    )
    assert path[0]["similarity"] == 1
    shortest = asked(client, "findSonicPath", startSongId="3", endSongId="10", count="2")["sonicMatch"]
    assert [match["entry"]["id"] for match in shortest] == ["3", "10"]
    assert len(asked(client, "findSonicPath", startSongId="3", endSongId="10")["sonicMatch"]) == 12
    with client.application.app_context():
        db.engine.dispose()


def test_path_has_an_end_however_many_songs_are_asked_for(client, monkeypatch):
    monkeypatch.setattr(methods, "MOST_ON_A_PATH", 5)
    assert (
        len(asked(client, "findSonicPath", startSongId="3", endSongId="10", count="1000")["sonicMatch"]) == 5
    )


def test_song_is_described_and_played_by_the_id_that_was_told(client):
    song_id = asked(client, "getSonicSimilarTracks", id="3", count="1")["sonicMatch"][0]["entry"]["id"]
    song = asked(client, "getSong", id=song_id)["song"]
    track = client.get(f"/api/v1/tracks/{song_id}").json
    assert (song["id"], song["isDir"], song["path"]) == (song_id, False, track["path"])
    assert (song["suffix"], song["contentType"]) == ("wav", "audio/wav")
    assert song["duration"] == round(track["duration"])
    for name in ("title", "artist", "album", "year"):
        assert song.get(name) == track[name]
    with client.get(f"/rest/stream.view?id={song_id}", headers={"Range": "bytes=0-99"}) as part:
        assert (part.status_code, part.mimetype, len(part.data)) == (206, "audio/wav", 100)
        assert part.data[:4] == b"RIFF"


def test_answers_are_xml_unless_json_is_asked_for(own_client):
    with own_client.application.app_context():
        db.session.execute(update(Track).where(Track.id == 3).values(title="a <b> & \x01 \u2028"))
        db.session.commit()
    response = own_client.get("/rest/getSonicSimilarTracks.view?id=1&count=11")
    assert response.mimetype == "text/xml"
    root = ET.fromstring(response.data)
    assert (root.tag, root.get("status"), root.get("openSubsonic")) == (
        f"{SUBSONIC}subsonic-response",
        "ok",
        "true",
    )
    matches = root.findall(f"{SUBSONIC}sonicMatch")
    songs = {match.find(f"{SUBSONIC}entry").get("id"): match for match in matches}
    song = songs["3"].find(f"{SUBSONIC}entry")
    assert song.get("title") == "a <b> & \ufffd \u2028"
    assert song.get("isDir") == "false"
    assert song.find(f"{SUBSONIC}genres").get("name")
    assert 0 <= float(songs["3"].get("similarity")) <= 1
    extensions = ET.fromstring(own_client.get("/rest/getOpenSubsonicExtensions").data)
    found = {one.get("name"): one[0].text for one in extensions}
    assert found["sonicSimilarity"] == "1"
    error = ET.fromstring(own_client.get("/rest/getSong").data).find(f"{SUBSONIC}error")
    assert (error.get("code"), error.get("message")) == ("10", "Required parameter 'id' is missing.")


def test_form_is_taken_like_an_address(client):
    response = client.post("/rest/getSong", data={"id": "3", "f": "json"})
    assert response.json["subsonic-response"]["song"]["id"] == "3"


@pytest.mark.parametrize(
    ("method", "query", "code"),
    [
        ("getSong", {}, 10),
        ("getSong", {"id": "99"}, 70),
        ("getSong", {"id": "al-3"}, 70),
        ("getSong", {"id": str(2**31)}, 70),
        ("getSong", {"id": "9" * 400}, 70),
        ("getSonicSimilarTracks", {"id": "99"}, 70),
        ("getSonicSimilarTracks", {"id": "3", "count": "0"}, 0),
        ("getSonicSimilarTracks", {"id": "3", "count": "many"}, 0),
        ("findSonicPath", {"startSongId": "3"}, 10),
        ("findSonicPath", {"startSongId": "99", "endSongId": "3"}, 70),
        ("findSonicPath", {"startSongId": "3", "endSongId": "3"}, 0),
        ("findSonicPath", {"startSongId": "3", "endSongId": "4", "count": "1"}, 0),
        ("stream", {"id": "99"}, 70),
        ("stream", {}, 10),
        ("getArtists", {}, 70),
        ("ping", {"u": "me", "p": "secret"}, 42),
        ("ping", {"u": "me", "t": "abc", "s": "def"}, 41),
        ("ping", {"apiKey": "x", "u": "me"}, 43),
        ("ping", {"apiKey": "x"}, 44),
        ("tokenInfo", {}, 10),
    ],
)
def test_refusals_have_the_codes_of_subsonic(client, method, query, code):
    assert refused(client, method, code, **query)


def test_refusals_outside_the_methods_have_its_shape_too(client):
    foreign = {"environ_base": {"REMOTE_ADDR": "192.0.2.1"}}
    response = client.get("/rest/ping?f=json", **foreign)
    assert response.json["subsonic-response"]["error"]["code"] == 50
    assert client.get("/rest/a/b?f=json").json["subsonic-response"]["error"]["code"] == 70
    assert ET.fromstring(client.get("/rest/ping?f=jsonp").data).get("status") == "failed"
    assert client.delete("/rest/ping?f=json").json["subsonic-response"]["status"] == "failed"


def test_token_is_taken_as_key_as_long_as_it_is_one(own_client):
    kinds = {"good": ["read", "analyse"], "expired": ["read"], "revoked": ["read"], "blind": ["write"]}
    with own_client.application.app_context():
        keys = {name: create_token(name, scopes)[0] for name, scopes in kinds.items()}
        revoke_token("revoked")
        long_ago = datetime.now(UTC) - timedelta(days=2)
        db.session.execute(update(Token).where(Token.name == "expired").values(expires_at=long_ago))
        db.session.commit()
    assert asked(own_client, "tokenInfo", apiKey=keys["good"])["tokenInfo"] == {"username": "good"}
    refused(own_client, "ping", 44, apiKey=keys["expired"])
    refused(own_client, "ping", 44, apiKey=keys["revoked"])
    assert "does not allow reading" in refused(own_client, "ping", 50, apiKey=keys["blind"])
    # What can be done is told before anyone has a key.
    asked(own_client, "getOpenSubsonicExtensions", apiKey=keys["expired"])
    other_machine = {"environ_base": {"REMOTE_ADDR": "192.0.2.1"}}
    let_in = own_client.get(f"/rest/ping?f=json&apiKey={keys['good']}", **other_machine)
    assert let_in.json["subsonic-response"]["status"] == "ok"


def test_network_is_the_one_of_the_settings(library):
    for network in NETWORKS:
        client = create_app(library.settings | {"SUBSONIC_NETWORK": network}).test_client()
        if network not in {"mtt-musicnn", "audioset-vggish"}:
            assert network in refused(client, "getSonicSimilarTracks", 70, id="3")
            continue
        query = {"track": 3, "network": network, "layer": "embeddings", "k": 4}
        truth = client.get("/api/v1/similar", query_string=query).json["results"]
        matches = asked(client, "getSonicSimilarTracks", id="3", count="4")["sonicMatch"]
        assert [int(match["entry"]["id"]) for match in matches] == [near["track"]["id"] for near in truth]
        with client.application.app_context():
            db.engine.dispose()


def test_form_is_refused_unread_when_it_is_too_large(client):
    sent = {"x": "x" * 2**21}
    answer = client.post("/rest/ping?f=json", data=sent).json["subsonic-response"]
    assert (answer["status"], answer["error"]["code"]) == ("failed", 0)


def test_token_is_taken_from_the_header_too(own_client):
    with own_client.application.app_context():
        token, _ = create_token("player", ["read"])
    response = own_client.get(
        "/rest/tokenInfo?f=json",
        headers={"Authorization": f"Bearer {token}"},
        environ_base={"REMOTE_ADDR": "192.0.2.1"},
    )
    assert response.json["subsonic-response"]["tokenInfo"] == {"username": "player"}


def test_empty_library_is_told(app):
    db.session.add(Track(path="a.wav"))
    db.session.commit()
    assert "flask process" in refused(app.test_client(), "getSonicSimilarTracks", 70, id="1")


def test_every_method_is_documented():
    document = (PROJECT_DIR / "docs" / "api.md").read_text("utf-8")
    assert [name for name in METHODS if f"| `{name}` |" not in document] == []
