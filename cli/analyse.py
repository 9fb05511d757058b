"""``flask analyse`` and ``analyse-file``: what can be told of the sound of files."""

import json
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click
from flask import current_app

from app import current_settings
from cli.base import EXIT_FAILED, EXIT_INCOMPLETE, command, dry_run_option
from cli.processing import network_option
from cli.progress import ConsoleReporter

if TYPE_CHECKING:
    from app.services.file_analysis.run import FileReport, FileWish
    from app.settings import Settings

FILE = click.Path(path_type=Path)
SHOWN_TAGS = 5
GENRE_ANALYSES = {
    "musicnn": "genre_musicnn",
    "magnatagatune": "genre_magnatagatune",
    "discogseffnet": "genre_discogs_effnet",
}


@command(
    "analyse",
    examples="""
    flask analyse song.mp3                                   everything that can be told here
    flask analyse *.flac --attribute bpm --attribute key
    flask analyse song.mp3 --attribute embeddings --network mtt-musicnn --json
    flask analyse *.mp3 --sidecar                            song.mp3.bpm, song.mp3.key, ... beside each
    flask analyse *.mp3 --attribute bpm --write-tags --dry-run
    """,
)
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option(
    "--attribute",
    "attributes",
    multiple=True,
    metavar="NAME",
    help="bpm, key, tags, genre_discogs_effnet, genre_musicnn, genre_magnatagatune, classifiers, embeddings; "
    "repeatable. Default: all but embeddings that can run here.",
)
@network_option
@click.option("--json", "as_json", is_flag=True, help="For programs: a line with one object for each file.")
@click.option("--sidecar", is_flag=True, help="Write FILE.bpm, .key, .genre and .ae beside each file.")
@click.option(
    "--write-tags", is_flag=True, help="Write tempo, key and genre into the file's tags; keeps FILE.bak."
)
@dry_run_option
def analyse(
    files: tuple[Path, ...],
    attributes: tuple[str, ...],
    networks: tuple[str, ...],
    as_json: bool,
    sidecar: bool,
    write_tags: bool,
    dry_run: bool,
) -> None:
    """Tell tempo, key, tags, genre and more of each FILE; it need not be in the library.

    A file that cannot be read is told of and the others go on; the exit code is then 1.
    """
    from app.analyses import Wanted
    from app.services.file_analysis.run import FileWish, default_names, split_available

    settings = current_settings(current_app)
    names, missing = attributes, dict[str, str]()
    if not names:
        names, missing = split_available(settings, default_names())
        _name_missing(missing)
    if networks and not {"tags", "embeddings"} & set(names):
        raise click.UsageError(
            "--network applies only to tags and embeddings; add one of them with --attribute."
        )
    wanted = Wanted(names, networks)
    wish = FileWish(wanted, sidecar, write_tags)
    outcome = _run(settings, files, wish, missing=missing, as_json=as_json, dry_run=dry_run)
    if outcome.failed:
        sys.exit(EXIT_FAILED)


