"""Word of a run's progress reaches others while it lives, and no longer."""

import os
import subprocess
import sys
from dataclasses import asdict

import pytest

from app.queries.status import describe_status
from app.services import progress as module
from app.services.lock import library_lock
from app.services.progress import SharedReporter
from app.services.report import Reporter
from app.settings import PROJECT_DIR
from app.store.progress import LOCK_FILE, PROGRESS_FILE, UNTOLD, Progress, read_progress, write_progress

RUN = """
import sys
from pathlib import Path
from app.services.lock import library_lock
from app.services.progress import SharedReporter
from app.services.report import Reporter
from app.settings import read_settings

settings = read_settings({"ROOT_DIR": sys.argv[1]})
with library_lock(settings), SharedReporter(Reporter(), settings).stage("Extracting", 60):
    print("ready", flush=True)
    sys.stdin.read()
"""


def told(settings):
    return read_progress(settings.ROOT_DIR)


def test_progress_is_told_while_the_lock_is_held(settings, runner, monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0)
    reporter = SharedReporter(Reporter(), settings)
    assert told(settings) is None
    with library_lock(settings):
        assert told(settings) == UNTOLD
        with reporter.stage("Extracting", 4) as advance:
            assert told(settings) == Progress("Extracting", 0, 4, None)
            advance(1)
            advance(2)
            found = told(settings)
            assert (found.stage, found.done, found.total) == ("Extracting", 3, 4)
            assert found.seconds_left >= 0
            assert describe_status(settings)["running"] == asdict(found)
            assert "Running     Extracting: 3 of 4\n" in runner.invoke(args=["status"]).stdout
    assert told(settings) is None
    assert describe_status(settings)["running"] is None


def test_not_every_step_is_written(settings, monkeypatch):
    monkeypatch.setattr(module, "PAUSE_SECONDS", float("inf"))
    with library_lock(settings), SharedReporter(Reporter(), settings).stage("Scanning", 9) as advance:
        advance(5)
        assert told(settings).done == 0


def test_nothing_is_written_without_the_lock(settings):
    with SharedReporter(Reporter(), settings).stage("Looking", 1) as advance:
        advance(1)
    assert not (settings.ROOT_DIR / PROGRESS_FILE).exists()


def test_listener_hears_everything(settings):
    heard = []

    class Listener(Reporter):
        def say(self, message):
            heard.append(message)

    SharedReporter(Listener(), settings).say("hello")
    assert heard == ["hello"]


def test_run_goes_on_when_the_progress_cannot_be_written(settings):
    (settings.ROOT_DIR / PROGRESS_FILE).mkdir()
    with library_lock(settings), SharedReporter(Reporter(), settings).stage("Scanning", 1) as advance:
        advance(1)
        assert told(settings) == UNTOLD


def test_word_of_a_killed_run_is_not_believed(settings):
    command = [sys.executable, "-c", RUN, str(settings.ROOT_DIR)]
    run = subprocess.Popen(command, cwd=PROJECT_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with run:
        assert run.stdout.readline() == "ready\n"
        assert told(settings) == Progress("Extracting", 0, 60)
        run.kill()
    assert (settings.ROOT_DIR / PROGRESS_FILE).exists()
    assert told(settings) is None
    with library_lock(settings):
        assert told(settings) == UNTOLD


@pytest.mark.parametrize("content", ["", "{", "[]", '{"process": 1}', '{"stage": "x"}'])
def test_word_that_cannot_be_understood_is_left_aside(settings, content):
    with library_lock(settings):
        write_progress(settings.ROOT_DIR, Progress("Scanning", 1, 2))
        assert told(settings).stage == "Scanning"
        (settings.ROOT_DIR / PROGRESS_FILE).write_text(content)
        assert told(settings) == UNTOLD


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"{",
        b"5",
        b"null",
        b'"text"',
        b"[1]",
        b"{}",
        b'{"process": PID}',
        b'{"process": PID, "stage": "Scanning", "done": "many"}',
        b'{"process": PID, "stage": [], "done": 1}',
    ],
)
def test_run_is_known_when_its_word_is_damaged(settings, runner, content):
    with library_lock(settings):
        (settings.ROOT_DIR / PROGRESS_FILE).write_bytes(content.replace(b"PID", str(os.getpid()).encode()))
        assert told(settings) == UNTOLD
        assert runner.invoke(args=["status"]).exit_code == 0


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"-1", b"no number", bytes(5000)])
def test_lock_is_taken_and_seen_when_its_file_is_damaged(settings, content):
    path = settings.ROOT_DIR / LOCK_FILE
    path.write_bytes(content)
    assert told(settings) is None
    with library_lock(settings):
        assert told(settings) == UNTOLD
        path.write_bytes(content)
        assert told(settings) == UNTOLD
    assert told(settings) is None
