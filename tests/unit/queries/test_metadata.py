import contextlib
import sqlite3

import numpy as np
import pytest
from sqlalchemy import delete, event, func, insert, update

from app.models import Album, Artist, Playlist, Tag, Track, db, track_tags
from app.queries import metadata
from app.queries.metadata import ATTRIBUTES, attribute, existing_attributes, metadata_version
from tests.read_side import SPEC
from tests.snapshot_factory import GENRES


def read(settings, name):
    return attribute(settings, name, metadata_version())


def test_codes_lead_to_the_values_of_the_tracks_when_read(context):
    ids = np.arange(1, SPEC.tracks + 1)
    for name in ATTRIBUTES:
        found = read(context, name)
        labels = [found.categories[code] for code in found.of(ids)]
        for track_id, label in zip(ids.tolist(), labels, strict=True):
            track = db.session.get(Track, track_id)
            values = {
                "genre": track.tags[0].name if track.tags else "",
                "artist": track.artist.name if track.artist else "",
                "album": track.album.name if track.album else "",
                "year": str(track.year) if track.year else "",
                "bpm": "",
                "key": "",
                "folder": track.path.split("/")[0],
            }
            assert label == values[name]


def test_genre_is_the_first_one_when_a_track_has_several(context):
    track = next(track for track in db.session.scalars(db.select(Track)) if len(track.tags) > 1)
    found = read(context, "genre")
    assert found.categories[found.of(np.array([track.id]))[0]] == GENRES[SPEC.clusters[track.id - 1]]


def test_code_is_zero_when_the_track_is_not_known(context):
    found = read(context, "artist")
    assert found.categories[0] == ""
    assert found.of(np.array([-5, 0, 10, 999_999])).tolist() == [0, 0, 0, 0]
    assert found.of(np.array([1])).dtype == np.uint16


def test_years_are_in_order_and_genres_by_frequency_when_coded(context):
    years = read(context, "year").categories[1:]
    assert list(years) == sorted(years)
    genres = read(context, "genre")
    counts = np.bincount(genres.codes, minlength=len(genres.categories))[1:]
    assert (np.diff(counts) <= 0).all()


def test_values_without_room_share_the_last_code_when_there_are_too_many(context, monkeypatch):
    monkeypatch.setattr(metadata, "MAX_CATEGORIES", 3)
    found = metadata.encode([(1, 7, "a"), (2, 7, "a"), (3, 8, "b"), (4, 9, "c")], in_order=False)
    assert found.categories == ("", "a", "(others)")
    assert found.codes.tolist() == [1, 1, 2, 2]


def test_all_codes_are_zero_when_nothing_is_known(own_context):
    db.session.execute(update(Track).values(year=None))
    found = read(own_context, "year")
    assert found.categories == ("",)
    assert found.of(np.array([1, 2])).tolist() == [0, 0]


@pytest.mark.parametrize(
    "change",
    [
        update(Track).where(Track.id == 1).values(artist_id=None),
        update(Track).where(Track.id == 1).values(album_id=2),
        update(Track).where(Track.id == 1).values(year=1901),
        update(Track).where(Track.id == 1).values(bpm=99),
        update(Track).where(Track.id == 1).values(key="A minor"),
        update(Artist).where(Artist.id == 1).values(name="Somebody else"),
        insert(Album).values(name="New"),
        insert(Tag).values(group="genre", name="polka"),
        delete(track_tags).where(track_tags.c.track_id == 1),
        insert(Track).values(path="new.mp3", state="present"),
    ],
    ids=[
        "artist",
        "album",
        "year",
        "bpm",
        "key",
        "artist name",
        "new album",
        "new tag",
        "genre",
        "new track",
    ],
)
def test_version_is_another_when_something_changed(own_context, change):
    before = metadata_version()
    assert metadata_version() == before
    db.session.execute(change)
    assert metadata_version() != before


def test_version_is_another_when_two_tracks_swap_genres(own_context):
    db.session.execute(delete(track_tags))
    db.session.execute(insert(track_tags), [{"track_id": 1, "tag_id": 1}, {"track_id": 2, "tag_id": 2}])
    before = metadata_version()
    db.session.execute(delete(track_tags))
    db.session.execute(insert(track_tags), [{"track_id": 1, "tag_id": 2}, {"track_id": 2, "tag_id": 1}])
    assert metadata_version() != before


