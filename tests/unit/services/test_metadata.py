"""Tags of files in the database."""

import pytest
from sqlalchemy import event, select

from app.audio.tags import FileTags
from app.errors import EmptyLibraryError
from app.models import Album, Artist, Tag, Track, db, track_artists
from app.services.audio_files import Problem
from app.services.metadata import MAX_NAME_LENGTH, TAGS_CUT, Names, load_file_tags, remove_unused
from app.services.report import Reporter
from app.services.scan import scan
from tests.clips import write_clip, write_tags


def load(settings, **options):
    report = load_file_tags(settings, Reporter(), **options)
    db.session.expire_all()
    return report


def test_tags_are_read_anew_when_size_and_time_stayed(settings):
    clip = write_clip(settings.AUDIO_DIR / "a.wav", title="Old", artist="Ann", genre="rock")
    scan(settings, Reporter())
    write_tags(clip, title="New", artist="Bob", album="First", genre="jazz")
    report = load(settings)
    assert (report.read, report.with_tags, report.problems) == (1, 1, [])
    track = db.session.scalars(select(Track)).one()
    assert (track.title, track.artist.name, track.album.name) == ("New", "Bob", "First")
    assert [tag.name for tag in track.tags] == ["jazz"]
    assert list(db.session.scalars(select(Artist.name))) == ["Bob"]
    assert list(db.session.scalars(select(Tag.name))) == ["jazz"]


def test_tags_that_are_cut_are_reported(settings):
    write_clip(settings.AUDIO_DIR / "a.wav", title="x" * (MAX_NAME_LENGTH + 1))
    assert scan(settings, Reporter()).problems == [Problem("a.wav", TAGS_CUT)]
    assert load(settings).problems == [Problem("a.wav", TAGS_CUT)]
    assert db.session.scalars(select(Track.title)).one() == "x" * MAX_NAME_LENGTH


def test_tempo_and_key_follow_the_file(app):
    db.session.add(Track(id=1, path="a", bpm=90, key="C major"))
    db.session.flush()
    Names(db.session()).write([(1, FileTags(bpm=128.0, key="A minor"))])
    assert db.session.execute(select(Track.bpm, Track.key)).one() == (128.0, "A minor")
    Names(db.session()).write([(1, FileTags())])
    assert db.session.execute(select(Track.bpm, Track.key)).one() == (None, None)


def test_title_from_the_provider_stays_when_the_file_has_none(app):
    db.session.add(Track(id=1, path="a", external_id="7", title="From the provider"))
    db.session.add(Track(id=2, path="b", title="From the file"))
    db.session.flush()
    Names(db.session()).write([(1, FileTags()), (2, FileTags())])
    assert list(db.session.scalars(select(Track.title).order_by(Track.id))) == ["From the provider", None]


def test_nothing_is_written_when_run_dry(settings):
    clip = write_clip(settings.AUDIO_DIR / "a.wav", title="Old")
    scan(settings, Reporter())
    write_tags(clip, title="New")
    assert load(settings, dry_run=True).read == 1
    assert db.session.scalars(select(Track.title)).one() == "Old"


def test_a_file_that_is_gone_is_reported_and_its_tags_stay(settings):
    clip = write_clip(settings.AUDIO_DIR / "a.wav", title="Old")
    scan(settings, Reporter())
    clip.unlink()
    assert load(settings).problems == [("a.wav", "No such file or directory")]
    assert db.session.scalars(select(Track.title)).one() == "Old"


def test_reading_says_what_to_do_when_no_track_is_known(settings):
    with pytest.raises(EmptyLibraryError, match="index-all-audio"):
        load(settings)


def test_text_is_made_fit_for_the_database_when_it_is_not(app):
    db.session.add(Track(id=1, path="a"))
    db.session.flush()
    tags = FileTags(title="x" * 9999, artist="lone \udcff", genres=("ROCK", "rock", "Ünter"))
    Names(db.session()).write([(1, tags)])
    db.session.commit()
    track = db.session.get_one(Track, 1)
    assert len(track.title) == MAX_NAME_LENGTH
    assert track.artist.name == "lone"
    assert [tag.name for tag in track.tags] == ["rock", "ünter"]


def test_the_providers_word_stays_and_the_file_gives_names_when_both_speak(app):
    artist = Artist(name="artist_000014", external_id="artist_000014")
    album = Album(name="album_000031", external_id="album_000031", artist=artist)
    tag = Tag(group="genre", name="punkrock")
    known = Track(
        path="14/214.mp3", external_id="214", artist=artist, album=album, tags=[tag], duration=124.6
    )
    db.session.add_all([known, Track(path="own.mp3")])
    db.session.flush()
    names = Names(db.session())
    tags = FileTags(title="Song", artist="Ann", album="First", genres=("rock",), year=2004)
    names.write([(known.id, tags), (2, tags)])
    db.session.commit()
    assert (known.title, known.year, known.duration) == ("Song", 2004, 124.6)
    assert (known.artist.name, known.artist.external_id) == ("Ann", "artist_000014")
    assert (known.album.name, known.album.external_id) == ("First", "album_000031")
    assert [tag.name for tag in known.tags] == ["punkrock"]


