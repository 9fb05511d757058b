import random
from dataclasses import replace

import av
import mutagen
import numpy as np
import pytest
from mutagen.apev2 import APEv2
from mutagen.asf import ASF
from mutagen.easyid3 import EasyID3
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TALB, TBPM, TCMP, TCON, TDOR, TDRC, TIT2, TKEY, TORY, TPE1, TXXX, TYER
from mutagen.mp4 import MP4

from app.audio.tags import MAX_LENGTH, MAX_VALUES, FileTags, read_tags
from tests.audio_files import BAD, STRANGE_NAMES, write_tone

FULL = FileTags(
    *("Blue Train", "Ann Other", "Night Lines", ("Jazz", "Hard Bop"), 1999, 0.5, 128.0, "F# minor"),
    artists=("Ann Other",),
)


def write_easy(path):
    file = mutagen.File(path, easy=True)
    if file.tags is None:
        file.add_tags()
    file["title"], file["artist"], file["album"] = FULL.title, FULL.artist, FULL.album
    file["genre"] = list(FULL.genres)
    file["year" if path.suffix == ".wv" else "date"] = "1999-05-01"
    file["bpm"], file["initialkey"] = "128", "F#m"
    file.save()


def write_id3_frames(path):
    file = mutagen.File(path)
    file.add_tags()
    for frame in (TIT2, TPE1, TALB):
        value = {TIT2: FULL.title, TPE1: FULL.artist, TALB: FULL.album}[frame]
        file.tags.add(frame(encoding=3, text=[value]))
    file.tags.add(TCON(encoding=3, text=list(FULL.genres)))
    file.tags.add(TDRC(encoding=3, text=["1999-05-01"]))
    file.tags.add(TBPM(encoding=3, text=["128"]))
    file.tags.add(TKEY(encoding=3, text=["F#m"]))
    file.save()


def write_asf(path):
    file = ASF(path)
    file["Title"], file["Author"], file["WM/AlbumTitle"] = FULL.title, FULL.artist, FULL.album
    file["WM/Genre"] = list(FULL.genres)
    file["WM/Year"] = "1999"
    file["WM/BeatsPerMinute"], file["WM/InitialKey"] = "128", "F#m"
    file.save()


@pytest.mark.parametrize(
    ("ending", "write"),
    [
        (".mp3", write_easy),
        (".ogg", write_easy),
        (".opus", write_easy),
        (".flac", write_easy),
        (".m4a", write_easy),
        (".wv", write_easy),
        (".tta", write_easy),
        (".wav", write_id3_frames),
        (".aiff", write_id3_frames),
        (".wma", write_asf),
    ],
)
def test_all_tags_are_read_when_the_format_knows_them(tmp_path, ending, write):
    path = write_tone(tmp_path / f"song{ending}", 0.5, sample_rate=48_000)
    write(path)
    tags = read_tags(path)
    assert tags.duration == pytest.approx(0.5, abs=0.06)
    assert replace(tags, duration=FULL.duration) == FULL


@pytest.mark.parametrize("ending", [".mp3", ".flac", ".ogg", ".m4a"])
def test_the_artist_of_the_album_is_read_when_it_is_another(tmp_path, ending):
    path = write_tone(tmp_path / f"song{ending}", 0.5, sample_rate=48_000)
    file = mutagen.File(path, easy=True)
    if file.tags is None:
        file.add_tags()
    file["artist"], file["albumartist"] = "Alpha", "The Compilers"
    file.save()
    tags = read_tags(path)
    assert (tags.artist, tags.album_artist) == ("Alpha", "The Compilers")


@pytest.mark.parametrize(("flag", "artist"), [("1", "Various Artists"), ("0", None)])
def test_a_compilation_is_by_various_artists_when_it_names_none(tmp_path, flag, artist):
    path = write_tone(tmp_path / "song.flac", 0.5)
    file = mutagen.File(path)
    file["artist"], file["compilation"] = "Alpha", flag
    file.save()
    assert read_tags(path).album_artist == artist


