"""Scanning real files into a real database."""

import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.errors import EmptyLibraryError, InputError, VanishedError
from app.files import file_sha256
from app.models import Album, Artist, Tag, Track, db
from app.services.audio_files import fingerprint
from app.services.report import Reporter
from app.services.scan import ScanReport, scan
from app.settings import Settings
from tests.audio_files import BAD, STRANGE_NAMES, wav_bytes, write_tone
from tests.clips import touch, write_clip
from tests.tag_bombs import write_packed_bomb


@pytest.fixture
def music(settings: Settings) -> Path:
    return settings.AUDIO_DIR


def run(settings: Settings, **options) -> ScanReport:
    """Scan in this process, which is quicker; another module tests the workers."""
    return scan(settings, Reporter(), **{"jobs": 0} | options)


def extract(settings: Settings) -> None:
    """Note what extraction would: the hashes of the whole files."""
    for track in tracks().values():
        track.content_hash = file_sha256(settings.AUDIO_DIR / track.path)
    db.session.commit()


def tracks() -> dict[str, Track]:
    db.session.expire_all()
    return {track.path: track for track in db.session.scalars(select(Track).order_by(Track.id))}


def ids() -> dict[str, int]:
    return {path: track.id for path, track in tracks().items()}


def test_new_files_become_tracks_with_ids_in_the_order_of_their_paths(settings, music):
    for seed, name in enumerate(["b/2.wav", "a.wav", "b/10.WAV", "ä.wav", "Z.wav"]):
        write_clip(music / name, seed)
    report = run(settings)
    assert (report.new, report.unchanged, report.problems) == (5, 0, [])
    assert list(ids().items()) == [("Z.wav", 1), ("a.wav", 2), ("b/10.WAV", 3), ("b/2.wav", 4), ("ä.wav", 5)]
    track = tracks()["a.wav"]
    assert (track.state, track.error, track.content_hash) == ("present", None, None)
    assert track.size == (music / "a.wav").stat().st_size
    assert track.duration == pytest.approx(0.1)
    assert len(track.quick_hash) == 64


def test_other_and_hidden_files_are_left_out_when_found(settings, music):
    write_clip(music / "a.wav")
    write_clip(music / ".hidden.wav", 1)
    write_clip(music / ".cache" / "b.wav", 2)
    (music / "cover.jpg").write_bytes(b"no sound")
    (music / "folder.wav").mkdir()
    os.mkfifo(music / "pipe.wav")
    run(settings)
    assert list(tracks()) == ["a.wav"]


@pytest.mark.parametrize("name", STRANGE_NAMES)
def test_a_name_survives_the_round_trip_when_strange(settings, music, name):
    write_clip(music / "folder" / name)
    assert run(settings).new == 1
    assert list(tracks()) == [f"folder/{name}"]
    assert run(settings).unchanged == 1


def test_files_are_not_opened_when_size_and_time_are_known(settings, music, monkeypatch):
    write_clip(music / "a.wav")
    run(settings)
    monkeypatch.setattr("app.services.file_reading.fingerprint", lambda path: pytest.fail(f"opened {path}"))
    report = run(settings)
    assert (report.unchanged, report.new, report.changed) == (1, 0, 0)


def test_a_track_keeps_everything_but_its_time_when_only_that_changed(settings, music):
    clip = write_clip(music / "a.wav", artist="Ann")
    run(settings)
    extract(settings)
    touch(clip)
    report = run(settings)
    assert (report.unchanged, report.changed) == (1, 0)
    track = tracks()["a.wav"]
    assert (track.content_hash, track.mtime_ns) == (file_sha256(clip), clip.stat().st_mtime_ns)
    assert track.content_version == 0


def test_a_changed_file_is_read_anew_and_forgets_its_content_hash(settings, music):
    clip = write_clip(music / "a.wav", artist="Ann")
    run(settings)
    before = tracks()["a.wav"]
    old_id, old_hash = before.id, before.quick_hash
    before.content_hash = "c" * 64
    db.session.commit()
    touch(write_clip(clip, 1, artist="Bob"))
    report = run(settings)
    track = tracks()["a.wav"]
    assert (report.changed, report.unchanged) == (1, 0)
    assert (track.id, track.content_hash, track.artist.name) == (old_id, None, "Bob")
    assert track.quick_hash != old_hash