def test_the_number_of_statements_does_not_grow_with_the_tracks(app):
    def count(first, n_tracks):
        ids = range(first, first + n_tracks)
        db.session.add_all(Track(id=number, path=str(number)) for number in ids)
        db.session.flush()
        statements = []
        names = Names(db.session())

        def listener(connection, cursor, statement, *_):
            if not statement.startswith("INSERT"):  # SQLite takes them one by one to return their ids
                statements.append(statement)

        event.listen(db.engine, "before_cursor_execute", listener)
        names.write(
            (number, FileTags(artist=f"a{number}", album=f"b{number}", genres=(f"c{number}",)))
            for number in ids
        )
        event.remove(db.engine, "before_cursor_execute", listener)
        return len(statements)

    assert count(1, 10) == count(100, 200) < 10


def test_a_measured_duration_stays_when_the_head_of_the_file_says_another(app):
    db.session.add(Track(id=1, path="a", duration=6.03, content_hash="c" * 64))
    db.session.add(Track(id=2, path="b", duration=6.03))
    db.session.flush()
    guess = FileTags(duration=24_347.9)
    Names(db.session()).write([(1, guess), (2, guess)])
    assert list(db.session.scalars(select(Track.duration).order_by(Track.id))) == [6.03, 24_347.9]


def test_a_compilation_is_one_album_when_its_tracks_are_by_several_artists(app):
    for number in range(1, 5):
        db.session.add(Track(id=number, path=str(number)))
    db.session.flush()
    one, two = (FileTags(artist=name, album="Now 50", album_artist="Various Artists") for name in "AB")
    Names(db.session()).write([(1, one), (2, two), (3, FileTags(artist="A", album="Now 50"))])
    Names(db.session()).write([(4, two)])
    albums = list(db.session.scalars(select(Track.album_id).order_by(Track.id)))
    assert albums[0] == albums[1] == albums[3] != albums[2]
    assert db.session.get_one(Album, albums[0]).artist.name == "Various Artists"
    assert sorted(db.session.scalars(select(Artist.name))) == ["A", "B", "Various Artists"]


def test_a_track_is_linked_to_each_artist_when_it_has_several(app):
    db.session.add_all(Track(id=number, path=str(number)) for number in (1, 2))
    db.session.flush()
    duet = FileTags(artist="A feat. B", artists=("A", "B"))
    Names(db.session()).write([(1, duet), (2, FileTags(artist="B", artists=("B",)))])
    names = select(track_artists.c.track_id, Artist.name).join(Artist, Artist.id == track_artists.c.artist_id)
    assert db.session.execute(names.order_by(Artist.name)).all() == [(1, "A"), (1, "B")]
    remove_unused(db.session())
    assert sorted(db.session.scalars(select(Artist.name))) == ["A", "A feat. B", "B"]
    Names(db.session()).write([(1, FileTags(artist="A", artists=("A",)))])
    remove_unused(db.session())
    assert db.session.execute(names).all() == []
    assert sorted(db.session.scalars(select(Artist.name))) == ["A", "B"]


def test_names_are_equal_when_only_their_unicode_forms_differ(app):
    db.session.add_all(Track(id=number, path=str(number)) for number in (1, 2))
    db.session.flush()
    one, other = (
        FileTags(title=name, artist=name, artists=(name,), album=name, album_artist=name, genres=(name,))
        for name in ("Björk", "Bjo\u0308rk")
    )
    Names(db.session()).write([(1, one)])
    Names(db.session()).write([(2, other)])
    assert db.session.execute(select(Track.title, Track.artist_id, Track.album_id).distinct()).all() == [
        ("Björk", 1, 1)
    ]
    assert list(db.session.scalars(select(Tag.name))) == ["björk"]


def test_a_guest_starts_no_other_album_and_renames_no_artist_of_the_provider(app):
    known = Artist(name="artist_000014", external_id="artist_000014")
    db.session.add_all([Track(id=1, path="1"), Track(id=2, path="2"), Track(id=3, path="3", external_id="3")])
    db.session.get_one(Track, 3).artist = known
    db.session.flush()
    alone = FileTags(artist="A", artists=("A",), album="L")
    guest = FileTags(artist="A feat. B", artists=("A", "B"), album="L")
    Names(db.session()).write([(1, alone), (2, guest), (3, guest)])
    assert db.session.get_one(Track, 1).album_id == db.session.get_one(Track, 2).album_id
    db.session.expire_all()
    assert known.name == "A"
