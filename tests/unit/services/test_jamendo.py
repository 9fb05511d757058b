"""Loading tables of Jamendo tracks."""

import pytest
from sqlalchemy import func, select, update

from app.errors import InputError
from app.files import file_sha256
from app.models import Album, Artist, Tag, Track, db, track_artists
from app.services.jamendo import HEADER, JamendoReport, load_jamendo, read_table
from app.services.report import Reporter
from app.services.scan import scan
from tests.clips import write_clip

ROWS = (
    "track_0000214\tartist_000014\talbum_000031\t14/214.mp3\t124.6\tgenre---punkrock",
    "track_0000215\tartist_000014\talbum_000031\t15/215.mp3\t151.4\tgenre---metal\tmood/theme---dark",
    "track_0000382\tartist_000020\talbum_000046\t82/382.wav\t211.1\tgenre---metal\tgenre---punkrock",
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "tracks.tsv"
    write(path, *ROWS)
    return path


def write(path, *rows):
    path.write_text("\n".join(["\t".join(HEADER), *rows]) + "\n")


def load(settings, table, **options):
    report = load_jamendo(settings, Reporter(), table, **options)
    db.session.expire_all()
    return report


def track(path):
    return db.session.scalars(select(Track).where(Track.path == path)).one()


def count(model):
    return db.session.scalar(select(func.count()).select_from(model))


def test_rows_become_missing_tracks_with_artist_album_and_tags(settings, table):
    assert load(settings, table) == JamendoReport(new=3)
    first = track("14/214.mp3")
    assert (first.state, first.external_id, first.duration) == ("missing", "214", 124.6)
    assert (first.artist.external_id, first.album.external_id) == ("artist_000014", "album_000031")
    assert first.album.artist is first.artist
    assert [(tag.group, tag.name) for tag in track("15/215.mp3").tags] == [
        ("genre", "metal"),
        ("mood/theme", "dark"),
    ]
    assert [count(model) for model in (Artist, Album, Tag)] == [2, 2, 3]


def test_nothing_changes_when_loaded_again(settings, table):
    load(settings, table)
    assert load(settings, table) == JamendoReport(unchanged=3)
    assert [count(model) for model in (Track, Artist, Album, Tag)] == [3, 2, 2, 3]


def test_a_track_follows_the_table_when_that_changes(settings, table):
    load(settings, table)
    write(table, ROWS[0], ROWS[1].replace("mood/theme---dark", "mood/theme---calm"), ROWS[2])
    assert load(settings, table) == JamendoReport(changed=1, unchanged=2)
    assert [tag.name for tag in track("15/215.mp3").tags] == ["metal", "calm"]
    assert count(Tag) == 3


def test_nothing_is_written_when_run_dry(settings, table):
    assert load(settings, table, dry_run=True) == JamendoReport(new=3)
    assert [count(model) for model in (Track, Artist, Album, Tag)] == [0, 0, 0, 0]


@pytest.mark.parametrize("table_first", [True, False])
def test_table_and_file_agree_in_either_order(settings, table, table_first):
    write_clip(settings.AUDIO_DIR / "82/382.wav", title="Song", artist="Ann", album="First", genre="Pop")
    if table_first:
        load(settings, table)
        assert scan(settings, Reporter()).new == 1
    else:
        scan(settings, Reporter())
        assert load(settings, table) == JamendoReport(new=2, changed=1)
    db.session.expire_all()
    found = track("82/382.wav")
    assert (found.state, found.external_id, found.title) == ("present", "382", "Song")
    assert found.duration == pytest.approx(0.1)
    assert (found.artist.name, found.artist.external_id) == ("Ann", "artist_000020")
    assert (found.album.name, found.album.external_id) == ("First", "album_000046")
    assert sorted(tag.name for tag in found.tags) == ["metal", "punkrock"]
    assert track("14/214.mp3").artist.name == "artist_000014"
    assert [count(model) for model in (Track, Artist, Album, Tag)] == [3, 2, 2, 3]


def test_a_track_is_known_by_its_number_when_its_file_has_moved(settings, table):
    write_clip(settings.AUDIO_DIR / "82/382.wav")
    load(settings, table)
    scan(settings, Reporter())
    db.session.execute(
        update(Track)
        .where(Track.quick_hash.is_not(None))
        .values(content_hash=file_sha256(settings.AUDIO_DIR / "82/382.wav"))
    )
    db.session.commit()
    (settings.AUDIO_DIR / "82/382.wav").rename(settings.AUDIO_DIR / "moved.wav")
    scan(settings, Reporter())
    assert load(settings, table) == JamendoReport(unchanged=3)
    assert track("moved.wav").external_id == "382"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("track_0000001\tartist_000014\talbum_000031", "3 columns"),
        ("214\tartist_000014\talbum_000031\ta.mp3\t1.0", "'214' is no track id"),
        ("track_1\tartist\talbum_1\ta.mp3\t1.0", "'artist' is no artist id"),
        ("track_1\tartist_1\talbum_x\ta.mp3\t1.0", "'album_x' is no album id"),
        ("track_1\tartist_1\talbum_1\t../a.mp3\t1.0", "no path below AUDIO_DIR"),
        ("track_1\tartist_1\talbum_1\t/a.mp3\t1.0", "no path below AUDIO_DIR"),
        ("track_1\tartist_1\talbum_1\t\t1.0", "no path below AUDIO_DIR"),
        ("track_1\tartist_1\talbum_1\ta.mp3\tlong", "could not convert"),
        ("track_1\tartist_1\talbum_1\ta.mp3\tnan", "'nan' is no duration"),
        ("track_1\tartist_1\talbum_1\ta.mp3\t1.0\trock", "'rock' is no tag"),
        ("track_214\tartist_1\talbum_1\ta.mp3\t1.0", "214 stands in line 2 already"),
        ("track_1\tartist_1\talbum_1\t14/214.mp3\t1.0", "14/214.mp3 stands in line 2 already"),
        ("", "1 columns"),
    ],
)
def test_a_line_is_left_out_with_a_reason_when_it_is_no_row(tmp_path, row, reason):
    table = tmp_path / "bad.tsv"
    write(table, ROWS[0], row, ROWS[1])
    problems = []
    assert [found.line for found in read_table(table, problems)] == [2, 4]
    [(line, said)] = problems
    assert line == 3
    assert reason in said


