"""Verification: every part, snapshot and index against the ledger and the manifests; repair of what can be.

Nothing here touches the music or the catalogue. Parts and snapshots are restored from each other where that
gives the very same files; everything else that is removed is computed anew from the audio, but for imported
embeddings: they are lost, and have to be imported again.
"""

import contextlib
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, text

from app.errors import DamagedDatabaseError, DamagedFileError, MusicExploreError
from app.models import Extraction, Part, Snapshot, Track, db
from app.services.adopt import names_files, unknown_parts
from app.services.database_check import damaged_message
from app.services.repair import restore_part, restore_snapshot
from app.services.report import Reporter
from app.settings import Settings
from app.store.files import file_sha256, manifest_path, read_manifest
from app.store.networks import MARK, imported_names, mark_imported, stored_names
from app.store.parts import PartFiles, part_files, part_name
from app.store.snapshots import SnapshotFiles, snapshot_folders

_Places = dict[str | int | None, list[tuple[int | None, int | None]]]


@dataclass
class VerifyReport:
    """What was found.

    Attributes
    ----------
    checked : int
        Things compared: parts, snapshots, indexes.
    problems : list of str
        What is wrong, a line each.
    leftovers : list of Path
        Files of runs that were killed, and parts whose tracks have newer rows; nobody reads them.
    to_extract : bool
        Whether a repair has made tracks pending again.
    """

    checked: int = 0
    problems: list[str] = field(default_factory=list)
    leftovers: list[Path] = field(default_factory=list)
    to_extract: bool = False


def verify(settings: Settings, reporter: Reporter, *, repair: bool = False) -> VerifyReport:
    """Check everything; with ``repair``, remove what is damaged, so that ``process`` computes it anew.

    The tracks of a damaged part become pending again; a damaged snapshot, projection or index is
    removed; leftovers are deleted.
    """
    report = VerifyReport()
    _check_database(report)
    _check(report, _check_every_row_has_a_part, partial(_forget_rows, report) if repair else None)
    for name in db.session.scalars(select(Part.network).distinct().order_by(Part.network)):
        _check(
            report,
            partial(_check_name, settings, name),
            partial(_mark_again, settings, name) if repair else None,
        )
    parts = list(db.session.scalars(select(Part).order_by(Part.id)))
    snapshots = [
        SnapshotFiles(settings.AGGRDATA_DIR / key) for key in db.session.scalars(select(Snapshot.key))
    ]
    derived = [path for snapshot in snapshots for path in _derived_files(snapshot)]
    indexes = sorted(
        {path.with_name(path.name.removesuffix(".json")) for path in settings.INDEX_DIR.rglob("[!.]*.index*")}
    )
    with reporter.stage("Verifying", len(parts) + len(snapshots) + len(derived) + len(indexes)) as advance:
        for part in parts:
            mend = partial(_repair_part, settings, report, part) if repair else None
            _check(report, partial(_check_part, settings, part), mend)
            advance(1)
        for snapshot in snapshots:
            mend = partial(_repair_snapshot, settings, snapshot) if repair else None
            _check(report, snapshot.verify, mend)
            advance(1)
        for path in [*derived, *indexes]:
            _check(report, partial(_check_derived, path), partial(_forget_derived, path) if repair else None)
            advance(1)
    used = _used_parts()
    report.leftovers = sorted(_leftovers(settings, [part for part in parts if part.id in used], snapshots))
    _keep_adoptable(report, settings)
    _check_ledger_is_this_one(report, parts, settings)
    if repair:
        _forget_unused_parts()
        db.session.commit()
        for path in report.leftovers:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return report


def _check(report: VerifyReport, compare: Callable[[], None], repair: Callable[[], None] | None) -> None:
    report.checked += 1
    try:
        compare()
    except (MusicExploreError, KeyError, TypeError) as error:  # the latter two: a manifest that lacks facts
        report.problems.append(str(error))
        if repair is not None:
            repair()