@pytest.mark.parametrize("ending", [".mp3", ".m4a"])
def test_a_compilation_is_by_various_artists_when_its_format_has_a_flag(tmp_path, ending):
    path = write_tone(tmp_path / f"song{ending}", 0.5, sample_rate=48_000)
    if ending == ".m4a":
        file = MP4(path)
        file["cpil"] = True
        file.save()
    else:
        tags = ID3()
        tags.add(TCMP(encoding=3, text=["1"]))
        tags.save(path)
    assert read_tags(path).album_artist == "Various Artists"


def mp3_with(tmp_path, *frames):
    path = write_tone(tmp_path / "song.mp3", 0.5)
    tags = ID3()
    for frame in frames:
        tags.add(frame)
    tags.save(path)
    return read_tags(path)


@pytest.mark.parametrize(
    ("texts", "genres"),
    [
        (["(17)"], ("Rock",)),
        (["17"], ("Rock",)),
        (["(17)(18)Acid"], ("Rock", "Techno", "Acid")),
        (["Rock; Pop ;;Rock"], ("Rock", "Pop")),
        (["Rock\0Pop"], ("Rock", "Pop")),
        (["Folk, World, & Country"], ("Folk, World, & Country",)),
        (["(255)"], ()),
        ([" "], ()),
    ],
)
def test_genres_are_names_when_they_are_written_as_numbers_or_lists(tmp_path, texts, genres):
    assert mp3_with(tmp_path, TCON(encoding=3, text=texts)).genres == genres


@pytest.mark.parametrize(
    ("frame", "year"),
    [
        (TDRC(encoding=3, text=["1999-05-01"]), 1999),
        (TDRC(encoding=3, text=["1999-05-01 10:00:00"]), 1999),
        (TYER(encoding=3, text=["2004"]), 2004),
    ],
)
def test_the_year_is_found_when_it_is_part_of_a_date(tmp_path, frame, year):
    assert mp3_with(tmp_path, frame).year == year


@pytest.mark.parametrize(
    ("text", "bpm"),
    [
        ("128", 128),
        ("93.5", 93.5),
        ("93,5 BPM", 93.5),
        ("0", None),
        ("19", None),
        ("401", None),
        ("fast", None),
    ],
)
def test_the_tempo_is_absent_when_it_is_none(tmp_path, text, bpm):
    assert mp3_with(tmp_path, TBPM(encoding=3, text=[text])).bpm == bpm


def test_the_key_is_absent_when_it_is_none(tmp_path):
    assert mp3_with(tmp_path, TKEY(encoding=3, text=["o"])).key is None
    assert mp3_with(tmp_path, TKEY(encoding=3, text=["4A"])).key == "F minor"


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("May 1st, 1987", 1987),
        ("20030512", 2003),
        ("2003-05", 2003),
        ("12/05/2003", 2003),
        ("20031312", None),
        ("0000", None),
        ("9999", None),
        ("12345", None),
        ("", None),
    ],
)
def test_the_year_is_found_or_absent_when_a_date_is_free_text(tmp_path, text, year):
    path = write_tone(tmp_path / "song.flac", 0.5)
    file = mutagen.File(path)
    file["date"] = text
    file.save()
    assert read_tags(path).year == year


@pytest.mark.parametrize(
    "tags",
    [
        {"date": "0000", "originaldate": "1999"},
        {"originalyear": "1999"},
        {"date": "1999", "originaldate": "1971"},
        {"year": "1999"},
    ],
)
def test_the_original_year_counts_when_there_is_no_other(tmp_path, tags):
    path = write_tone(tmp_path / "song.flac", 0.5)
    file = mutagen.File(path)
    file.update(tags)
    file.save()
    assert read_tags(path).year == 1999


@pytest.mark.parametrize(
    "frame",
    [
        TDOR(encoding=3, text=["1999"]),
        TORY(encoding=3, text=["1999"]),
        TXXX(encoding=3, desc="originalyear", text=["1999"]),
    ],
)
def test_the_original_year_counts_when_id3_has_no_other(tmp_path, frame):
    assert mp3_with(tmp_path, frame).year == 1999


@pytest.mark.parametrize("ending", [".mp3", ".tta"])
def test_ape_tags_are_read_when_there_are_no_others(tmp_path, ending):
    path = write_tone(tmp_path / f"song{ending}", 0.5)
    tags = APEv2()
    tags.update({"Title": "A", "Artist": "B", "Album": "C", "Year": "1999", "Genre": "Rock"})
    tags.save(path)
    assert replace(read_tags(path), duration=None) == FileTags("A", "B", "C", ("Rock",), 1999, artists=("B",))