def test_version_is_another_when_changes_of_years_cancel_out(own_context):
    years = {1: 2000, 2: 2000}
    for track_id, year in years.items():
        db.session.execute(update(Track).where(Track.id == track_id).values(year=year))
    before = metadata_version()
    db.session.execute(update(Track).where(Track.id == 1).values(year=2002))
    db.session.execute(update(Track).where(Track.id == 2).values(year=1999))
    assert metadata_version() != before


@pytest.mark.parametrize("named", [Artist, Album, Tag])
def test_version_is_another_when_a_new_name_is_as_long_as_the_old(own_context, named):
    before = metadata_version()
    name = db.session.get(named, 1).name
    db.session.execute(update(named).where(named.id == 1).values(name="#" * len(name)))
    assert metadata_version() != before


def test_version_costs_one_row_and_sees_what_another_process_commits(own_context):
    before = metadata_version()
    statements = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert metadata_version() == before
    assert len(statements) == 1
    db.session.rollback()
    with contextlib.closing(sqlite3.connect(db.engine.url.database)) as other, other:
        other.execute("UPDATE track SET year = 1901 WHERE id = 1")
    assert metadata_version() != before


def test_version_stays_when_something_else_is_written(own_context):
    before = metadata_version()
    db.session.execute(update(Track).values(content_hash="0" * 64, duration=3.0, year=Track.year))
    db.session.add(Playlist(name="mine"))
    db.session.commit()
    assert metadata_version() == before


def test_version_is_a_third_one_when_a_change_was_undone_and_another_made(own_context):
    before = metadata_version()
    db.session.execute(update(Track).values(year=1900))
    undone = metadata_version()
    db.session.rollback()
    assert metadata_version() == before
    db.session.execute(update(Track).values(year=1901))
    assert metadata_version() not in (before, undone)


def test_version_exists_when_the_library_is_empty(own_context):
    for model in (track_tags, Track, Album, Artist, Tag):
        db.session.execute(delete(model))
    assert len(metadata_version()) == 12
    assert existing_attributes() == []


def test_attribute_is_read_once_when_nothing_changed(own_context):
    version = metadata_version()
    statements = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    first = attribute(own_context, "artist", version)
    assert len(statements) == 1
    assert attribute(own_context, "artist", version) is first
    assert len(statements) == 1


def test_attributes_exist_when_a_track_has_them(own_context):
    assert existing_attributes() == ["genre", "artist", "album", "year", "folder"]
    db.session.execute(
        update(Track).values(year=None, album_id=None, path=func.replace(Track.path, "/", " "))
    )
    assert existing_attributes() == ["genre", "artist"]


def test_tempo_and_key_are_attributes_when_a_track_has_them(own_context):
    for track_id, bpm, key in ((1, 127.6, "A minor"), (2, 90, "F# major"), (3, 128, "A minor")):
        db.session.execute(update(Track).where(Track.id == track_id).values(bpm=bpm, key=key))
    assert existing_attributes() == ["genre", "artist", "album", "year", "bpm", "key", "folder"]
    tempi, keys = read(own_context, "bpm"), read(own_context, "key")
    assert tempi.categories == ("", "90", "128")
    assert tempi.of(np.arange(1, 5)).tolist() == [2, 1, 2, 0]
    assert keys.categories == ("", "A minor", "F# major")
    assert keys.of(np.arange(1, 5)).tolist() == [1, 2, 1, 0]


def test_groups_of_tags_are_attributes_when_a_track_has_one(own_context):
    db.session.execute(insert(Tag).values(id=50, group="mood/theme", name="calm"))
    db.session.execute(insert(Tag).values(id=51, group="instrument", name="harp"))
    assert existing_attributes() == ["genre", "artist", "album", "year", "folder"]
    db.session.execute(insert(track_tags), [{"track_id": 3, "tag_id": 50}, {"track_id": 4, "tag_id": 51}])
    assert existing_attributes() == ["genre", "artist", "album", "year", "folder", "instrument", "mood/theme"]
    found = read(own_context, "mood/theme")
    assert found.categories == ("", "calm")
    assert found.of(np.array([1, 3, 4])).tolist() == [0, 1, 0]


def test_folder_is_unknown_when_a_track_lies_in_none(own_context):
    db.session.execute(update(Track).where(Track.id == 2).values(path="on top \udcff.wav"))
    db.session.execute(update(Track).where(Track.id == 3).values(path="odd \udcff/a/b.wav"))
    found = read(own_context, "folder")
    assert found.categories[found.of(np.array([3]))[0]] == "odd \ufffd"
    assert found.of(np.array([2])).tolist() == [0]
