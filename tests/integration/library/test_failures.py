"""Scanning when things go wrong around it: no permission, full disk, locked database, kill -9."""

import os
import pwd
import shutil
import signal
import sqlite3
import tempfile
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from app import create_app, current_settings
from app.errors import EmptyLibraryError
from app.models import Track, db
from app.services import database
from app.services.report import Reporter
from app.services.scan import scan
from app.settings import Settings
from cli import register
from tests.clips import write_clip

N_CLIPS = 3000  # several times as many as in the batches that end before a signal takes effect


def make_app(**settings):
    app = create_app(dict.fromkeys(Settings.model_fields) | settings)
    register(app)
    return app


@contextmanager
def at_connection(statement):
    """Run a statement on each new connection."""

    def run(connection, _record):
        connection.execute(statement)

    db.engine.dispose()
    event.listen(db.engine, "connect", run)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", run)
        db.session.remove()
        db.engine.dispose()


def count_tracks():
    db.session.expire_all()
    return db.session.scalar(select(func.count()).select_from(Track))


def test_a_locked_database_is_explained_and_the_next_run_goes_on(app, settings, runner):
    write_clip(settings.AUDIO_DIR / "a.wav")
    with closing(sqlite3.connect(settings.ROOT_DIR / "db.sqlite")) as other:
        other.execute("BEGIN IMMEDIATE")
        with at_connection("PRAGMA busy_timeout = 10"):
            result = runner.invoke(args=["index-all-audio"])
    assert result.exit_code == 1
    assert "Error: The database is locked by another program." in result.stderr
    assert count_tracks() == 0
    assert runner.invoke(args=["index-all-audio"]).stdout == "Tracks: 1 new.\n"


def test_a_read_only_database_is_explained(app, settings):
    write_clip(settings.AUDIO_DIR / "a.wav")
    address = f"sqlite:///file:{settings.ROOT_DIR / 'db.sqlite'}?mode=ro&uri=true"
    read_only = make_app(ROOT_DIR=settings.ROOT_DIR, SQLALCHEMY_DATABASE_URI=address)
    with read_only.app_context():
        result = read_only.test_cli_runner().invoke(args=["index-all-audio"])
        db.session.remove()
        db.engine.dispose()
    assert result.exit_code == 1
    assert "Error: The database is read-only." in result.stderr
    assert count_tracks() == 0


def test_a_full_disk_is_explained_and_what_was_committed_stays(app, settings, runner):
    for number in range(600):
        write_clip(settings.AUDIO_DIR / f"{number:04}.wav", number, n_samples=8)
    with at_connection("PRAGMA max_page_count = 95"):
        result = runner.invoke(args=["index-all-audio"])
    assert result.exit_code == 1
    assert "Error: The disk of the database is full." in result.stderr
    stayed = count_tracks()
    assert 0 < stayed < 600
    assert runner.invoke(args=["index-all-audio"]).exit_code == 0
    tracks = [tuple(row) for row in db.session.execute(select(Track.id, Track.path).order_by(Track.id))]
    assert tracks == [(number + 1, f"{number:04}.wav") for number in range(600)]


@contextmanager
def library_of_nobody():
    """An application whose library belongs to a user who may not do everything, and that user's rights."""
    nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    root = Path(tempfile.mkdtemp(prefix="library-"))
    app = make_app(ROOT_DIR=root)
    try:
        with app.app_context():
            database.upgrade(current_settings(app))
            db.session.remove()
            db.engine.dispose()
            if nobody:
                for path in (root, *root.rglob("*")):
                    os.chown(path, nobody.pw_uid, nobody.pw_gid)
                os.seteuid(nobody.pw_uid)
            yield app
            db.session.remove()
            db.engine.dispose()
    finally:
        if nobody:
            os.seteuid(0)
        for folder in root.rglob("*/"):
            folder.chmod(0o755)
        shutil.rmtree(root)


