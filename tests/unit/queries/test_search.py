import pytest
from sqlalchemy import insert, update

from app.models import Artist, Tag, Track, db, track_tags
from app.queries.search import search_tracks


@pytest.fixture
def catalogue(settings):
    db.session.add_all([Artist(id=1, name="Röyksopp Ørkester"), Tag(id=1, group="mood/theme", name="Dreamy")])
    db.session.add_all(
        [
            Track(id=1, path="north/eple.mp3", title="Épée", artist_id=1),
            Track(id=2, path="south/straße.mp3", title="Łąka"),
            Track(id=3, path="south/gone.mp3", title="Gone", state="missing"),
            Track(id=4, path="south/streamed.mp3", title="Far", state="missing", external_id="9"),
        ]
    )
    db.session.flush()
    db.session.execute(insert(track_tags).values(track_id=2, tag_id=1))
    db.session.commit()
    return settings


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [1, 2, 4]),
        ("epee", [1]),
        ("ROYKSOPP", [1]),
        ("orkester north", [1]),
        ("orkester south", []),
        ("strasse", [2]),
        ("laka DREAMY", [2]),
        ("mp3", [1, 2, 4]),
        ("100%", []),
        ("\\", []),
        ("gone", []),
    ],
)
def test_tracks_are_found_by_their_words(catalogue, text, found):
    assert search_tracks(catalogue, text) == found


def test_search_sees_changes(catalogue):
    assert search_tracks(catalogue, "renamed") == []
    db.session.execute(update(Track).where(Track.id == 2).values(title="Renamed"))
    assert search_tracks(catalogue, "renamed") == [2]