def _check_database(report: VerifyReport) -> None:
    report.checked += 1
    if db.engine.dialect.name == "sqlite":
        answer = db.session.scalar(text("PRAGMA integrity_check(1)"))
        if answer != "ok":
            raise DamagedDatabaseError(damaged_message(str(answer)))


def _keep_adoptable(report: VerifyReport, settings: Settings) -> None:
    """Do not take parts for leftovers that may hold rows of tracks which have none yet."""
    for network in {path.parent.name for path in report.leftovers if path.parent.parent == settings.DATA_DIR}:
        has_rows = select(Extraction.id).where(Extraction.track_id == Track.id, Extraction.network == network)
        if db.session.scalar(select(Track.id).where(Track.state == "present", ~has_rows.exists()).limit(1)):
            folder = settings.DATA_DIR / network
            kept = {files.name for files, facts in unknown_parts(settings, network) if names_files(facts)}
            report.leftovers = [
                path
                for path in report.leftovers
                if path.parent != folder or path.name.startswith(".") or part_name(path) not in kept
            ]


def _check_ledger_is_this_one(report: VerifyReport, parts: list[Part], settings: Settings) -> None:
    """Do not take the parts of another database for leftovers: they are days of work."""
    manifests = [path for path in report.leftovers if path.parent.parent == settings.DATA_DIR]
    if manifests and not parts:
        report.problems.append(
            f"The database knows no parts, but {settings.DATA_DIR} holds {len(manifests)} files of some. "
            "Is this their database? They are left as they are."
        )
        report.leftovers = [path for path in report.leftovers if path not in manifests]


def _check_every_row_has_a_part() -> None:
    without = select(func.count()).where(Extraction.state == "done", Extraction.part_id.is_(None))
    count = db.session.scalar(without)
    if count:
        raise DamagedFileError(f"The ledger has {count} rows of extracted tracks that name no part.")


def _forget_rows(report: VerifyReport) -> None:
    db.session.execute(delete(Extraction).where(Extraction.state == "done", Extraction.part_id.is_(None)))
    report.to_extract = True


def _check_name(settings: Settings, name: str) -> None:
    if name in stored_names(settings.DATA_DIR):
        return
    if not _was_imported(settings, name):
        raise DamagedFileError(
            f"The ledger has rows of {name}, which is neither a network in app/networks nor an imported set."
        )
    raise DamagedFileError(
        f"{settings.DATA_DIR / name / MARK} is missing, by which {name} is known as an imported set. "
        "Repairing writes it again."
    )


def _mark_again(settings: Settings, name: str) -> None:
    if _was_imported(settings, name):
        mark_imported(settings.DATA_DIR / name, name)


def _was_imported(settings: Settings, name: str) -> bool:
    """Tell whether the manifest of a part says that it was imported."""
    for part in db.session.scalars(select(Part.name).where(Part.network == name)):
        try:
            if "imported" in PartFiles(settings.DATA_DIR / name, part).read_manifest():
                return True
        except DamagedFileError:
            continue
    return False


def _check_part(settings: Settings, part: Part) -> None:
    try:
        _compare_part(settings, part)
    except DamagedFileError as error:
        if part.network not in imported_names(settings.DATA_DIR):
            raise
        raise DamagedFileError(
            f"{error} {part.network} was imported: a repair restores these rows only if a published map "
            "contains them; otherwise they are lost. To import them again, run: "
            f"flask import-embeddings {part.network} FILE --replace"
        ) from error


def _compare_part(settings: Settings, part: Part) -> None:
    files = PartFiles(settings.DATA_DIR / part.network, part.name)
    files.verify()
    facts = files.read_manifest()
    lengths = {layer["shape"][0] for layer in facts["layers"].values()}
    if lengths != {part.n_rows} or facts.get("weights_sha256") != part.weights_sha256:
        raise DamagedFileError(
            f"{files.manifest_path} is not of the part that the database knows by its name."
        )
    rows = db.session.execute(
        select(Extraction.track_id, Track.content_hash, Extraction.row_start, Extraction.n_rows)
        .join(Track, Track.id == Extraction.track_id)
        .where(Extraction.part_id == part.id)
    )
    stops = list(accumulate(facts["rows"]))
    written = [(stop - n_rows, n_rows) for stop, n_rows in zip(stops, facts["rows"], strict=True)]
    own = _places_of_tracks(facts, written)
    for track_id, content_hash, row_start, n_rows in rows:
        place = (row_start, n_rows)
        # A track with the content of another one has rows of that one.
        own_places = own.get(content_hash) or own.get(track_id) or [place]
        if place not in own_places or place not in written:
            raise DamagedFileError(
                f"The ledger says that {n_rows} rows from {row_start} of {files.manifest_path} are those of "
                f"track {track_id}, the manifest does not."
            )