def test_what_may_not_be_read_is_reported_and_the_rest_goes_on():
    with library_of_nobody() as app:
        music = current_settings(app).AUDIO_DIR
        for seed, name in enumerate(
            ["file/a.wav", "file/b.wav", "listed/c.wav", "shut/d.wav", "whole/e.wav"]
        ):
            write_clip(music / name, seed)
        (music / "file/a.wav").chmod(0)
        report = scan(current_settings(app), Reporter(), jobs=0)
        assert (report.new, report.failed) == (4, 1)
        assert report.problems == [("file/a.wav", "Permission denied")]
        (music / "listed").chmod(0o444)
        (music / "shut").chmod(0)
        report = scan(current_settings(app), Reporter(), jobs=0)
        assert (report.unchanged, report.missing, report.failed) == (2, 0, 1)
        assert report.problems == [
            ("listed/c.wav", "cannot be looked at: Permission denied"),
            ("shut", "cannot list the folder: Permission denied"),
            ("file/a.wav", "Permission denied"),
        ]
        music.chmod(0)
        with pytest.raises(EmptyLibraryError, match="cannot list the folder: Permission denied"):
            scan(current_settings(app), Reporter(), jobs=0)
        assert set(db.session.scalars(select(Track.state))) == {"present"}


def test_a_scan_is_refused_when_the_folder_of_the_library_may_not_be_written():
    with library_of_nobody() as app:
        root = current_settings(app).ROOT_DIR
        write_clip(root / "audio" / "a.wav")
        (root / "library.lock").unlink()
        root.chmod(0o500)
        result = app.test_cli_runner().invoke(args=["index-all-audio"])
        assert result.exit_code == 1
        assert "Error: The database is read-only. Check the permissions" in result.stderr


def test_a_folder_that_may_not_be_written_is_explained():
    with library_of_nobody() as app:
        root = current_settings(app).ROOT_DIR
        other = make_app(ROOT_DIR=root / "audio" / "library")
        (root / "audio").chmod(0o500)
        with other.app_context():
            result = other.test_cli_runner().invoke(args=["init-db"])
        assert result.exit_code == 1
        assert result.stderr.startswith(f"Error: Cannot create the folder {root / 'audio' / 'library'}")


@pytest.fixture
def many_clips(root_dir):
    for number in range(N_CLIPS):
        write_clip(root_dir / "audio" / f"{number // 100:02}" / f"{number:04}.wav", number, n_samples=8)
    app = make_app(ROOT_DIR=root_dir)
    with app.app_context():
        database.upgrade(current_settings(app))
        db.engine.dispose()


def wait_for_a_batch(path, process):
    """Wait until the process has committed more tracks; return whether it still runs."""
    with closing(sqlite3.connect(path)) as connection:

        def count():
            return connection.execute("SELECT count(*) FROM track").fetchone()[0]

        before = count()
        while count() == before and process.poll() is None:
            time.sleep(0.002)
    return process.poll() is None


def read_tracks(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT id, path, state FROM track ORDER BY id").fetchall()


def test_a_scan_ends_with_the_same_ids_when_stopped_and_killed_on_its_way(root_dir, many_clips, start):
    path = root_dir / "db.sqlite"
    for number, said in (
        (signal.SIGKILL, ""),
        (signal.SIGTERM, "Stopped. Run the command again to go on.\n"),
        (signal.SIGINT, "Stopped. Run the command again to go on.\n"),
    ):
        process = start("index-all-audio")
        assert wait_for_a_batch(path, process)
        process.send_signal(number)
        _, errors = process.communicate(timeout=120)
        assert process.returncode == (-number if number == signal.SIGKILL else 130)
        assert errors.endswith(said)
        assert 0 < len(read_tracks(path)) < N_CLIPS
    process = start("index-all-audio")
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert " unchanged.\n" in output
    assert read_tracks(path) == [
        (number + 1, f"{number // 100:02}/{number:04}.wav", "present") for number in range(N_CLIPS)
    ]


def test_a_second_run_is_refused_and_names_the_first_while_that_is_at_work(root_dir, many_clips, start):
    first = start("index-all-audio")
    assert wait_for_a_batch(root_dir / "db.sqlite", first)
    first.send_signal(signal.SIGSTOP)
    second = start("index-all-audio")
    _, errors = second.communicate(timeout=120)
    assert second.returncode == 1
    assert f"(process {first.pid})" in errors
    first.kill()


def test_the_tracks_stay_when_the_folder_of_the_music_is_lost(app: Flask, settings, runner):
    write_clip(settings.AUDIO_DIR / "a.wav")
    runner.invoke(args=["index-all-audio"])
    shutil.rmtree(settings.AUDIO_DIR)
    result = runner.invoke(args=["index-all-audio"])
    assert result.exit_code == 1
    assert "There is no folder" in result.stderr
    assert list(db.session.scalars(select(Track.state))) == ["present"]
