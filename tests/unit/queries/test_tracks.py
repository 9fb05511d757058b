import json

import pytest
from sqlalchemy import delete, event, update

from app.errors import NotFoundError
from app.models import Snapshot, Tag, Track, db
from app.queries.tracks import TrackName, describe_track, track_names
from tests.read_side import SPEC
from tests.snapshot_factory import GENRES, track_path


def test_track_is_described_in_full_when_everything_is_known(context):
    genre = GENRES[SPEC.clusters[1]]
    described = describe_track(context, 2)
    networks = described.pop("networks")
    assert described == {
        "id": 2,
        "path": track_path(2, genre),
        "title": "Title 2",
        "artist": "Artist 1",
        "album": "Album 2",
        "year": db.session.get(Track, 2).year,
        "bpm": None,
        "key": None,
        "genres": [genre],
        "tags": {"genre": [genre]},
        "duration": pytest.approx(SPEC.counts[1] * 2.992),
        "state": "present",
        "licence": None,
        "page": None,
    }
    assert networks["mtt-musicnn"]["segments"] == SPEC.counts[1]
    assert networks["mtt-musicnn"]["segment_seconds"] == 2.992
    assert len(networks["mtt-musicnn"]["top_tags"]) == 10
    assert networks["audioset-vggish"]["top_tags"] == []


def test_title_is_the_files_name_when_nothing_is_known(context):
    described = describe_track(context, 10)
    assert described["title"] == "track 000010"
    assert described["artist"] is described["album"] is described["year"] is None
    assert described["genres"] == []
    assert track_names([10]) == {10: TrackName(10, "track 000010", None)}


def test_credits_are_told_when_they_are_known(own_context):
    track = db.session.get(Track, 2)
    track.licence, track.page = "https://example.org/licence", "https://example.org/track"
    db.session.flush()
    described = describe_track(own_context, 2)
    assert (described["licence"], described["page"]) == (track.licence, track.page)


def test_genres_are_no_other_tags_when_there_are_some(own_context):
    track = db.session.get(Track, 2)
    track.tags.append(Tag(group="instrument", name="zither"))
    db.session.commit()
    assert "zither" not in describe_track(own_context, 2)["genres"]


def test_path_can_be_shown_when_its_bytes_are_odd(own_context):
    odd = "a\nb/caf\udce9 \U0001f3b5.mp3"
    db.session.execute(update(Track).where(Track.id == 10).values(path=odd))
    described = describe_track(own_context, 10)
    assert described["path"] == "a\\nb/caf\ufffd \U0001f3b5.mp3"
    assert described["title"] == "caf\ufffd \U0001f3b5"
    json.dumps(described).encode()


def test_track_has_no_networks_when_the_snapshot_does_not_hold_it(own_context):
    db.session.add(Track(id=77, path="new.mp3", state="present"))
    db.session.commit()
    assert describe_track(own_context, 77)["networks"] == {}
    db.session.execute(delete(Snapshot))
    assert describe_track(own_context, 1)["networks"] == {}


def test_error_names_the_track_when_there_is_none(context):
    with pytest.raises(NotFoundError, match="There is no track 999"):
        describe_track(context, 999)


def test_names_cost_one_statement_when_many_are_asked_for(own_context):
    statements = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    names = track_names([*range(1, 13), 5, 5, 4711])
    assert len(statements) == 1
    assert names[3] == TrackName(3, "Title 3", "Artist 1")
    assert names[4711] == TrackName(4711, "Track 4711", None)


def test_no_name_is_missing_when_there_are_more_than_one_statement_takes(context):
    assert len(track_names(range(2000))) == 2000