def _places_of_tracks(facts: dict[str, Any], written: list[tuple[int, int]]) -> _Places:
    """Return the rows of each content; of each track in parts that do not say what the content was.

    Ids tell nothing where contents do: a part that was adopted has those of a database that was lost.
    """
    own: _Places = defaultdict(list)
    hashes = facts.get("content_hashes") or [None] * len(written)
    for digest, track_id, place in zip(hashes, facts["tracks"], written, strict=True):
        own[digest or track_id].append(place)
    return own


def _repair_part(settings: Settings, report: VerifyReport, part: Part) -> None:
    """Restore a part, or make its tracks pending again."""
    if restore_part(settings, part):
        with contextlib.suppress(MusicExploreError):
            _compare_part(settings, part)
            return
    report.to_extract = True
    db.session.execute(delete(Extraction).where(Extraction.part_id == part.id))
    db.session.execute(delete(Part).where(Part.id == part.id))


def _used_parts() -> set[int]:
    return set(db.session.scalars(select(Extraction.part_id).where(Extraction.part_id.is_not(None))))


def _forget_unused_parts() -> None:
    """Forget parts whose tracks have newer rows: after ``--force``, other weights, or changed files."""
    used = select(Extraction.part_id).where(Extraction.part_id == Part.id)
    statement = delete(Part).where(~used.exists())
    db.session.execute(statement.execution_options(synchronize_session=False))


def _repair_snapshot(settings: Settings, snapshot: SnapshotFiles) -> None:
    """Restore the arrays of a snapshot, or remove it with everything that was made of them."""
    with contextlib.suppress(MusicExploreError):
        if restore_snapshot(settings, snapshot):
            SnapshotFiles(snapshot.folder).verify()
            return
    db.session.execute(delete(Snapshot).where(Snapshot.key == snapshot.key))
    shutil.rmtree(snapshot.folder, ignore_errors=True)


def _forget_derived(path: Path) -> None:
    manifest_path(path).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _derived_files(snapshot: SnapshotFiles) -> list[Path]:
    """Graphs and maps, of which the file or the manifest may be missing."""
    found = snapshot.folder.glob("*/*/*/*.npy*")
    names = {path.with_name(path.name.removesuffix(".json")) for path in found if path.name[0] != "."}
    return sorted(names)


def _check_derived(path: Path) -> None:
    manifest = read_manifest(path)
    if manifest is None:
        raise DamagedFileError(f"{path} or its manifest is missing.")
    if file_sha256(path) != manifest["sha256"]:
        raise DamagedFileError(f"{path} is damaged: its checksum differs from the manifest's.")


def _leftovers(settings: Settings, parts: list[Part], snapshots: list[SnapshotFiles]) -> Iterator[Path]:
    """Find what nobody reads: temporary files, parts that no row names, unpublished snapshots.

    Only names that we give, in places where we give them: a folder may hold other things.
    """
    known = {(part.network, part.name) for part in parts}
    for network in stored_names(settings.DATA_DIR):
        for path in part_files(settings.DATA_DIR / network):
            if (network, part_name(path)) not in known:
                yield path
    keys = {snapshot.key for snapshot in snapshots}
    for folder in (settings.AGGRDATA_DIR, settings.INDEX_DIR):
        for path in snapshot_folders(folder):
            if path.name in keys:
                yield from (found for found in path.rglob(".*.partial") if found.is_file())
            else:
                yield path
