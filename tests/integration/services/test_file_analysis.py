"""Sidecar files, and tags written into every format that has them, with all else left as it was."""

import json
import os
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
from mutagen.id3 import ID3, TALB, TBPM, TCON, TIT2, TXXX, TYER

from app.audio.decode import AudioReader
from app.audio.tags import read_tags
from app.errors import AudioError, InputError, StorageError
from app.services.file_analysis.facts import Facts, facts_of
from app.services.file_analysis.sidecars import sidecars_of, write_sidecars
from app.services.file_analysis.write_tags import back_up, write_tags
from tests.audio_files import write_music, write_signal

FACTS = Facts(174.3, "Ab minor", ("Drum n Bass", "RnB/Swing"), {"approachability": "low"})
NOTHING = Facts(None, None, (), {})
WITH_TAGS = [".mp3", ".flac", ".ogg", ".opus", ".m4a", ".alac.m4a", ".wav", ".aiff", ".wv", ".wma", ".tta"]


def sound_of(path: Path) -> Any:
    return np.concatenate(list(AudioReader(path)))


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_music(tmp_path / "song.mp3", 2.0)


def test_facts_are_the_best_of_what_was_told() -> None:
    results = {
        "bpm": {"bpm": 174.3, "beats": 9},
        "key": {"key": "Ab", "scale": "minor"},
        "genre_musicnn": {"genres": [{"genre": "rock", "score": 0.9}]},
        "genre_discogs_effnet": {
            "genres": [{"genre": name, "score": 0.5} for name in ("Techno", "House", "Techno", "Dub", "Acid")]
        },
        "classifiers": {"engagement": {"class": "high"}, "mood_sad": {"class": "sad"}},
    }
    assert facts_of(results) == Facts(174.3, "Ab minor", ("Techno", "House", "Dub"), {"engagement": "high"})
    assert facts_of({"bpm": {"bpm": None}, "key": {"key": None, "scale": None}}) == NOTHING


def test_sidecars_hold_a_fact_each(song: Path) -> None:
    assert write_sidecars(song, FACTS) == [Path(f"{song}.{kind}") for kind in ("bpm", "key", "genre", "ae")]
    assert Path(f"{song}.bpm").read_text() == "174.3\n"
    assert Path(f"{song}.key").read_text() == "Ab minor\n"
    assert Path(f"{song}.genre").read_text() == "Drum n Bass\nRnB/Swing\n"
    assert json.loads(Path(f"{song}.ae").read_text()) == {"approachability": "low"}
    assert sidecars_of(song, NOTHING) == {}


def test_reason_is_told_when_a_sidecar_cannot_be_written(tmp_path: Path) -> None:
    song = tmp_path / "gone" / "song.mp3"
    song.parent.write_text("no folder")
    with pytest.raises(StorageError, match=r"song\.mp3\.bpm"):
        write_sidecars(song, FACTS)


@pytest.mark.parametrize("ending", WITH_TAGS)
def test_tags_are_written_and_the_sound_stays_when_a_format_has_them(tmp_path: Path, ending: str) -> None:
    rate = 48_000 if ending == ".opus" else 44_100
    path = write_music(tmp_path / f"song{ending}", 2.0, sample_rate=rate)
    before, content = sound_of(path), path.read_bytes()
    backup = write_tags(path, FACTS)
    assert backup == tmp_path / f"song{ending}.bak"
    assert backup.read_bytes() == content
    tags = read_tags(path)
    assert tags.bpm == pytest.approx(174.3, abs=0.31)
    assert tags.key == "Ab minor"
    assert tags.genres == ("Drum n Bass", "RnB/Swing")
    np.testing.assert_array_equal(sound_of(path), before)


def test_other_tags_stay_when_some_are_written(song: Path) -> None:
    tags = ID3()
    for frame in (
        TIT2(encoding=3, text="A title"),
        TALB(encoding=3, text="An album"),
        TXXX(encoding=3, desc="MOOD", text="mine"),
        TBPM(encoding=3, text="90"),
        TCON(encoding=3, text="Polka"),
    ):
        tags.add(frame)
    tags.save(song)
    write_tags(song, FACTS)
    after = ID3(song)
    assert (str(after["TIT2"]), str(after["TALB"]), str(after["TXXX:MOOD"])) == (
        "A title",
        "An album",
        "mine",
    )
    assert str(after["TBPM"]) == "174"
    assert after["TCON"].text == ["Drum n Bass", "RnB/Swing"]
    write_tags(song, Facts(None, "C major", (), {}))
    last = ID3(song)
    assert str(last["TKEY"]) == "C"
    assert str(last["TBPM"]) == "174"