@pytest.mark.parametrize(
    ("ending", "container"),
    [(".wav", "wav"), (".mka", "matroska"), (".weba", "webm"), (".caf", "caf"), (".rf64.wav", "rf64")],
)
def test_tags_are_read_when_only_the_container_has_them(tmp_path, ending, container):
    path = tmp_path / f"song{ending}"
    options = {"rf64": "always"} if container == "rf64" else {}
    with av.open(path, "w", format="wav" if options else container, options=options) as file:
        file.metadata.update({"title": "A", "artist": "B", "album": "C", "genre": "Jazz", "date": "1999"})
        stream = file.add_stream(
            "libopus" if container == "webm" else "pcm_s16le", rate=48_000, layout="mono"
        )
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 24_000), np.int16), format="s16", layout="mono")
        frame.sample_rate = 48_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            file.mux(packet)
    assert replace(read_tags(path), duration=None) == FileTags("A", "B", "C", ("Jazz",), 1999, artists=("B",))


def test_tags_are_cut_and_say_so_when_there_are_too_many_or_too_long_ones(tmp_path):
    many = mp3_with(tmp_path, TCON(encoding=3, text=[f"Style {number}" for number in range(3000)]))
    assert (len(many.genres), many.genres[0], many.is_cut) == (MAX_VALUES, "Style 0", True)
    listed = mp3_with(tmp_path, TCON(encoding=3, text=[";".join(map(str, range(1000, 1200)))[:MAX_LENGTH]]))
    assert (len(listed.genres), listed.is_cut) == (100, False)
    crowd = mp3_with(tmp_path, TPE1(encoding=3, text=[";".join(f"{number}" for number in range(110))]))
    assert (len(crowd.artists), crowd.is_cut) == (MAX_VALUES, True)
    long = mp3_with(tmp_path, TIT2(encoding=3, text=["x" * 100_000]))
    assert (long.title, long.is_cut) == ("x" * MAX_LENGTH, True)
    assert not mp3_with(tmp_path, TIT2(encoding=3, text=["x" * MAX_LENGTH])).is_cut


def test_text_is_one_clean_line_when_it_holds_control_characters(tmp_path):
    tags = mp3_with(
        tmp_path, TIT2(encoding=3, text=["  A\n\tB\x1b[31m\x9f  "]), TPE1(encoding=3, text=["X", "Y"])
    )
    assert tags.title == "A B [31m"
    assert tags.artist == "X, Y"


@pytest.mark.parametrize(
    ("artists", "title", "found"),
    [
        (["Eminem", "Rihanna"], "Duet", ("Eminem", "Rihanna")),
        (["Eminem; Rihanna ;Eminem"], "Duet", ("Eminem", "Rihanna")),
        (["Eminem feat. Rihanna"], "Duet", ("Eminem", "Rihanna")),
        (["Eminem (FEAT Rihanna)"], "Duet", ("Eminem", "Rihanna")),
        (["Eminem ft. Rihanna featuring Sia"], "Trio", ("Eminem", "Rihanna", "Sia")),
        (["Eminem"], "Duet (feat. Rihanna) [Live]", ("Eminem", "Rihanna")),
        (["Eminem"], "Duet [ft. Rihanna]", ("Eminem", "Rihanna")),
        ([], "Duet (feat. Rihanna)", ()),
        (["Earth, Wind & Fire"], "September", ("Earth, Wind & Fire",)),
        (["AC/DC"], "A Feat of Strength", ("AC/DC",)),
        (["Florence and the Machine"], "Ft Worth", ("Florence and the Machine",)),
        (["Defeat Me", "Six Ft Hick"], "Featuring", ("Defeat Me", "Six Ft Hick")),
        (["Feat.", "Feat. Nobody"], "Duet", ("Feat.", "Nobody")),
        (["Feat. Nobody"], "Solo", ("Feat. Nobody",)),
        (["Eminem;feat. Rihanna"], "Duet", ("Eminem", "Rihanna")),
        (["Eminem feat Rihanna"], "Duet", ("Eminem", "Rihanna")),
        (["Little Feat feat. Bonnie Raitt"], "Duet", ("Little Feat", "Bonnie Raitt")),
        (["Little Feat & Friends"], "Dixie Chicken", ("Little Feat & Friends",)),
        (["Eminem"], "Duet (feat. Rihanna (of Barbados))", ("Eminem", "Rihanna (of Barbados)")),
    ],
)
def test_each_artist_is_listed_when_there_are_several(tmp_path, artists, title, found):
    path = write_tone(tmp_path / "song.flac", 0.5)
    file = FLAC(path)
    file.update({"title": title, "artist": artists} if artists else {"title": title})
    file.save()
    assert read_tags(path).artists == found
    assert read_tags(path).artist == (", ".join(artists) or None)


