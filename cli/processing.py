"""``flask extract-all``, ``reduce-all``, ``index-all-embeddings`` and ``process``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app

from app import current_settings
from app.errors import WorkerError
from app.settings import Settings
from cli.base import command, dry_run_option, print_problems, vanished_option
from cli.progress import reporter_for

if TYPE_CHECKING:
    from app.services.extract import ExtractReport
    from app.services.index import IndexReport
    from app.services.process import StageReport
    from app.services.reduce import ReduceReport

SHOWN_FAILURES = 10


def parse_shard(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[int, int] | None:
    """Take ``0/4`` for the first of four parts."""
    if value is None:
        return None
    number, _, count = value.partition("/")
    if not (number.isdecimal() and count.isdecimal() and int(number) < int(count)):
        raise click.BadParameter(f"{value!r} is not one part of several, such as 0/4 to 3/4.")
    return int(number), int(count)


network_option = click.option("--network", "networks", multiple=True, help="Only this network; repeatable.")
level_option = click.option(
    "--level",
    type=click.Choice(["tracks", "segments", "both"]),
    default="both",
    show_default=True,
    help="What the points stand for.",
)
jobs_option = click.option(
    "--jobs",
    type=click.IntRange(0, 1024),
    default=0,
    help="Worker processes; 0 = the setting JOBS, or one per core.",
)
force_option = click.option("-f", "--force", is_flag=True, help="Recompute existing results.")


@command(
    "extract-all",
    examples="""
    flask extract-all                          all installed networks, all cores
    flask extract-all --network mtt-musicnn    one network
    flask extract-all --retry-failed           files that failed before, too
    flask extract-all --distributed            let the workers of all machines do it
    flask extract-all --shard 0/4              a quarter of the tracks; others do the rest
    """,
)
@click.argument("models_dir", required=False, type=click.Path(file_okay=False, path_type=Path))
@network_option
@jobs_option
@click.option("--retry-failed", is_flag=True, help="Try files again that failed before.")
@force_option
@click.option("--distributed", is_flag=True, help="Hand batches of tracks to workers; see 'flask worker'.")
@click.option(
    "--shard", metavar="I/N", callback=parse_shard, help="Only part I of N, counted from 0, such as 0/4."
)
@dry_run_option
def extract_all(
    models_dir: Path | None,
    networks: tuple[str, ...],
    jobs: int,
    retry_failed: bool,
    force: bool,
    distributed: bool,
    shard: tuple[int, int] | None,
    dry_run: bool,
) -> None:
    """Run the networks of MODELS_DIR over every track that needs it.

    Stop it at any time: the next run goes on where this one was. A file that cannot be read is recorded
    with its reason and skipped; 'flask status --failed' lists them.

    With --distributed the workers do it, on as many machines as share the database and the folders. A
    Ctrl-C ends the waiting only; run the command again to wait on.
    """
    from app.services.extract import extract_all as extract
    from app.services.lock import library_lock
    from app.services.process import refuse_if_nothing_was_read

    settings = _settings(models_dir)
    if distributed:
        if shard is not None or jobs:
            raise click.UsageError("--distributed goes neither with --shard nor with --jobs.")
        _spread(settings, networks, retry_failed=retry_failed, force=force, dry_run=dry_run)
        return
    with library_lock(settings, shared=shard is not None):
        report = extract(
            settings,
            reporter_for(settings),
            networks=networks,
            jobs=jobs,
            retry_failed=retry_failed,
            force=force,
            dry_run=dry_run,
            shard=shard or (0, 1),
        )
    if dry_run:
        click.echo(f"Would extract {report.pending} tracks.")
    else:
        tell_extraction(report)
        refuse_if_nothing_was_read(report)


def _spread(
    settings: Settings, networks: tuple[str, ...], *, retry_failed: bool, force: bool, dry_run: bool
) -> None:
    """Let workers extract, and say what came of it."""
    from app.services.extract_jobs import spread

    report = spread(
        settings,
        reporter_for(settings),
        networks=networks,
        retry_failed=retry_failed,
        force=force,
        dry_run=dry_run,
    )
    if dry_run:
        click.echo(f"Would extract {report.tracks} tracks in {report.batches} batches.")
        return
    if not report.tracks:
        click.echo("Extraction: nothing to do.")
        return
    shared = f", {report.shared} share the vectors of an identical file" if report.shared else ""
    click.echo(f"Extraction: {report.extracted} tracks extracted{shared}, {report.failed} failed.")
    if report.failed:
        click.echo("List them with 'flask status --failed'; try again with --retry-failed.")
    print_problems((f"job {job_id}", reason) for job_id, reason in report.lost)
    if report.lost:
        raise WorkerError(f"{len(report.lost)} batches were not done. Run the command again.")


@command(
    "reduce-all",
    examples="""
    flask reduce-all                                 all default projections of everything
    flask reduce-all --projection umap --level tracks
    flask reduce-all --network mtt-musicnn
    """,
)
@click.option("--projection", "projections", multiple=True, help="Only this projection; repeatable.")
@network_option
@level_option
@force_option
@dry_run_option
def reduce_all(
    projections: tuple[str, ...], networks: tuple[str, ...], level: str, force: bool, dry_run: bool
) -> None:
    """Compute the maps of all that has been extracted, and publish them."""
    from app.services.lock import library_lock
    from app.services.reduce import reduce_all as reduce
    from app.store.snapshots import parse_levels

    settings = _settings()
    with library_lock(settings):
        report = reduce(
            settings,
            reporter_for(settings),
            projections=projections,
            networks=networks,
            levels=parse_levels(level),
            force=force,
            dry_run=dry_run,
        )
    tell_reduction(report, dry_run=dry_run)


@command(
    "index-all-embeddings",
    examples="""
    flask index-all-embeddings                    the backend that suits the size
    flask index-all-embeddings --backend annoy
    """,
)
@click.option("--backend", help="auto, exact, faiss-hnsw, annoy; default: the setting INDEX_BACKEND.")
@level_option
@force_option
@dry_run_option
def index_all_embeddings(backend: str | None, level: str, force: bool, dry_run: bool) -> None:
    """Build the neighbour indexes of the published map."""
    from app.services.index import index_all
    from app.services.lock import library_lock
    from app.store.snapshots import parse_levels

    settings = _settings()
    with library_lock(settings):
        report = index_all(
            settings,
            reporter_for(settings),
            backend=backend,
            levels=parse_levels(level),
            force=force,
            dry_run=dry_run,
        )
    tell_indexing(report, dry_run=dry_run)


@command(
    "process",
    examples="""
    flask process               everything that is new, from audio files to maps
    flask process --dry-run     what there is to do
    """,
)
@jobs_option
@click.option("--retry-failed", is_flag=True, help="Try files again that failed before.")
@vanished_option
@dry_run_option
def process(jobs: int, retry_failed: bool, may_vanish: bool, dry_run: bool) -> None:
    """Do all steps in order, each only as far as needed: scan, extract, reduce, index.

    Creates the database if there is none. Stop it at any time: the next run goes on.
    """
    from app.services import database
    from app.services.lock import library_lock
    from app.services.process import preview, process_library

    settings = current_settings(current_app)
    reporter = reporter_for(settings)
    if dry_run:
        tell_plan(*preview(settings, reporter, retry_failed=retry_failed))
        return
    database.upgrade(settings)
    with library_lock(settings):
        reports = process_library(
            settings, reporter, jobs=jobs, retry_failed=retry_failed, may_vanish=may_vanish
        )
        for report in reports:
            tell(report)


def _settings(models_dir: Path | None = None) -> Settings:
    """Return the settings, once the database has been found to be in order."""
    from app.services import database

    database.check()
    settings = current_settings(current_app)
    if models_dir is None:
        return settings
    return settings.model_copy(update={"MODELS_DIR": models_dir.expanduser().absolute()})


def tell_plan(new_or_changed: int, pending: int) -> None:
    """Say what ``process`` would do."""
    click.echo(f"Would add or read anew {new_or_changed} files.")
    click.echo(f"Would extract {pending} tracks that are in the catalogue already, and the new ones.")
    click.echo("Would then compute the maps and indexes of all that was extracted.")


def tell(report: "StageReport") -> None:
    """Say what a stage did."""
    from app.services.extract import ExtractReport
    from app.services.index import IndexReport
    from app.services.reduce import ReduceReport
    from cli.library import tell_scan

    match report:
        case ExtractReport():
            tell_extraction(report)
        case ReduceReport():
            tell_reduction(report)
        case IndexReport():
            tell_indexing(report)
        case _:
            tell_scan(report)


def tell_extraction(report: "ExtractReport") -> None:
    """Say what was extracted, and which files were not, with reasons."""
    from app.queries.status import printable

    if report.adopted:
        tracks = "1 track" if report.adopted == 1 else f"{report.adopted:,} tracks"
        click.echo(f"Extraction: adopted stored vectors of {tracks}.")
    if not report.pending:
        click.echo("Extraction: nothing to do.")
        return
    shared = f", {report.shared} share the vectors of an identical file" if report.shared else ""
    click.echo(f"Extraction: {report.extracted} tracks extracted{shared}, {len(report.failures)} failed.")
    for path, reason in report.failures[:SHOWN_FAILURES]:
        click.echo(f"  {printable(path)}: {reason}", err=True)
    if len(report.failures) > SHOWN_FAILURES:
        click.echo(f"  ... and {len(report.failures) - SHOWN_FAILURES} more.", err=True)
    if report.failures:
        click.echo(
            "List them with 'flask status --failed'; try again with 'flask extract-all --retry-failed'."
        )


def tell_reduction(report: "ReduceReport", *, dry_run: bool = False) -> None:
    """Say which maps were computed."""
    if dry_run:
        click.echo(f"Would compute {report.computed} projections; {report.kept} are there already.")
    else:
        click.echo(
            f"Maps: {report.computed} projections computed, {report.kept} kept. Snapshot {report.snapshot}."
        )
        if not report.published:
            click.echo(
                "Not published: the library has changed, and these are not all maps. Run: flask reduce-all"
            )


def tell_indexing(report: "IndexReport", *, dry_run: bool = False) -> None:
    """Say which indexes were built, and how well they find."""
    if dry_run:
        click.echo(f"Would build {report.built} indexes; {report.kept} are there already.")
        return
    recall = "" if report.recall is None else f", recall@10 at least {report.recall:.3f}"
    click.echo(f"Indexes: {report.built} built, {report.kept} kept{recall}.")


COMMANDS = (extract_all, reduce_all, index_all_embeddings, process)
