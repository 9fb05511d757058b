"""``flask index-all-audio``, ``index-audio``, ``load-id3-metadata``, Jamendo's data and names."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app

from app import current_settings
from cli.base import command, dry_run_option, print_problems, vanished_option
from cli.progress import reporter_for

if TYPE_CHECKING:
    from app.services.scan import ScanReport


@command(
    "index-all-audio",
    examples="""
    flask index-all-audio              scan AUDIO_DIR
    flask index-all-audio --dry-run    only say what has changed since the last scan
    """,
)
@vanished_option
@dry_run_option
def index_all_audio(may_vanish: bool, dry_run: bool) -> None:
    """Find the audio files below AUDIO_DIR and note what is new, changed, moved or missing.

    A second run opens only files whose size or time has changed. Missing tracks are kept and marked;
    moved ones are recognised by their content.
    """
    _scan(None, may_vanish=may_vanish, dry_run=dry_run)


@command(
    "index-audio",
    examples="""
    flask index-audio ~/Music/new              scan one folder of AUDIO_DIR
    flask index-audio --dry-run ~/Music/new    only say what has changed there
    """,
)
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@vanished_option
@dry_run_option
def index_audio(folder: Path, may_vanish: bool, dry_run: bool) -> None:
    """Scan DIR, a folder below AUDIO_DIR, and leave the rest of the library as it is."""
    _scan(folder, may_vanish=may_vanish, dry_run=dry_run)


def _scan(folder: Path | None, *, may_vanish: bool, dry_run: bool) -> None:
    from app.services.scan import scan

    settings = current_settings(current_app)
    report = scan(settings, reporter_for(settings), folder=folder, may_vanish=may_vanish, dry_run=dry_run)
    tell_scan(report, dry_run=dry_run)


def tell_scan(report: "ScanReport", *, dry_run: bool = False) -> None:
    """Print what a scan found."""
    print_problems(report.problems)
    counts = {
        "new": report.new,
        "changed": report.changed,
        "moved": report.moved,
        "returned": report.returned,
        "missing": report.missing,
        "unreadable": report.failed,
        "unchanged": report.unchanged,
    }
    shown = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
    click.echo(f"Tracks: {shown}.{' Nothing was written.' if dry_run else ''}")
    if report.without_sound:
        videos = "1 video" if report.without_sound == 1 else f"{report.without_sound:,} videos"
        click.echo(f"Skipped {videos} without sound.")
    if report.other_sound:
        left_out = ", ".join(f"{count:,} {suffix}" for suffix, count in sorted(report.other_sound.items()))
        click.echo(f"Skipped files in formats that cannot be decoded: {left_out}.")


@command(
    "load-id3-metadata",
    examples="""
    flask load-id3-metadata              read the tags of all files again
    flask load-id3-metadata --dry-run    only say how many files have tags
    """,
)
@dry_run_option
def load_id3_metadata(dry_run: bool) -> None:
    """Read title, artist, album, genres and year anew from the files of all formats.

    Scanning does so for new and changed files; this is for tags that a program has changed without
    leaving a trace in size and time. Artist, album and tags from load-jamendo-data stay.
    """
    from app.services.metadata import load_file_tags

    settings = current_settings(current_app)
    report = load_file_tags(settings, reporter_for(settings), dry_run=dry_run)
    print_problems(report.problems)
    click.echo(
        f"Read {report.read:,} files, {report.with_tags:,} of them with tags."
        f"{' Nothing was written.' if dry_run else ''}"
    )


@command(
    "load-jamendo-data",
    examples="""
    flask load-jamendo-data autotagging.tsv              load a table of the MTG-Jamendo dataset
    flask load-jamendo-data --dry-run autotagging.tsv    only check it
    """,
)
@click.argument("table", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.tsv")
@dry_run_option
def load_jamendo_data(table: Path, dry_run: bool) -> None:
    """Load artists, albums, durations and tags of Jamendo tracks from FILE.tsv.

    Tracks are matched by their path below AUDIO_DIR. Those without a file are kept as missing; with
    AUDIO_PROVIDER = "jamendo" they can be listened to.
    """
    from app.services.jamendo import load_jamendo

    settings = current_settings(current_app)
    report = load_jamendo(settings, reporter_for(settings), table, dry_run=dry_run)
    print_problems((f"line {line}", reason) for line, reason in report.problems)
    click.echo(
        f"Tracks: {report.new:,} new, {report.changed:,} changed, {report.unchanged:,} unchanged; "
        f"lines left out: {len(report.problems):,}.{' Nothing was written.' if dry_run else ''}"
    )


@command(
    "query-jamendo-metadata",
    examples="""
    flask query-jamendo-metadata                 all that is not known yet
    flask query-jamendo-metadata --limit 1000    some of it
    flask query-jamendo-metadata --dry-run       only say how much there is to ask for
    """,
)
@click.option("--limit", type=click.IntRange(min=1), help="Ask for so many things at most.")
@click.option(
    "--tries",
    type=click.IntRange(1, 20),
    default=5,
    show_default=True,
    help="How often a request is tried; the pause between two doubles each time.",
)
@dry_run_option
def query_jamendo_metadata(limit: int | None, tries: int, dry_run: bool) -> None:
    """Ask Jamendo for names of artists and albums, and for titles, pages and licences of tracks.

    Needs JAMENDO_CLIENT_ID, and tracks from load-jamendo-data. Only what is not known yet is asked for.
    Stop it at any time: the next run goes on.
    """
    from app.services.jamendo_names import query_names

    settings = current_settings(current_app)
    report = query_names(settings, reporter_for(settings), limit=limit, tries=tries, dry_run=dry_run)
    asked = ", ".join(f"{count:,} {kind}" for kind, count in report.asked.items() if count)
    if not asked:
        click.echo("Jamendo: nothing to ask for.")
    elif dry_run:
        click.echo(f"Would ask for {asked}. Nothing was written.")
    else:
        found = ", ".join(
            f"{report.found[kind]:,} of {count:,} {kind}" for kind, count in report.asked.items()
        )
        click.echo(f"Jamendo knew {found}.")


COMMANDS = (index_all_audio, index_audio, load_id3_metadata, load_jamendo_data, query_jamendo_metadata)
