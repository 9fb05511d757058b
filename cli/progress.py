"""Progress of a service on the console: a bar on a terminal, a line now and then elsewhere."""

import contextlib
import shutil
import sys
import time
from collections.abc import Iterator
from typing import TextIO

import click

from app.services.progress import SharedReporter
from app.services.report import Advance, Reporter
from app.settings import Settings

REDRAW_SECONDS = 0.1
LINE_SECONDS = 10.0
BAR_CHARACTERS = 24


def reporter_for(settings: Settings) -> Reporter:
    """Return what commands that work on a library report to: the console, and those who look on."""
    return SharedReporter(ConsoleReporter(), settings)


class ConsoleReporter(Reporter):
    """Shows label, count, percentage and time left on standard error, so that output can be piped."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._is_terminal = self._stream.isatty()
        self._stages: list[_Stage] = []

    @contextlib.contextmanager
    def stage(self, label: str, total: int) -> Iterator[Advance]:
        """Announce ``total`` steps of work; 0 if nobody knows how many."""
        stage = _Stage(label, total)
        self._stages.append(stage)
        self._show(stage)
        try:
            yield lambda steps: self._advance(stage, steps)
        finally:
            self._stages.remove(stage)
            self._finish(stage)

    def say(self, message: str) -> None:
        """Print a line above the bar."""
        self._print(message)
        if self._is_terminal and self._stages:
            self._show(self._stages[-1])

    def out(self, text: str) -> None:
        """Print on standard output, above the bar."""
        if self._is_terminal and self._stages:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
        click.echo(text)
        if self._is_terminal and self._stages:
            self._show(self._stages[-1])

    def _advance(self, stage: "_Stage", steps: int) -> None:
        stage.done += steps
        pause = REDRAW_SECONDS if self._is_terminal else LINE_SECONDS
        if stage is self._stages[-1] and time.monotonic() - stage.shown_at >= pause:
            self._show(stage)

    def _show(self, stage: "_Stage") -> None:
        stage.shown_at = time.monotonic()
        if self._is_terminal:
            width = shutil.get_terminal_size().columns
            self._stream.write(f"\r\x1b[K{stage.describe(bar=True)[: width - 1]}")
            self._stream.flush()
        elif stage.done and stage.done != stage.total:
            self._print(stage.describe())

    def _finish(self, stage: "_Stage") -> None:
        self._print(f"{stage.describe(time_left=False)} in {_duration(stage.elapsed())}")

    def _print(self, line: str) -> None:
        start = "\r\x1b[K" if self._is_terminal else ""
        self._stream.write(f"{start}{line}\n")
        self._stream.flush()


class _Stage:
    def __init__(self, label: str, total: int) -> None:
        self.label = label
        self.total = total
        self.done = 0
        self.started_at = self.shown_at = time.monotonic()

    def elapsed(self) -> float:
        return time.monotonic() - self.started_at

    def describe(self, *, bar: bool = False, time_left: bool = True) -> str:
        """Return a line such as ``Scanning: 1,200 of 55,000 (2 %), 3 min left``."""
        if not self.total:
            return f"{self.label}: {self.done:,}"
        share = min(1.0, self.done / self.total)
        text = f"{self.label}: {self.done:,} of {self.total:,} ({share:.0%})"
        if time_left and 0 < self.done < self.total:
            text += f", {_duration(self.elapsed() * (1 - share) / share)} left"
        if bar:
            filled = round(share * BAR_CHARACTERS)
            text = f"[{'#' * filled}{'.' * (BAR_CHARACTERS - filled)}] {text}"
        return text


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
