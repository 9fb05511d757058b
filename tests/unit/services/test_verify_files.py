"""Deep verification: files whose content changed although size and modification time did not."""

import os

import pytest

from app.files import file_sha256
from app.models import Track, db
from app.services.report import Reporter
from app.services.scan import scan
from app.services.verify import VerifyReport
from app.services.verify_files import verify_files
from tests.clips import touch, write_clip


@pytest.fixture
def clips(settings):
    """Three scanned files, of which two were extracted."""
    paths = [write_clip(settings.AUDIO_DIR / f"{name}.wav", seed) for seed, name in enumerate("abc")]
    scan(settings, Reporter(), jobs=0)
    for track in db.session.query(Track).where(Track.path != "c.wav"):
        track.content_hash = file_sha256(settings.AUDIO_DIR / track.path)
    db.session.commit()
    return paths


def change_unnoticed(path, seed):
    status = path.stat()
    write_clip(path, seed)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def deep(settings, **options):
    report = VerifyReport()
    verify_files(settings, Reporter(), report, **options)
    return report


def test_nothing_is_wrong_when_all_files_are_what_was_extracted(settings, clips):
    report = deep(settings)
    assert (report.problems, report.checked) == ([], 2)


def test_a_file_is_named_and_pending_again_when_it_changed_without_a_trace(settings, clips):
    change_unnoticed(clips[1], 9)
    assert scan(settings, Reporter(), jobs=0).unchanged == 3
    assert deep(settings).problems == [
        "b.wav: its content has changed since extraction, although size and modification time have not"
    ]
    assert deep(settings, repair=True).to_extract
    track = db.session.query(Track).where(Track.path == "b.wav").one()
    assert (track.content_hash, track.content_version) == (None, 1)
    assert deep(settings).problems == []


def test_a_file_is_left_to_the_next_scan_when_its_time_is_another(settings, clips):
    touch(write_clip(clips[0], 9))
    clips[1].unlink()
    assert deep(settings).problems == []


def test_the_command_ends_with_1_when_a_file_changed_without_a_trace(runner, settings, clips):
    change_unnoticed(clips[0], 9)
    assert runner.invoke(args=["verify"]).exit_code == 0
    result = runner.invoke(args=["verify", "--deep"])
    assert result.exit_code == 1
    assert "a.wav: its content has changed" in result.output


def test_vectors_are_kept_when_a_file_cannot_be_read(runner, settings, clips, monkeypatch):
    def fail(path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("app.services.verify_files.file_sha256", fail)
    report = VerifyReport()
    unreadable = verify_files(settings, Reporter(), report, repair=True)
    assert unreadable == report.problems == [f"{n}.wav: cannot be read: Input/output error" for n in "ab"]
    assert not report.to_extract
    tracks = db.session.query(Track).where(Track.path != "c.wav").all()
    assert all(track.content_hash and track.content_version == 0 for track in tracks)
