"""Playlists over HTTP: made, read, changed by several at once, saved, deleted."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import select, update

from app.models import PlaylistEntry, Track, db
from app.queries.exports import ListFormat
from app.services.playlists import MAX_ENTRIES
from app.web.api.schemas.playlists import PlaylistAnswer, PlaylistsAnswer, WholePlaylistAnswer

PLAYLISTS = "/api/v1/playlists"
NETWORK = "mtt-musicnn"
ENTRIES = [{"track": 3}, {"track": 10, "start": 1.5, "end": 4.0}, {"track": 3}]


def make(client, entries=ENTRIES, name="Calm", **more):
    response = client.post(PLAYLISTS, json={"name": name, "entries": entries} | more)
    assert response.status_code == 201, response.text
    return response


def places(client, address):
    """Track, start and end of each entry."""
    entries = WholePlaylistAnswer(**client.get(address).json).entries
    return [(entry.track.id, entry.start, entry.end) for entry in entries]


def refused(response, status, code):
    assert (response.status_code, response.json["error"]["code"]) == (status, code), response.text
    return response.json["error"]["message"]


def test_playlist_is_read_as_it_was_made(own_client):
    made = make(own_client, name="  Früh · 朝  ")
    assert made.location == f"{PLAYLISTS}/1"
    told = PlaylistAnswer(**made.json)
    assert (told.name, told.length, told.version) == ("Früh · 朝", 3, 1)
    track = own_client.get("/api/v1/tracks/3").json
    assert told.seconds == pytest.approx(2 * track["duration"] + 2.5)

    whole = WholePlaylistAnswer(**own_client.get(made.location).json)
    assert whole.model_dump(exclude={"entries"}) == told.model_dump()
    assert places(own_client, made.location) == [(3, None, None), (10, 1.5, 4.0), (3, None, None)]
    first, second, _ = whole.entries
    for name in ("title", "artist", "album", "genres", "year", "duration"):
        assert getattr(first.track, name) == track[name]
    assert (first.audio, second.audio) == ("/audio/track/3", "/audio/track/10#t=1.500,4.000")
    assert not first.missing


def test_segments_of_a_map_become_stretches_of_tracks(own_client):
    made = own_client.post(PLAYLISTS, json={"name": "x", "points": [[3, 1], [2, 0]], "network": NETWORK})
    assert places(own_client, made.location) == [(3, 2.992, 5.984), (2, 0.0, 2.992)]
    whole = own_client.post(PLAYLISTS, json={"name": "x", "points": [[3, None], [2, None]]})
    assert places(own_client, whole.location) == [(3, None, None), (2, None, None)]


def test_playlists_are_listed_page_by_page(own_client):
    assert own_client.get(PLAYLISTS).json == {"total": 0, "next": None, "playlists": []}
    for number in range(5):
        make(own_client, ENTRIES[:number], name=f"List {number}")
    page = PlaylistsAnswer(**own_client.get(PLAYLISTS, query_string={"limit": 2}).json)
    names, lengths = [], []
    while page is not None:
        assert page.total == 5
        names += [playlist.name for playlist in page.playlists]
        lengths += [playlist.length for playlist in page.playlists]
        query = {"limit": 2, "cursor": page.next}
        page = PlaylistsAnswer(**own_client.get(PLAYLISTS, query_string=query).json) if page.next else None
    assert names == [f"List {number}" for number in range(5)]
    assert lengths == [0, 1, 2, 3, 3]


def test_playlist_is_renamed_ordered_continued_and_deleted(own_client):
    address = make(own_client).location
    renamed = own_client.patch(address, json={"name": "Calmer"})
    assert (renamed.json["name"], renamed.json["version"]) == ("Calmer", 2)
    own_client.put(f"{address}/entries", json={"entries": ENTRIES[::-1][:2]})
    assert places(own_client, address) == [(3, None, None), (10, 1.5, 4.0)]
    told = own_client.post(f"{address}/entries", json={"points": [[5, None]]})
    assert (told.json["length"], told.json["version"]) == (3, 4)
    assert places(own_client, address)[-1] == (5, None, None)
    assert own_client.put(f"{address}/entries", json={}).json["length"] == 0

    own_client.put(f"{address}/entries", json={"entries": ENTRIES})
    deleted = own_client.delete(address)
    assert (deleted.status_code, deleted.data) == (204, b"")
    refused(own_client.get(address), 404, "not_found")
    with own_client.application.app_context():
        assert db.session.scalars(select(PlaylistEntry)).all() == []
    assert own_client.get("/api/v1/tracks/3").status_code == 200


def test_change_is_refused_when_another_one_came_first(own_client):
    address = make(own_client).location
    seen = own_client.get(address).headers["ETag"]
    theirs = own_client.patch(address, json={"name": "Theirs"}, headers={"If-Match": seen})
    assert theirs.status_code == 200

    stale = {"If-Match": seen}
    for response in (
        own_client.patch(address, json={"name": "Mine"}, headers=stale),
        own_client.put(f"{address}/entries", json={"entries": []}, headers=stale),
        own_client.post(f"{address}/entries", json={"entries": ENTRIES}, headers=stale),
        own_client.delete(address, headers=stale),
        own_client.delete(address, headers={"If-Match": '"nonsense"'}),
        own_client.delete(address, headers={"If-Match": '"99999999999999999999"'}),
    ):
        assert "version 2" in refused(response, 412, "changed")
    assert own_client.get(address).json["name"] == "Theirs"
    assert len(places(own_client, address)) == 3

    for tag in (theirs.headers["ETag"], '"7", "3"', "*"):
        assert own_client.patch(address, json={"name": "Mine"}, headers={"If-Match": tag}).status_code == 200
    refused(own_client.patch(f"{PLAYLISTS}/99", json={"name": "x"}, headers=stale), 404, "not_found")


def test_unchanged_playlist_is_not_sent_again_and_a_changed_track_is(own_client):
    address = make(own_client).location
    first = own_client.get(address)
    assert own_client.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    with own_client.application.app_context():
        db.session.execute(update(Track).where(Track.id == 3).values(title="Other", state="missing"))
        db.session.commit()
    second = own_client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert second.json["entries"][0]["track"]["title"] == "Other"
    assert [entry["missing"] for entry in second.json["entries"]] == [True, False, True]
    # Nobody has changed the playlist itself.
    same = own_client.patch(address, json={"name": "x"}, headers={"If-Match": first.headers["ETag"]})
    assert same.status_code == 200


def test_nothing_is_lost_when_many_append_at_once(own_app):
    address = make(own_app.test_client(), []).location

    def append(track_id):
        body = {"entries": [{"track": track_id}, {"track": track_id}]}
        return own_app.test_client().post(f"{address}/entries", json=body).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(append, range(1, 13))) == {200}
    found = [track_id for track_id, *_ in places(own_app.test_client(), address)]
    assert sorted(found) == sorted([*range(1, 13)] * 2)
    assert all(one == other for one, other in zip(found[::2], found[1::2], strict=True))


@pytest.mark.parametrize(
    ("body", "status", "code", "word"),
    [
        ({}, 400, "invalid_input", "name"),
        ({"name": "   "}, 400, "invalid_input", "some text"),
        ({"name": "a\nb"}, 400, "invalid_input", "one line"),
        ({"name": "a\x00b"}, 400, "invalid_input", "one line"),
        ({"name": "x" * 201}, 400, "invalid_input", "200"),
        ({"name": "x", "entries": [{"track": 99}]}, 404, "not_found", "99"),
        ({"name": "x", "entries": [{"track": 2**31}]}, 400, "invalid_input", "track"),
        ({"name": "x", "entries": [{"track": 3, "start": 1}]}, 400, "invalid_input", "come together"),
        ({"name": "x", "entries": [{"track": 3, "start": 2, "end": 2}]}, 400, "invalid_input", "after"),
        ({"name": "x", "entries": [{"track": 3, "start": -1, "end": 2}]}, 400, "invalid_input", "start"),
        ({"name": "x", "entries": [{"track": 3, "start": 1e6, "end": 2e6}]}, 400, "invalid_input", "ends at"),
        ({"name": "x", "entries": [{"track": 3}] * (MAX_ENTRIES + 1)}, 400, "invalid_input", "10000"),
        ({"name": "x", "entries": [], "points": []}, 400, "invalid_input", "not both"),
        ({"name": "x", "points": [[3, 1]]}, 400, "invalid_input", "network"),
        ({"name": "x", "points": [[3, 999]], "network": NETWORK}, 404, "not_found", "999"),
        ({"name": "x", "more": 1}, 400, "invalid_input", "more"),
    ],
)
def test_playlist_is_not_made_when_something_of_it_is_wrong(own_client, body, status, code, word):
    assert word in refused(own_client.post(PLAYLISTS, json=body), status, code)
    assert own_client.get(PLAYLISTS).json["total"] == 0


def test_playlist_stays_as_it_is_when_a_change_is_wrong(own_client):
    address = make(own_client).location
    full = make(own_client, [{"track": 3}] * MAX_ENTRIES).location
    refused(own_client.put(f"{address}/entries", json={"entries": [{"track": 99}]}), 404, "not_found")
    refused(own_client.post(f"{full}/entries", json={"entries": ENTRIES[:1]}), 400, "invalid_input")
    assert own_client.get(full).json["length"] == MAX_ENTRIES
    assert own_client.get(address).json["version"] == 1
    assert len(places(own_client, address)) == 3
    for number in ("99", str(2**31), str(2**70)):
        refused(own_client.get(f"{PLAYLISTS}/{number}"), 404, "not_found")
        refused(own_client.delete(f"{PLAYLISTS}/{number}"), 404, "not_found")
        refused(own_client.get(f"{PLAYLISTS}/{number}/export?format=csv"), 404, "not_found")
    assert own_client.post(PLAYLISTS, data={"name": "x"}).status_code == 415


@pytest.mark.parametrize("form", ListFormat.__args__)
def test_playlist_is_saved_in_every_form(own_client, form):
    address = make(own_client, name='Früh: "1/2"').location
    response = own_client.get(f"{address}/export", query_string={"format": form})
    assert response.status_code == 200
    assert f"filename*=UTF-8''Fr%C3%BCh-%20-1-2.{form}" in response.headers["Content-Disposition"]
    text = response.text
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [(row["track"], row["segment"], row["start"], row["end"]) for row in rows] == [
            ("3", "", "", ""),
            ("10", "", "1.500", "4.000"),
            ("3", "", "", ""),
        ]
    elif form == "m3u8":
        assert '#PLAYLIST:Früh: "1/2"' in text
        assert text.count("http://localhost/audio/track/3\n") == 2
        assert "#EXTVLCOPT:start-time=1.500\n#EXTVLCOPT:stop-time=4.000\n" in text
        assert "http://localhost/audio/track/10#t=1.500,4.000\n" in text
    else:
        spaces = {"x": "http://xspf.org/ns/0/"}
        found = [element.text for element in ET.fromstring(text).iterfind(".//x:location", spaces)]
        assert found[1] == "http://localhost/audio/track/10#t=1.500,4.000"


def test_playlist_holds_paths_when_that_is_asked_for(own_client, own_library):
    address = make(own_client).location
    query = {"format": "m3u8", "offline": "true", "windows_paths": "true"}
    text = own_client.get(f"{address}/export", query_string=query).text
    assert "http://" not in text
    assert "\\track 000003.wav" in text
