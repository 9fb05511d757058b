"""``flask status`` and ``verify``."""

import json
import sys
from typing import TYPE_CHECKING

import click
from flask import current_app

from app import current_settings
from cli.base import EXIT_FAILED, command, counted
from cli.progress import reporter_for

if TYPE_CHECKING:
    from app.queries.status import Problem, Status

SHOWN_PROBLEMS = 10


@command(
    "status",
    examples="""
    flask status
    flask status --failed     every file that could not be used, with its reason
    flask status --json
    """,
)
@click.option("--json", "as_json", is_flag=True, help="Everything, for programs.")
@click.option(
    "--failed", "all_problems", is_flag=True, help="List all failures and warnings, not only the first."
)
def status(as_json: bool, all_problems: bool) -> None:
    """Show the library at a glance."""
    from app.queries.status import disk_use, read_status
    from app.services import database

    database.check()
    settings = current_settings(current_app)
    found, disk = read_status(settings), disk_use(settings)
    if as_json:
        click.echo(json.dumps({**found.to_json(), "disk": disk}, indent=2))
    else:
        _show(found, disk, all_problems=all_problems)


def _show(found: "Status", disk: dict[str, int], *, all_problems: bool) -> None:
    from app.store.progress import read_progress

    click.echo(
        f"Tracks      {found.tracks} ({found.seconds / 3600:.1f} hours), {found.missing} missing, "
        f"{found.duplicates} duplicates"
    )
    if found.snapshot is None:
        click.echo("Map         none yet: run 'flask process'")
    else:
        facts = found.snapshot
        click.echo(
            f"Map         {facts['tracks']} tracks, {facts['segments']} segments, "
            f"snapshot {facts['id']} of {facts['published_at'][:16].replace('T', ' ')}"
        )
    running = read_progress(current_settings(current_app).ROOT_DIR)
    if running is not None:
        counted = f": {running.done:,} of {running.total:,}" if running.total else ""
        click.echo(f"Running     {running.stage}{counted}")
    sizes = ", ".join(f"{name} {_megabytes(size)}" for name, size in disk.items())
    click.echo(f"Disk        {sizes}")
    click.echo("\nNetwork             done  failed  pending  segments")
    for row in found.networks:
        counts = f"{row.done:8d}{row.failed:8d}{row.pending:9d}{row.segments:10d}"
        note = "" if row.installed else "   no file: see flask download-models --list"
        click.echo(f"{row.network:16s}{counts}{note}")
    _list("Failed", found.failures, everything=all_problems)
    _list("Odd, but used", found.warnings, everything=all_problems)


def _list(title: str, problems: "list[Problem]", *, everything: bool) -> None:
    if not problems:
        return
    click.echo(f"\n{title}: {len(problems)}")
    shown = problems if everything else problems[:SHOWN_PROBLEMS]
    for problem in shown:
        click.echo(f"  {problem.path}: {problem.reason}")
    if len(shown) < len(problems):
        click.echo(f"  ... and {len(problems) - len(shown)} more: flask status --failed")


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.1f} MB"


@command(
    "verify",
    examples="""
    flask verify              check only
    flask verify --repair     restore damaged files
    flask verify --deep       also check all music for changed content
    """,
)
@click.option("--repair", is_flag=True, help="Restore damaged files and remove leftovers.")
@click.option("--deep", is_flag=True, help="Also read all music files in full and report changed content.")
def verify(repair: bool, deep: bool) -> None:
    """Check every part, snapshot and index against the ledger and the manifests.

    Ends with status 1 if anything is wrong. Never touches the music.
    """
    from app.queries.status import printable
    from app.services import database
    from app.services.lock import library_lock
    from app.services.process import rebuild
    from app.services.verify import verify as check
    from app.services.verify_files import verify_files

    database.check()
    settings = current_settings(current_app)
    reporter = reporter_for(settings)
    with library_lock(settings):
        report = check(settings, reporter, repair=repair)
        unreadable = verify_files(settings, reporter, report, repair=repair) if deep else []
        for problem in report.problems:
            click.echo(printable(problem))
        if report.leftovers:
            verb = "Removed" if repair else "Found"
            count = counted(len(report.leftovers), "unused leftover")
            click.echo(f"{verb} {count} from earlier runs.")
        click.echo(f"{counted(report.checked, 'check')}: {counted(len(report.problems), 'problem')}.")
        if report.problems and repair:
            rebuild(settings, reporter, to_extract=report.to_extract)
            report = check(settings, reporter)
            report.problems += unreadable
            click.echo(f"After the repair: {counted(len(report.problems), 'problem')}.")
    if report.problems:
        sys.exit(EXIT_FAILED)


COMMANDS = (status, verify)