def test_version_of_the_tags_stays_when_it_is_an_older_one(song: Path) -> None:
    tags = ID3()
    tags.add(TIT2(encoding=1, text="A title"))
    tags.add(TYER(encoding=1, text="1999"))
    tags.save(song, v2_version=3)
    write_tags(song, FACTS)
    after = ID3(song, translate=False)
    assert after.version == (2, 3, 0)
    assert str(after["TYER"]) == "1999"
    assert read_tags(song).genres == ("Drum n Bass", "RnB/Swing")
    assert read_tags(song).year == 1999


def test_tag_at_the_end_stays_when_the_one_at_the_beginning_says_less(song: Path) -> None:
    end = b"TAG" + b"Only here".ljust(30, b"\0") + bytes(94) + b"\x11"
    song.write_bytes(song.read_bytes() + end)
    tags = ID3()
    tags.add(TALB(encoding=3, text="An album"))
    tags.save(song, v1=1)
    song.write_bytes(song.read_bytes()[:-128] + end)
    before = sound_of(song)
    write_tags(song, FACTS)
    assert song.read_bytes().endswith(end)
    assert read_tags(song).bpm == 174
    np.testing.assert_array_equal(sound_of(song), before)


def test_first_backup_stays_when_the_file_is_written_again(song: Path) -> None:
    first = song.read_bytes()
    assert write_tags(song, FACTS) == Path(f"{song}.bak")
    second = song.read_bytes()
    assert write_tags(song, Facts(120.0, None, (), {})) == Path(f"{song}.bak2")
    assert Path(f"{song}.bak").read_bytes() == first
    assert Path(f"{song}.bak2").read_bytes() == second
    assert back_up(Path(f"{song}.bak")) == Path(f"{song}.bak.bak")


def test_same_backup_is_kept_when_it_holds_the_same(song: Path) -> None:
    assert back_up(song) == back_up(song) == Path(f"{song}.bak")


def test_mode_and_link_stay_when_tags_are_written(song: Path, tmp_path: Path) -> None:
    song.chmod(0o640)
    link = tmp_path / "link.mp3"
    link.symlink_to(song)
    write_tags(link, FACTS)
    assert link.is_symlink()
    assert song.stat().st_mode & 0o777 == 0o640
    assert read_tags(song).bpm == 174


def test_nothing_is_touched_when_there_is_nothing_to_write(song: Path) -> None:
    before = song.stat()
    assert write_tags(song, NOTHING) is None
    assert song.stat() == before
    assert list(song.parent.iterdir()) == [song]


@pytest.mark.parametrize("ending", [".aac", ".au", ".caf", ".mka"])
def test_format_is_refused_when_it_has_no_tags(tmp_path: Path, ending: str) -> None:
    path = write_music(tmp_path / f"song{ending}", 1.0)
    before = path.read_bytes()
    with pytest.raises(InputError, match="No tags can be written"):
        write_tags(path, FACTS)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_file_stays_when_saving_fails(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise mutagen.MutagenError("the tag is full")

    before = song.read_bytes()
    monkeypatch.setattr(ID3, "save", fail)
    with pytest.raises(AudioError, match="the tag is full"):
        write_tags(song, FACTS)
    assert song.read_bytes() == before
    assert sorted(path.name for path in song.parent.iterdir()) == ["song.mp3", "song.mp3.bak"]


def test_file_stays_when_the_disk_is_full(song: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(28, os.strerror(28))

    before = song.read_bytes()
    monkeypatch.setattr("app.services.file_analysis.write_tags.shutil.copyfile", fail)
    with pytest.raises(StorageError, match="Free some space"):
        write_tags(song, FACTS)
    assert song.read_bytes() == before
    assert list(song.parent.iterdir()) == [song]


def test_silence_gives_no_facts(tmp_path: Path) -> None:
    path = write_signal(tmp_path / "silence.flac", np.zeros((2, 44_100), np.float32))
    assert write_tags(path, NOTHING) is None