@command(
    "analyse-file",
    examples="""
    flask analyse-file -f song.mp3                          everything: .bpm, .key, .genre and .ae beside it
    flask analyse-file -f song.mp3 -g discogseffnet -b -k -a
    flask analyse-file -f song.mp3 -b -w https://example.org/hook -i 17
    """,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("-f", "file", required=True, type=FILE, metavar="FILE", help="The audio file.")
@click.option("-g", "genre", type=click.Choice(list(GENRE_ANALYSES)), help="Genre, by this network.")
@click.option("-b", "bpm", is_flag=True, help="Tempo.")
@click.option("-k", "key", is_flag=True, help="Key.")
@click.option("-a", "levels", is_flag=True, help="Approachability and engagement.")
@click.option("-w", "webhook", metavar="URL", help="Address that is told when it is done.")
@click.option(
    "-i",
    "job_id",
    metavar="[ID]",
    is_flag=False,
    flag_value="",
    help="Print the job ID that is sent to the webhook: ID, or a new one.",
)
@dry_run_option
def analyse_file(
    file: Path,
    genre: str | None,
    bpm: bool,
    key: bool,
    levels: bool,
    webhook: str | None,
    job_id: str | None,
    dry_run: bool,
) -> None:
    """Write FILE.bpm, .key, .genre and .ae beside an audio file: the flags of a music tagging service.

    Without -g, -b, -k and -a, all analyses that are available here run. Others are reported at the end,
    with the reason; the exit code is 3 if one of them was requested.
    """
    from app.analyses import Wanted
    from app.services.file_analysis.run import FileWish, default_names, split_available

    settings = current_settings(current_app)
    asked = {"bpm": bpm, "key": key, "classifiers": levels}
    names = [name for name, is_asked in asked.items() if is_asked]
    if genre is not None:
        names.append(GENRE_ANALYSES[genre])
    wishes = names or [name for name in default_names() if name != "tags"]
    able, missing = split_available(settings, wishes)
    if job_id is not None:
        job_id = job_id or uuid.uuid4().hex
        click.echo(f"Job ID: {job_id}")
    wanted = Wanted(able or tuple(wishes))  # where nothing can be done, the work says why
    if webhook is not None:
        _check_webhook(settings, webhook)
    outcome, is_done, is_told = _Outcome(), False, False
    try:
        outcome = _run(settings, (file,), FileWish(wanted, sidecars=True), dry_run=dry_run)
        is_done = not outcome.failed
    finally:
        is_told = (
            webhook is None or dry_run or _tell_webhook(settings, webhook, job_id or "", is_done=is_done)
        )
    _name_missing(missing)
    if not (is_done and is_told):
        sys.exit(EXIT_FAILED)
    if names and (missing or outcome.incomplete):
        sys.exit(EXIT_INCOMPLETE)


def _name_missing(missing: dict[str, str]) -> None:
    for name, reason in missing.items():
        click.echo(f"Skipped {name}: {reason}", err=True)


@dataclass
class _Outcome:
    """Number of files that failed, and of files with analyses that found nothing to write."""

    failed: int = 0
    incomplete: int = 0


def _run(
    settings: "Settings",
    files: tuple[Path, ...],
    wish: "FileWish",
    *,
    missing: dict[str, str] | None = None,
    as_json: bool = False,
    dry_run: bool = False,
) -> _Outcome:
    """Analyse files and report each."""
    from app.services.file_analysis.run import analyse_files

    reporter = ConsoleReporter()
    outcome = _Outcome()
    for report in analyse_files(settings, reporter, files, wish, dry_run=dry_run):
        outcome.failed += report.error is not None
        outcome.incomplete += bool(report.not_found)
        if as_json:
            reporter.out(json.dumps(_to_json(report, missing or {}), allow_nan=False))
        elif dry_run:
            reporter.out(_describe_plan(report, wish))
        else:
            reporter.out("\n".join(_describe(report)))
    if outcome.failed:
        reporter.say(f"{outcome.failed:,} of {len(files):,} files failed.")
    return outcome


def _to_json(report: "FileReport", missing: dict[str, str]) -> dict[str, Any]:
    from app.queries.status import printable

    told: dict[str, Any] = {"file": printable(str(report.path)), "results": report.results}
    if report.error is not None:
        told["error"] = report.error
    if missing:
        told["missing"] = missing
    if report.not_found:
        told["not_found"] = list(report.not_found)
    if report.written:
        told["written"] = [printable(str(path)) for path in report.written]
    return told


def _describe_plan(report: "FileReport", wish: "FileWish") -> str:
    from app.queries.status import printable

    name = printable(str(report.path))
    if report.error is not None:
        return f"{name}: {report.error}"
    writes = ["sidecar files"] * wish.sidecars + ["its tags, after a backup"] * wish.tags
    then = f", then write {' and '.join(writes)}" if writes else ""
    return f"{name}: would tell {', '.join(wish.wanted.names)}{then}."


def _describe(report: "FileReport") -> list[str]:
    """Tell what was found in a file, in lines for people."""
    from app.analyses import ANALYSES
    from app.queries.status import printable

    lines = [printable(str(report.path))]
    for name, result in report.results.items():
        title = ANALYSES.get(name).title
        found = _describe_result(name, result)
        lines += [f"  {title}: {found[0]}".rstrip(), *(f"    {line}" for line in found[1:])]
    if report.error is not None:
        lines.append(f"  Failed: {report.error}")
    if report.written:
        lines.append(f"  Wrote {', '.join(printable(path.name) for path in report.written)}")
    if report.not_found:
        lines.append(f"  Not found, so not written: {', '.join(report.not_found)}")
    if report.backup is not None:
        lines.append(f"  The file as it was: {printable(report.backup.name)}")
    return lines


def _describe_result(name: str, result: dict[str, Any]) -> list[str]:
    if name == "bpm":
        return [_bpm_line(result)]
    if name == "key":
        return [_key_line(result)]
    if name == "classifiers":
        return ["", *(f"{what}: {_class_line(told)}" for what, told in result.items())]
    if name.startswith("genre_"):
        return [_scores(result["genres"][:SHOWN_TAGS], "genre")]
    tell = _tags_line if name == "tags" else _embeddings_line
    return ["", *(f"{network}: {tell(told)}" for network, told in result["networks"].items())]


def _bpm_line(result: dict[str, Any]) -> str:
    if result["bpm"] is None:
        return f"none ({result['method']})"
    beats = f"{result['bpm']:.1f} beats per minute, {result['beats']:,} beats"
    return f"{beats}, confidence {result['confidence']:.2f} ({result['method']})"


def _key_line(result: dict[str, Any]) -> str:
    if result["key"] is None:
        return f"none ({result['method']})"
    return f"{result['key']} {result['scale']}, strength {result['strength']:.2f} ({result['method']})"


def _class_line(told: dict[str, Any]) -> str:
    return f"{told['class']} {told['probabilities'][told['class']]:.2f} ({told['head']})"


def _tags_line(told: dict[str, Any]) -> str:
    return _scores(told["tags"][:SHOWN_TAGS], "tag")


def _embeddings_line(told: dict[str, Any]) -> str:
    return f"{told['size']} values; see them with --json"


def _scores(entries: list[dict[str, Any]], name: str) -> str:
    return ", ".join(f"{cast('str', entry[name])} {entry['score']:.2f}" for entry in entries)


def _check_webhook(settings: "Settings", url: str) -> None:
    """Refuse an address before the work begins, not after it."""
    from app.services.webhooks.targets import parse_target, require_secret

    require_secret(settings)
    parse_target(url)


def _tell_webhook(settings: "Settings", url: str, job_id: str, *, is_done: bool) -> bool:
    """Send the event; return whether it was taken."""
    from app.services.webhooks import send_once

    sent = send_once(settings, url, {"status": "finished" if is_done else "failed"}, job_id)
    if sent.result.error is not None:
        click.echo(f"The webhook was not taken: {sent.result.error}", err=True)
    return sent.result.error is None


COMMANDS = (analyse, analyse_file)
