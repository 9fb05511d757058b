"""Progress on the console."""

import io

import pytest

from cli import progress
from cli.progress import ConsoleReporter


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_a_line_is_printed_now_and_then_when_there_is_no_terminal(clock):
    stream = io.StringIO()
    with ConsoleReporter(stream).stage("Reading", 4000) as advance:
        for _ in range(80):
            clock.now += 0.5
            advance(50)
    assert stream.getvalue().splitlines() == [
        "Reading: 1,000 of 4,000 (25%), 30 s left",
        "Reading: 2,000 of 4,000 (50%), 20 s left",
        "Reading: 3,000 of 4,000 (75%), 10 s left",
        "Reading: 4,000 of 4,000 (100%) in 40 s",
    ]


def test_a_bar_is_redrawn_in_place_when_there_is_a_terminal(clock):
    stream = Terminal()
    reporter = ConsoleReporter(stream)
    with reporter.stage("Reading", 4) as advance:
        clock.now += 60
        advance(1)
        reporter.say("a.mp3 is damaged")
    drawn = stream.getvalue().split("\r\x1b[K")
    assert drawn == [
        "",
        "[........................] Reading: 0 of 4 (0%)",
        "[######..................] Reading: 1 of 4 (25%), 3 min 0 s left",
        "a.mp3 is damaged\n",
        "[######..................] Reading: 1 of 4 (25%), 3 min 0 s left",
        "Reading: 1 of 4 (25%) in 1 min 0 s\n",
    ]


def test_only_the_count_is_shown_when_nobody_knows_how_many(clock):
    stream = io.StringIO()
    with ConsoleReporter(stream).stage("Looking", 0) as advance:
        advance(1234)
        clock.now += 3700
    assert stream.getvalue() == "Looking: 1,234 in 1 h 1 min\n"


def test_the_outer_stage_stays_silent_while_an_inner_one_shows(clock):
    stream = io.StringIO()
    reporter = ConsoleReporter(stream)
    with reporter.stage("Outer", 2) as outer:
        with reporter.stage("Inner", 2) as inner:
            clock.now += 20
            outer(1)
            inner(1)
        outer(1)
    shown = [line.split(":")[0] for line in stream.getvalue().splitlines()]
    assert shown == ["Inner", "Inner", "Outer"]


def test_what_is_found_is_printed_above_the_bar(clock, capsys):
    stream = Terminal()
    reporter = ConsoleReporter(stream)
    with reporter.stage("Analysing", 2) as advance:
        clock.now += 1
        advance(1)
        reporter.out("song.mp3: A minor")
        assert stream.getvalue().count("Analysing: 1 of 2") == 2
    assert capsys.readouterr().out == "song.mp3: A minor\n"
    assert "song.mp3" not in stream.getvalue()