@pytest.mark.parametrize("ending", [".flac", ".mp3", ".m4a", ".wma"])
def test_artists_come_from_the_list_when_there_is_one_beside_the_credit(tmp_path, ending):
    path = write_tone(tmp_path / f"song{ending}", 0.5)
    file = ASF(path) if ending == ".wma" else mutagen.File(path, easy=True)
    if file.tags is None:
        file.add_tags()
    file["WM/ARTISTS" if ending == ".wma" else "artists"] = ["Simon", "Garfunkel"]
    file["Author" if ending == ".wma" else "artist"] = ["Simon & Garfunkel"]
    file.save()
    tags = read_tags(path)
    assert (tags.artist, tags.artists) == ("Simon & Garfunkel", ("Simon", "Garfunkel"))


def test_the_credit_is_the_list_when_there_is_no_other(tmp_path):
    path = write_tone(tmp_path / "song.flac", 0.5)
    file = FLAC(path)
    file["artists"] = ["Simon", "Garfunkel"]
    file.save()
    tags = read_tags(path)
    assert (tags.artist, tags.artists) == ("Simon, Garfunkel", ("Simon", "Garfunkel"))


def test_the_album_artist_stands_in_when_there_is_no_artist(tmp_path):
    path = write_tone(tmp_path / "song.m4a", 0.5)
    file = MP4(path)
    file["aART"] = "Various"
    file.save()
    assert read_tags(path).artist == "Various"


@pytest.mark.parametrize("ending", [".au", ".caf", ".mka"])
def test_the_duration_is_known_when_only_ffmpeg_knows_the_format(tmp_path, ending):
    tags = read_tags(write_tone(tmp_path / f"song{ending}", 0.5))
    assert tags == FileTags(duration=pytest.approx(0.5, abs=0.01))


@pytest.mark.parametrize("name", BAD)
def test_tags_are_empty_when_a_file_is_bad(tmp_path, name):
    path = tmp_path / BAD[name].file_name
    BAD[name].write(path)
    tags = read_tags(path)
    assert (tags.title, tags.artist, tags.album, tags.genres, tags.year) == (None, None, None, (), None)


@pytest.mark.parametrize("ending", [".mp3", ".ogg", ".flac", ".m4a", ".wv"])
def test_nothing_is_raised_when_tags_are_damaged(tmp_path, ending):
    path = write_tone(tmp_path / f"song{ending}", 0.3)
    write_easy(path)
    whole = path.read_bytes()
    rng = random.Random(5)
    for _ in range(40):
        damaged = bytearray(whole)
        for _ in range(8):
            damaged[rng.randrange(min(len(damaged), 4000))] = rng.randrange(256)
        path.write_bytes(damaged)
        assert isinstance(read_tags(path), FileTags)


@pytest.mark.parametrize("name", STRANGE_NAMES, ids=ascii)
def test_tags_are_read_when_the_name_is_strange(tmp_path, name):
    assert read_tags(write_tone(tmp_path / name, 0.5)).duration == pytest.approx(0.5)


def test_the_error_of_the_system_comes_through_when_a_file_cannot_be_opened(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_tags(tmp_path / "gone.mp3")


def test_the_easy_names_are_those_that_are_read():
    assert {"title", "artist", "album", "genre", "date", "bpm", "initialkey"} <= set(EasyID3.valid_keys)
