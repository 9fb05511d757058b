"""The whole way of the data, as one list of stages: each goes only as far as is needed."""

from collections.abc import Iterator

from app.errors import EmptyLibraryError
from app.networks import installed
from app.services import database
from app.services.adopt import adopt_parts
from app.services.audio_files import find_audio
from app.services.extract import ExtractReport, extract_all
from app.services.index import IndexReport, index_all
from app.services.pending import is_anything_extracted
from app.services.reduce import ReduceReport, reduce_all
from app.services.report import Reporter
from app.services.scan import ScanReport, scan
from app.settings import Settings
from app.store.networks import imported_names

StageReport = ScanReport | ExtractReport | ReduceReport | IndexReport


def process_library(
    settings: Settings,
    reporter: Reporter,
    *,
    jobs: int = 0,
    retry_failed: bool = False,
    may_vanish: bool = False,
) -> Iterator[StageReport]:
    """From a folder of music to its map; yields what each stage did when it is done.

    Files that cannot be read keep nobody from the map of the others.

    Parameters
    ----------
    may_vanish : bool
        Go on if a large share of the music is gone.

    Raises
    ------
    EmptyLibraryError
        If there is no music, or nothing of it could ever be read.
    VanishedError
        See :func:`app.services.scan.scan`.
    """
    yield scan(settings, reporter, may_vanish=may_vanish)
    extracted = _extract(settings, reporter, jobs=jobs, retry_failed=retry_failed)
    yield extracted
    refuse_if_nothing_was_read(extracted)
    yield reduce_all(settings, reporter)
    yield index_all(settings, reporter)


def refuse_if_nothing_was_read(report: ExtractReport) -> None:
    """Stop where there is nothing to make a map of.

    Raises
    ------
    EmptyLibraryError
        If all files failed, now and before.
    """
    if report.failures and not is_anything_extracted():
        raise EmptyLibraryError("None of the files could be read; 'flask status --failed' lists the reasons.")


def preview(settings: Settings, reporter: Reporter, *, retry_failed: bool = False) -> tuple[int, int]:
    """Return the number of files to read and of catalogued tracks to extract, changing nothing."""
    if database.current_revision() is None:
        return len(find_audio(settings.AUDIO_DIR, "", reporter).files), 0
    database.check()
    found = scan(settings, reporter, dry_run=True)
    extracted = _extract(settings, reporter, retry_failed=retry_failed, dry_run=True)
    return found.new + found.changed, extracted.pending


def rebuild(settings: Settings, reporter: Reporter, *, to_extract: bool) -> None:
    """Compute anew what a repair has removed, without a scan.

    Maps and indexes need neither networks nor music, so ``to_extract`` says whether rows are missing.
    """
    if to_extract:
        _extract(settings, reporter)
    reduce_all(settings, reporter)
    index_all(settings, reporter)


def _extract(
    settings: Settings,
    reporter: Reporter,
    *,
    jobs: int = 0,
    retry_failed: bool = False,
    dry_run: bool = False,
) -> ExtractReport:
    """Extract, unless all that there is to show was imported: then nobody needs a network."""
    if imported_names(settings.DATA_DIR) and not installed(settings.MODELS_DIR):
        reporter.say(f"{settings.MODELS_DIR} has no networks: only what was imported is shown.")
        return ExtractReport(adopted=0 if dry_run else adopt_parts(settings, reporter, {}, {}))
    return extract_all(settings, reporter, jobs=jobs, retry_failed=retry_failed, dry_run=dry_run)