def test_a_line_is_left_out_when_it_is_not_utf_8(tmp_path, table):
    table.write_bytes(table.read_bytes() + b"track_9\tartist_9\talbum_9\tcaf\xe9.mp3\t1.0\n")
    problems = []
    assert len(list(read_table(table, problems))) == 3
    assert problems[0][0] == 5


def test_a_table_is_read_when_windows_wrote_it(table):
    table.write_bytes(b"\xef\xbb\xbf" + table.read_bytes().replace(b"\n", b"\r\n"))
    problems = []
    rows = list(read_table(table, problems))
    assert problems == []
    assert rows[0].tags == (("genre", "punkrock"),)


@pytest.mark.parametrize("content", ["", "a,b,c\n", "TRACK_ID\tPATH\n"])
def test_a_file_is_refused_when_its_header_is_another(settings, tmp_path, content):
    other = tmp_path / "other.tsv"
    other.write_text(content)
    with pytest.raises(InputError, match="its first line must be TRACK_ID ARTIST_ID"):
        load(settings, other)


def test_a_file_is_refused_when_it_is_not_there(settings, tmp_path):
    with pytest.raises(InputError, match="No such file"):
        load(settings, tmp_path / "none.tsv")


@pytest.mark.samples
def test_the_real_table_loads_whole(settings, samples_dir):
    table = samples_dir / "mtg-jamendo-split0-top50tags-test.tsv"
    assert load(settings, table) == JamendoReport(new=11_356)
    assert count(Track) == 11_356
    assert load(settings, table) == JamendoReport(unchanged=11_356)


@pytest.mark.parametrize(
    "name", ["14/214.low.mp3", "audio/14/214.mp3", "raw_30s/audio-low/14/214.low.mp3", "14/214.flac"]
)
def test_a_row_meets_its_file_when_the_data_set_has_another_form(settings, table, name):
    db.session.add(Track(id=7, path=name))
    db.session.commit()
    assert load(settings, table) == JamendoReport(new=2, changed=1)
    assert db.session.get(Track, 7).external_id == "214"
    assert load(settings, table) == JamendoReport(unchanged=3)


@pytest.mark.parametrize(
    "name", ["15/214.mp3", "a/1214.mp3", "14/214.mp3/x.wav", "14/214 (live).mp3", "214.mp3"]
)
def test_a_row_leaves_a_file_alone_when_only_a_part_of_its_name_fits(settings, table, name):
    db.session.add(Track(id=7, path=name))
    db.session.commit()
    assert load(settings, table).new == 3
    assert db.session.get(Track, 7).external_id is None


def test_a_row_matches_its_file_when_their_unicode_forms_differ(settings, tmp_path):
    db.session.add(Track(id=7, path="Bjo\u0308rk/1.mp3"))
    db.session.commit()
    write(tmp_path / "table.tsv", "track_0000001\tartist_000014\talbum_000031\tBj\u00f6rk/1.mp3\t124.6")
    assert load(settings, tmp_path / "table.tsv") == JamendoReport(changed=1)
    assert load(settings, tmp_path / "table.tsv") == JamendoReport(unchanged=1)


def test_a_track_has_the_artist_of_the_table_when_its_file_names_several(settings, table):
    db.session.add_all([Track(id=7, path="14/214.mp3"), Artist(id=1, name="A"), Artist(id=2, name="B")])
    db.session.flush()
    db.session.execute(track_artists.insert(), [{"track_id": 7, "artist_id": artist} for artist in (1, 2)])
    db.session.commit()
    load(settings, table)
    assert db.session.execute(select(track_artists)).all() == []
    assert db.session.get_one(Track, 7).artist.external_id == "artist_000014"
    assert not set(db.session.scalars(select(Artist.name))) & {"A", "B"}


def test_a_row_takes_no_file_when_two_forms_are_there(settings, table):
    db.session.add_all([Track(id=7, path="full/14/214.mp3"), Track(id=8, path="low/14/214.low.mp3")])
    db.session.commit()
    assert load(settings, table).new == 3
