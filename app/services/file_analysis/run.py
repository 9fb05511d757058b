"""Analysing files, one after another: a bad one is told of, the others go on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.analyses import ANALYSES, Analyser, Wanted, availability, check_available
from app.audio.decode import probe
from app.errors import InputError, MissingExtraError, MusicExploreError, NetworkError
from app.networks.engines import engine_for
from app.services.file_analysis.facts import GENRES, Facts, facts_of
from app.services.file_analysis.sidecars import write_sidecars
from app.services.file_analysis.write_tags import check_writable, write_tags
from app.services.report import Advance, Reporter
from app.settings import Settings

WRITTEN = ("bpm", "key", *GENRES)
"""Analyses whose results can be written to tags."""
SIDECARS = (*WRITTEN, "classifiers")
"""Analyses whose results can be written to sidecar files."""


@dataclass(frozen=True)
class FileWish:
    """What is wanted of each file.

    Attributes
    ----------
    wanted : Wanted
        Analyses.
    sidecars, tags : bool
        Whether to write small files beside it, and into its tags.
    """

    wanted: Wanted
    sidecars: bool = False
    tags: bool = False


@dataclass(frozen=True)
class FileReport:
    """What became of a file.

    Attributes
    ----------
    path : Path
    results : dict
        Analysis to what it tells; empty if there was an error before the end, or in a dry run.
    error : str or None
        What went wrong.
    written : list of Path
        Files that were written, the audio file among them if its tags were.
    backup : Path or None
        Copy of the audio file as it was.
    not_found : tuple of str
        Analyses that should have been written but found nothing, such as the tempo of silence.
    """

    path: Path
    results: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    written: list[Path] = field(default_factory=list)
    backup: Path | None = None
    not_found: tuple[str, ...] = ()


def default_names() -> tuple[str, ...]:
    """Return the analyses of interest to people: all but embeddings, which are numbers for programs."""
    return tuple(name for name in ANALYSES.names() if name != "embeddings")


def split_available(settings: Settings, names: Sequence[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Return those of some analyses that can run here, and why each of the others cannot."""
    reasons = availability(settings.MODELS_DIR, engine_for(settings))
    missing = {name: reason for name in names if (reason := reasons.get(name)) is not None}
    return tuple(name for name in names if name not in missing), missing


def check_wish(settings: Settings, wish: FileWish) -> None:
    """Refuse what cannot be.

    Raises
    ------
    InputError
        If something wanted does not exist, or nothing of it can be written into tags.
    MissingNetworkError, MissingExtraError
        If it cannot run here.
    """
    check_available(settings.MODELS_DIR, engine_for(settings), wish.wanted)
    for what, is_wanted, able in (("tags", wish.tags, WRITTEN), ("sidecar files", wish.sidecars, SIDECARS)):
        if is_wanted and not set(wish.wanted.names) & set(able):
            raise InputError(f"None of these can be written to {what}. Choose from: {', '.join(able)}.")


def analyse_files(
    settings: Settings, reporter: Reporter, paths: Sequence[Path], wish: FileWish, *, dry_run: bool = False
) -> Iterator[FileReport]:
    """Analyse files and write what is wanted.

    Yields
    ------
    FileReport
        Of each file, as soon as it is done.

    Raises
    ------
    InputError, NetworkError, MissingExtraError
        If nothing can be done with any file.
    """
    check_wish(settings, wish)
    if dry_run:
        yield from (_try(path, wish) for path in paths)
        return
    analyser = Analyser(settings.MODELS_DIR, engine_for(settings))
    steps = len(set(wish.wanted.names))
    with reporter.stage("Analysing", steps * len(paths)) as advance:
        for path in paths:
            counter = _Counter(advance, steps)
            yield _analyse(analyser, path, wish, counter)
            counter.finish()


class _Counter:
    """Counts the analyses of one file: each is done when the next begins."""

    def __init__(self, advance: Advance, steps: int) -> None:
        self._advance, self._left = advance, steps
        self._is_first = True

    def begin(self, _name: str) -> None:
        if not self._is_first:
            self._left -= 1
            self._advance(1)
        self._is_first = False

    def finish(self) -> None:
        """Count what is left, also if the file could not be done."""
        self._advance(self._left)


def _analyse(analyser: Analyser, path: Path, wish: FileWish, counter: _Counter) -> FileReport:
    written: list[Path] = []
    results: dict[str, Any] = {}
    backup = None
    try:
        results = analyser.analyse(path, wish.wanted, advance=counter.begin)
        facts = facts_of(results)
        not_found = _not_found(facts, wish)
        if wish.sidecars:
            written += write_sidecars(path, facts)
        if wish.tags:
            backup = write_tags(path, facts)
            written += [path] if backup else []
    except (NetworkError, MissingExtraError):
        raise
    except MusicExploreError as error:
        return FileReport(path, results, str(error), written, backup)
    return FileReport(path, results, None, written, backup, not_found)


def _not_found(facts: Facts, wish: FileWish) -> tuple[str, ...]:
    """Return the analyses that should have been written but found nothing."""
    genres = dict.fromkeys(GENRES, facts.genres)
    found = {"bpm": facts.bpm, "key": facts.key, **genres, "classifiers": facts.levels}
    able = set(SIDECARS if wish.sidecars else WRITTEN if wish.tags else ())
    return tuple(name for name in wish.wanted.names if name in able and not found[name])


def _try(path: Path, wish: FileWish) -> FileReport:
    """Tell whether a file could be analysed and written to, as far as its head says."""
    try:
        probe(path)
        if wish.tags:
            check_writable(path)
    except MusicExploreError as error:
        return FileReport(path, error=str(error))
    return FileReport(path)
