"""All values that tracks have of an attribute."""

import numpy as np
import pytest

from app.models import Artist, Tag, Track, db, track_artists
from app.queries.metadata import ATTRIBUTES, attribute, metadata_version
from app.queries.values import all_values, values_of
from app.settings import Settings


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Five tracks of a library that is not processed."""
    wide, narrow, other = (Tag(group="genre", name=name) for name in ("classical", "cello", "harp"))
    mood = Tag(group="mood/theme", name="calm")
    db.session.add_all(
        [
            Track(id=1, path="a/b/1", tags=[narrow, wide, mood], year=1999),
            Track(id=2, path="a/2", tags=[wide, other]),
            Track(id=4, path="4", tags=[mood]),
            Track(id=5, path="a/b/c/5", tags=[]),
            Track(id=7, path="b/7", tags=[other, wide], year=1980),
        ]
    )
    db.session.commit()
    return settings


def read(settings: Settings, name: str, *track_ids: int) -> list[set[str]]:
    found = all_values(settings, name, metadata_version())
    offsets, codes = values_of(found, np.array(track_ids, np.int64))
    assert len(offsets) == len(track_ids) + 1
    return [{found.categories[code] for code in part} for part in np.split(codes, offsets[1:-1])]


def test_every_genre_is_told_when_a_track_has_several(settings: Settings) -> None:
    assert read(settings, "genre", 1, 2, 4, 7) == [
        {"cello", "classical"},
        {"classical", "harp"},
        set(),
        {"harp", "classical"},
    ]
    assert read(settings, "mood/theme", 1, 4) == [{"calm"}, {"calm"}]


def test_every_artist_is_listed_when_a_track_has_several(settings: Settings) -> None:
    names = ("Ann feat. Bob", "Ann", "Bob")
    db.session.add_all(Artist(id=number, name=name) for number, name in enumerate(names, start=1))
    for track_id, artist_id in ((1, 1), (2, 3), (4, 2)):
        db.session.get_one(Track, track_id).artist_id = artist_id
    db.session.execute(
        track_artists.insert(), [{"track_id": 1, "artist_id": 2}, {"track_id": 1, "artist_id": 3}]
    )
    db.session.add(Track(id=8, path="8", artist_id=3))
    db.session.commit()
    assert read(settings, "artist", 1, 2, 4, 5) == [{"Ann", "Bob"}, {"Bob"}, {"Ann"}, set()]
    first = attribute(settings, "artist", metadata_version())
    assert first.categories == ("", "Bob", "Ann")  # the artist of most tracks, for few colours
    assert first.of(np.array([1, 2, 4, 5, 8])).tolist() == [1, 1, 2, 0, 1]


def test_every_folder_is_told_when_one_lies_in_another(settings: Settings) -> None:
    assert read(settings, "folder", 1, 2, 4, 5, 7) == [
        {"a", "a/b"},
        {"a"},
        set(),
        {"a", "a/b", "a/b/c"},
        {"b"},
    ]


def test_a_folder_is_one_when_its_unicode_forms_differ(settings: Settings) -> None:
    db.session.add_all([Track(id=8, path="Bjo\u0308rk/8"), Track(id=9, path="Bj\u00f6rk/9")])
    db.session.commit()
    assert read(settings, "folder", 8, 9) == [{"Bj\u00f6rk"}, {"Bj\u00f6rk"}]
    first = attribute(settings, "folder", metadata_version())
    assert len(set(first.of(np.array([8, 9])).tolist())) == 1


def test_values_are_none_when_the_track_is_not_known(settings: Settings) -> None:
    assert read(settings, "genre", 0, 1, 3, 99) == [set(), {"cello", "classical"}, set(), set()]
    assert read(settings, "album", 1) == [set()]


def test_most_frequent_value_comes_first_when_coded(settings: Settings) -> None:
    found = all_values(settings, "genre", metadata_version())
    assert found.categories == ("", "classical", "harp", "cello")


def test_values_are_those_of_the_attribute_when_a_track_has_one_at_most(settings: Settings) -> None:
    version = metadata_version()
    for name in set(ATTRIBUTES) - {"genre", "artist", "folder"}:
        assert all_values(settings, name, version) is attribute(settings, name, version)


def test_values_are_read_anew_when_tags_changed(settings: Settings) -> None:
    before = read(settings, "genre", 1)
    track = db.session.get_one(Track, 1)
    track.tags.clear()
    db.session.commit()
    assert before != read(settings, "genre", 1) == [set()]