@pytest.mark.parametrize("at", [0, 65_000, 150_000 - 1])
def test_the_quick_hash_sees_a_change_of_a_byte_when_in_the_first_or_last_block(settings, music, at):
    clip = write_clip(music / "a.wav", n_samples=75_000)
    run(settings)
    content = bytearray(clip.read_bytes())
    content[at] ^= 1
    clip.write_bytes(content)
    touch(clip)
    assert run(settings).changed == 1


def test_both_tracks_are_changed_when_two_files_swap_names(settings, music):
    write_clip(music / "a.wav", 0)
    write_clip(music / "b.wav", 1, n_samples=900)
    run(settings)
    (music / "a.wav").rename(music / "x")
    (music / "b.wav").rename(music / "a.wav")
    (music / "x").rename(music / "b.wav")
    report = run(settings)
    assert (report.changed, report.moved, report.missing) == (2, 0, 0)
    assert ids() == {"a.wav": 1, "b.wav": 2}


@pytest.mark.parametrize("target", ["0.wav", "z/deep/er.wav"])
def test_a_moved_file_keeps_its_track(settings, music, target):
    clip = write_clip(music / "m.wav", 0, artist="Ann")
    write_clip(music / "n.wav", 1)
    run(settings)
    extract(settings)
    (music / target).parent.mkdir(parents=True, exist_ok=True)
    clip.rename(music / target)
    report = run(settings)
    assert (report.moved, report.new, report.missing, report.unchanged) == (1, 0, 0, 1)
    track = tracks()[target]
    assert (track.id, track.content_hash, track.artist.name) == (1, file_sha256(music / target), "Ann")
    assert list(ids()) == [target, "n.wav"]


@pytest.mark.parametrize(("moved", "copied"), [("b.wav", "c.wav"), ("c.wav", "b.wav")])
def test_the_first_new_path_takes_the_track_when_a_file_was_moved_and_copied(settings, music, moved, copied):
    clip = write_clip(music / "a.wav", artist="Ann")
    run(settings)
    extract(settings)
    clip.rename(music / moved)
    shutil.copy(music / moved, music / copied)
    report = run(settings)
    assert (report.moved, report.new, report.missing) == (1, 1, 0)
    assert ids() == {"b.wav": 1, "c.wav": 2}
    assert {track.artist.name for track in tracks().values()} == {"Ann"}


def test_a_copy_is_a_new_track_when_the_first_file_stays(settings, music):
    write_clip(music / "b.wav")
    run(settings)
    shutil.copy(music / "b.wav", music / "a.wav")
    report = run(settings)
    assert (report.new, report.moved) == (1, 0)
    assert ids() == {"b.wav": 1, "a.wav": 2}


def test_each_copy_keeps_its_track_when_a_folder_with_duplicates_is_renamed(settings, music):
    for name in ("1.wav", "2.wav", "3.wav"):
        write_clip(music / "old" / name, seed=0)
    run(settings)
    extract(settings)
    (music / "old").rename(music / "new")
    report = run(settings)
    assert (report.moved, report.new, report.missing) == (3, 0, 0)
    assert ids() == {"new/1.wav": 1, "new/2.wav": 2, "new/3.wav": 3}


def test_a_track_that_was_missing_is_found_when_its_file_turns_up_elsewhere(settings, music):
    clip = write_clip(music / "a.wav", 0)
    write_clip(music / "b.wav", 1)
    run(settings)
    extract(settings)
    clip.rename(music.parent / "outside.wav")
    assert run(settings).missing == 1
    (music.parent / "outside.wav").rename(music / "c.wav")
    report = run(settings)
    assert report.moved == 1
    assert {path: track.state for path, track in tracks().items()} == {"c.wav": "present", "b.wav": "present"}


def test_a_missing_file_is_marked_once_and_present_again_when_it_returns(settings, music):
    clip = write_clip(music / "a.wav", 0)
    write_clip(music / "b.wav", 1)
    run(settings)
    clip.rename(music.parent / "away.wav")
    assert run(settings).missing == 1
    assert run(settings).missing == 0
    assert tracks()["a.wav"].state == "missing"
    (music.parent / "away.wav").rename(clip)
    report = run(settings)
    assert (report.returned, report.new) == (1, 0)
    assert (tracks()["a.wav"].state, ids()) == ("present", {"a.wav": 1, "b.wav": 2})


def test_a_file_that_returns_is_read_when_its_time_is_another(settings, music):
    clip = write_clip(music / "a.wav", 0)
    write_clip(music / "b.wav", 1)
    run(settings)
    extract(settings)
    clip.unlink()
    run(settings)
    touch(write_clip(clip, 0))
    report = run(settings)
    assert (report.returned, report.changed) == (1, 0)
    clip.unlink()
    run(settings)
    touch(write_clip(clip, 2))
    report = run(settings)
    assert (report.returned, report.changed) == (0, 1)
    assert tracks()["a.wav"].state == "present"


def test_nothing_changes_when_the_folder_is_empty(settings, music):
    write_clip(music / "a.wav")
    run(settings)
    (music / "a.wav").unlink()
    with pytest.raises(EmptyLibraryError, match=r"1 track is known.*mounted"):
        run(settings)
    shutil.rmtree(music)
    with pytest.raises(EmptyLibraryError, match="There is no folder"):
        run(settings)
    assert tracks()["a.wav"].state == "present"


def test_the_message_says_what_to_do_when_there_never_was_any_music(settings):
    with pytest.raises(EmptyLibraryError, match="Put music there or set AUDIO_DIR"):
        run(settings)


def test_nothing_is_written_when_run_dry(settings, music):
    for seed, name in enumerate(["change.wav", "gone.wav", "move.wav", "same.wav"]):
        write_clip(music / name, seed)
    run(settings)
    extract(settings)
    touch(write_clip(music / "change.wav", 9))
    (music / "gone.wav").unlink()
    (music / "move.wav").rename(music / "moved.wav")
    write_clip(music / "new.wav", 7)
    before = {path: vars(track).copy() for path, track in tracks().items()}
    dry = run(settings, dry_run=True)
    assert (dry.new, dry.changed, dry.moved, dry.missing, dry.unchanged) == (1, 1, 1, 1, 1)
    after = {path: vars(track).copy() for path, track in tracks().items()}
    for state in [*before.values(), *after.values()]:
        del state["_sa_instance_state"]
    assert after == before
    assert run(settings) == dry


def test_the_rest_of_the_library_stays_when_one_folder_is_scanned(settings, music):
    for seed, name in enumerate(["one/a.wav", "one/b.wav", "oneself/c.wav", "two/d.wav"]):
        write_clip(music / name, seed)
    run(settings)
    (music / "one/a.wav").unlink()
    (music / "oneself/c.wav").unlink()
    (music / "two/d.wav").unlink()
    write_clip(music / "two/e.wav", 9)
    report = run(settings, folder=music / "one")
    assert (report.missing, report.new) == (1, 0)
    assert {path: track.state for path, track in tracks().items()} == {
        "one/a.wav": "missing",
        "one/b.wav": "present",
        "oneself/c.wav": "present",
        "two/d.wav": "present",
    }


def test_a_file_is_recognised_when_it_moved_into_the_scanned_folder(settings, music):
    write_clip(music / "one/a.wav", 0)
    write_clip(music / "two/b.wav", 1)
    run(settings)
    extract(settings)
    (music / "one/a.wav").rename(music / "two/a.wav")
    shutil.copy(music / "two/b.wav", music / "two/c.wav")
    report = run(settings, folder=music / "two")
    assert (report.moved, report.new) == (1, 1)
    assert ids() == {"two/a.wav": 1, "two/b.wav": 2, "two/c.wav": 3}


def test_a_folder_is_refused_when_it_is_not_below_the_music(settings, music, tmp_path):
    with pytest.raises(InputError, match="not below AUDIO_DIR"):
        run(settings, folder=tmp_path)
    with pytest.raises(InputError, match="There is no folder"):
        run(settings, folder=music / "nowhere")


def test_a_reason_is_recorded_and_the_file_tried_again_when_it_cannot_be_read(settings, music, monkeypatch):
    write_clip(music / "a.wav", 0)
    write_clip(music / "b.wav", 1)
    real = fingerprint

    def refuse(path):
        if path.name == "a.wav":
            raise PermissionError(13, "Permission denied")
        return real(path)

    with monkeypatch.context() as patch:
        patch.setattr("app.services.file_reading.fingerprint", refuse)
        report = run(settings)
        assert (report.new, report.failed) == (1, 1)
        assert report.problems == [("a.wav", "Permission denied")]
        assert tracks()["a.wav"].error == "Permission denied"
        assert run(settings).failed == 1
    assert run(settings).new == 1
    assert (tracks()["a.wav"].error, ids()) == (None, {"a.wav": 1, "b.wav": 2})


def test_a_known_track_keeps_its_content_when_the_changed_file_cannot_be_read(settings, music, monkeypatch):
    clip = write_clip(music / "a.wav", 0)
    run(settings)
    known = tracks()["a.wav"].quick_hash
    touch(write_clip(clip, 1))

    def refuse(path):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("app.services.file_reading.fingerprint", refuse)
        run(settings)
    track = tracks()["a.wav"]
    assert (track.quick_hash, track.error) == (known, "Input/output error")
    assert run(settings).changed == 1


def test_files_that_vanish_while_read_are_missing_or_never_were(settings, music, monkeypatch):
    for seed, name in enumerate(["a.wav", "b.wav", "c.wav"]):
        write_clip(music / name, seed)
    (music / "c.wav").rename(music / "c")
    run(settings)
    (music / "c").rename(music / "c.wav")
    touch(music / "a.wav")
    real = fingerprint

    def vanish(path):
        path.unlink()
        return real(path)

    monkeypatch.setattr("app.services.file_reading.fingerprint", vanish)
    report = run(settings)
    assert (report.missing, report.new, report.unchanged, report.failed) == (1, 0, 1, 0)
    assert {path: track.state for path, track in tracks().items()} == {"a.wav": "missing", "b.wav": "present"}


def test_nothing_is_missing_below_a_folder_when_it_cannot_be_listed(settings, music, monkeypatch):
    for seed, name in enumerate(["closed/a.wav", "closed/deep/b.wav", "open/c.wav", "open/d.wav"]):
        write_clip(music / name, seed)
    run(settings)
    (music / "open/d.wav").unlink()
    real = os.scandir

    def refuse(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr("os.scandir", refuse)
    report = run(settings)
    assert report.missing == 1
    assert report.problems == [("closed", "cannot list the folder: Permission denied")]
    assert [path for path, track in tracks().items() if track.state == "missing"] == ["open/d.wav"]


def test_links_are_taken_once_and_never_lead_out(settings, music, tmp_path):
    write_clip(music / "real/a.wav", 0)
    write_clip(tmp_path / "elsewhere/b.wav", 1)
    (music / "real/loop").symlink_to(music)
    (music / "again").symlink_to(music / "real")
    (music / "file.wav").symlink_to("real/a.wav")
    (music / "out").symlink_to(tmp_path / "elsewhere")
    (music / "out.wav").symlink_to(tmp_path / "elsewhere/b.wav")
    (music / "broken.wav").symlink_to("nowhere.wav")
    (music / "self.wav").symlink_to("self.wav")
    report = run(settings)
    assert list(tracks()) == ["file.wav", "real/a.wav"]
    assert report.problems == [
        ("broken.wav", "symbolic link that leads nowhere"),
        ("out", "symbolic link out of AUDIO_DIR"),
        ("out.wav", "symbolic link out of AUDIO_DIR"),
        ("self.wav", "symbolic link that leads nowhere"),
    ]


def test_a_link_may_stand_for_the_whole_folder_of_the_music(settings, music, tmp_path):
    write_clip(tmp_path / "disk/a.wav")
    music.rmdir()
    music.symlink_to(tmp_path / "disk")
    assert run(settings).new == 1
    assert run(settings, folder=tmp_path / "disk").unchanged == 1
    assert list(tracks()) == ["a.wav"]


def test_tags_fill_the_tables_without_repetition_when_read(settings, music):
    write_clip(
        music / "1.wav", 1, title="One", artist="Ann", album="First", genre="Rock; Jazz", year="1999-05-01"
    )
    write_clip(music / "2.wav", 2, title="Two", artist="Ann", album="First", genre="ROCK")
    write_clip(music / "3.wav", 3, title="Three", artist="Bob", album="First", genre="rock")
    write_clip(music / "4.wav", 4)
    run(settings)
    assert sorted(db.session.scalars(select(Artist.name))) == ["Ann", "Bob"]
    assert db.session.scalar(select(func.count()).select_from(Album)) == 2
    assert sorted(map(tuple, db.session.execute(select(Tag.group, Tag.name)))) == [
        ("genre", "jazz"),
        ("genre", "rock"),
    ]
    first = tracks()["1.wav"]
    assert (first.title, first.year, first.artist.name, first.album.name) == ("One", 1999, "Ann", "First")
    assert first.album.artist is first.artist
    assert sorted(tag.name for tag in first.tags) == ["jazz", "rock"]
    last = tracks()["4.wav"]
    assert (last.title, last.artist, last.album, last.tags) == (None, None, None, [])


def test_names_that_no_track_has_any_more_are_removed(settings, music):
    clip = write_clip(music / "1.wav", 1, artist="Ann", album="First", genre="rock")
    run(settings)
    touch(write_clip(clip, 2, artist="Bob"))
    run(settings)
    assert list(db.session.scalars(select(Artist.name))) == ["Bob"]
    assert list(db.session.scalars(select(Album.name))) == []
    assert list(db.session.scalars(select(Tag.name))) == []


def test_a_track_has_no_tags_when_its_file_is_no_audio(settings, music):
    (music / "text.mp3").write_text("This is no music at all.\n" * 50)
    (music / "empty.mp3").touch()
    assert run(settings).new == 2
    assert {track.title for track in tracks().values()} == {None}


def alike(content: int) -> bytes:
    """A WAV file of which only the middle tells it from the others: its first and last 64 KiB are silent."""
    silence = bytes(70_000)
    return wav_bytes(silence + bytes([content]) * 10_000 + silence, sample_rate=8000)


def write_alike(path: Path, content: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(alike(content))
    return path


def test_a_file_has_changed_when_only_its_middle_is_another(settings, music):
    clip = write_alike(music / "mix.wav", 1)
    run(settings)
    extract(settings)
    touch(write_alike(clip, 2))
    report = run(settings)
    assert (report.changed, report.unchanged) == (1, 0)
    track = tracks()["mix.wav"]
    assert (track.content_hash, track.content_version) == (None, 1)


def test_a_file_that_was_never_extracted_counts_as_changed_when_its_time_is_another(settings, music):
    clip = write_alike(music / "mix.wav", 1)
    run(settings)
    touch(clip)
    assert run(settings).changed == 1
    assert tracks()["mix.wav"].content_version == 1


def test_each_stem_keeps_its_track_when_they_differ_in_the_middle_only(settings, music):
    names = ["bass", "drums", "keys", "vocals"]
    for number, name in enumerate(names):
        write_alike(music / f"{name}.wav", number)
    run(settings)
    extract(settings)
    (music / "vocals.wav").rename(music / "1 vocals.wav")
    (music / "bass.wav").rename(music / "2 bass.wav")
    report = run(settings)
    assert (report.moved, report.new, report.missing, report.unchanged) == (2, 0, 0, 2)
    assert ids() == {"2 bass.wav": 1, "drums.wav": 2, "keys.wav": 3, "1 vocals.wav": 4}


def test_a_move_is_not_believed_when_the_content_was_never_read_in_full(settings, music):
    write_alike(music / "bass.wav", 0)
    write_alike(music / "keys.wav", 1)
    run(settings)
    (music / "bass.wav").rename(music / "vocals.wav")
    report = run(settings)
    assert (report.moved, report.new, report.missing) == (0, 1, 1)


def test_the_new_title_is_read_when_a_tag_was_changed_in_place(settings, music):
    clip = write_clip(music / "a.wav", n_samples=75_000, title="Old title")
    run(settings)
    extract(settings)
    size = clip.stat().st_size
    touch(write_clip(clip, n_samples=75_000, title="New title"))
    assert clip.stat().st_size == size
    assert run(settings).changed == 1
    assert tracks()["a.wav"].title == "New title"


@pytest.mark.parametrize("seconds", [-11_644_473_600 + 60, 10_413_792_000, -(2**33)])
def test_all_files_are_scanned_when_the_time_of_one_is_absurd(settings, music, seconds):
    write_clip(music / "a.wav", 0)
    clip = write_clip(music / "b.wav", 1)
    os.utime(clip, (seconds, seconds))
    assert run(settings).new == 2
    assert run(settings).unchanged == 2


def test_recycle_bins_and_thumbnails_are_left_out_when_a_network_disk_keeps_some(settings, music):
    write_clip(music / "a.wav")
    for number, folder in enumerate(
        ["#recycle", "@Recycle", "$RECYCLE.BIN/S-1", "@eaDir/x.mp3", "lost+found"]
    ):
        write_clip(music / folder / "gone.wav", number + 1)
    run(settings)
    assert list(tracks()) == ["a.wav"]


def test_files_are_counted_when_their_sound_cannot_be_decoded(settings, music):
    write_clip(music / "a.wav")
    for name in ("b.mid", "c.MID", "d.xm", "e.txt"):
        (music / name).write_bytes(b"x")
    assert run(settings).other_sound == {".mid": 2, ".xm": 1}


def test_a_video_is_a_track_when_it_has_sound(settings, music):
    music.mkdir(exist_ok=True)
    write_tone(music / "sound.m4a", 1.0).rename(music / "sound.mp4")
    BAD["video only"].write(music / "silent.mp4")
    for _ in range(2):
        report = run(settings)
        assert report.without_sound == 1
        assert list(tracks()) == ["sound.mp4"]


def test_nothing_is_marked_missing_when_most_of_the_music_is_gone_at_once(settings, music):
    for number in range(20):
        write_clip(music / f"{number:02}.wav", number)
    run(settings)
    for number in range(1, 20):
        (music / f"{number:02}.wav").unlink()
    with pytest.raises(VanishedError, match=r"19 of 20 tracks are gone.*--yes-they-are-gone"):
        run(settings)
    assert {track.state for track in tracks().values()} == {"present"}
    assert run(settings, may_vanish=True).missing == 19
    assert run(settings).missing == 0


def test_nothing_is_marked_missing_when_a_folder_is_empty_that_held_music(settings, music):
    for number in range(12):
        write_clip(music / "disk" / "album" / f"{number:02}.wav", number)
    for number in range(40):
        write_clip(music / "here" / f"{number:02}.wav", 100 + number)
    run(settings)
    shutil.rmtree(music / "disk" / "album")
    with pytest.raises(VanishedError, match=r"disk is empty but held 12 tracks"):
        run(settings)
    shutil.rmtree(music / "disk")  # a folder that was removed altogether was not unmounted
    assert run(settings).missing == 12


def test_all_are_moved_when_the_folder_of_most_tracks_is_renamed(settings, music):
    for number in range(20):
        write_clip(music / "old" / f"{number:02}.wav", number)
    write_clip(music / "other.wav", 99)
    run(settings)
    extract(settings)
    (music / "old").rename(music / "new")
    assert run(settings).moved == 20


def test_a_copy_of_a_moved_file_is_read_within_limits_when_its_tags_are_a_bomb(settings, music):
    bomb = write_packed_bomb(music / "a.mp3", 1000)
    assert len(run(settings, jobs=1).problems) == 1
    extract(settings)
    bomb.rename(music / "b.mp3")
    shutil.copy(music / "b.mp3", music / "c.mp3")
    report = run(settings, jobs=1)
    assert (report.moved, report.new) == (1, 1)
    reason = "its tags were not read: they need more than 512 MB of memory"
    assert report.problems == [("c.mp3", reason)]
