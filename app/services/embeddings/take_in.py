"""Taking in foreign embeddings: written as parts and booked in the ledger, like what extraction computes.

All parts are written first, then all rows in one transaction. A run that is killed leaves the set as it was
before, and files that nobody reads.
"""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert

from app.errors import InputError
from app.models import Extraction, Part, db
from app.networks import NETWORKS
from app.networks.base import MAX_NAME, is_name
from app.queries.tags import TAGGRAMS
from app.services import database
from app.services.embeddings.checks import find_flaws, halve, read_tag_names
from app.services.embeddings.grouping import Group, Rejected, group_rows, whole_track_seconds
from app.services.embeddings.places import KnownTrack, Owner, known_tracks, match
from app.services.embeddings.source import open_source
from app.services.embeddings.stored import delete_rows, is_booked, remove_unbooked
from app.services.lock import library_lock
from app.services.report import Reporter
from app.settings import Settings
from app.store.files import Array, file_sha256
from app.store.networks import imported_names, mark_imported
from app.store.parts import PartFiles, new_part_name

EMBEDDINGS = "embeddings"
MAX_PART_BYTES = 64 * 2**20


@dataclass(frozen=True)
class ImportRequest:
    """What is to be taken in, and as what.

    Attributes
    ----------
    ids : Path or None
        File that says where the rows of a plain matrix belong.
    segment_seconds : float or None
        From the start of one segment to the start of the next; not needed where each track has one row.
    tags : Path or None
        File with a tag per line, if the values are their activations.
    replace : bool
        Whether a set of that name is replaced.
    """

    name: str
    path: Path
    ids: Path | None = None
    segment_seconds: float | None = None
    tags: Path | None = None
    replace: bool = False


@dataclass(frozen=True)
class Found:
    """What is in the file.

    Attributes
    ----------
    values : shape=(n, size)
        Of any numeric kind, memory-mapped.
    groups : list of Group
        Tracks that are taken in.
    rejected : list of Rejected
        Tracks whose rows cannot be used.
    unknown : list of int or str
        Ids and paths that the catalogue does not know.
    """

    values: Array
    layer: str
    tags: tuple[str, ...]
    segment_seconds: float
    groups: list[Group]
    rejected: list[Rejected]
    unknown: list[Owner]

    @property
    def n_segments(self) -> int:
        """Rows that are taken in."""
        return sum(len(group.rows) for group in self.groups)


def import_embeddings(
    settings: Settings, reporter: Reporter, request: ImportRequest, *, dry_run: bool = False
) -> Found:
    """Take in a file of foreign embeddings as a set of that name.

    Raises
    ------
    InputError
        If the name is taken or none, the file not what it should be, or nothing in it can be used.
    MissingExtraError
        If a package is needed to read the file.
    """
    database.check()
    with library_lock(settings):
        _check_name(settings, request)
        with _scratch(settings.DATA_DIR / request.name, request.name, dry_run=dry_run) as scratch:
            found = _look(settings, reporter, request, scratch)
            if not dry_run:
                _write(settings.DATA_DIR / request.name, reporter, request, found)
    return found


def _check_name(settings: Settings, request: ImportRequest) -> None:
    name = request.name
    if not is_name(name):
        raise InputError(
            f"{name!r} is no name for a set: small letters and digits, with '-', '_' or '.' between them, "
            f"at most {MAX_NAME}."
        )
    if name in NETWORKS.names():
        raise InputError(f"{name!r} is the name of a network. Choose another one.")
    if not is_booked(name):
        return
    if name not in imported_names(settings.DATA_DIR):
        raise InputError(f"There are vectors of a network {name!r} already. Choose another name.")
    if not request.replace:
        raise InputError(
            f"There is a set {name!r} already. Replace it with --replace, or choose another name."
        )


@contextlib.contextmanager
def _scratch(folder: Path, name: str, *, dry_run: bool) -> Iterator[Path]:
    """Give a place for a file that is needed for a while; a dry run uses none of the library's."""
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="music-explore-") as elsewhere:
            yield Path(elsewhere) / "values.npy"
        return
    mark_imported(folder, name)
    try:
        yield folder / f".{new_part_name()}.{EMBEDDINGS}.npy.values.partial"
    finally:
        remove_unbooked(folder, name)


def _look(settings: Settings, reporter: Reporter, request: ImportRequest, scratch: Path) -> Found:
    """Open the file and check everything in it."""
    source = open_source(request.path, request.ids, scratch)
    tags = () if request.tags is None else read_tag_names(request.tags, source.values.shape[1])
    tracks = known_tracks()
    ids, unknown = match(source.places.owners, tracks.values(), settings.AUDIO_DIR)
    if len(ids) and ids.max() < 0:
        raise InputError(
            f"Nothing in {request.path} can be used: the catalogue has none of its {len(unknown):,} tracks, "
            f"such as {unknown[0]!r}. Paths are those below AUDIO_DIR; 'flask index-all-audio' brings the "
            "catalogue up to date."
        )
    seconds = request.segment_seconds or whole_track_seconds(ids, tracks)
    flaws = find_flaws(source.values, reporter, are_activations=bool(tags), path=request.path)
    outcomes = list(group_rows(ids, source.places.numbers(seconds), flaws, tracks))
    groups = [outcome for outcome in outcomes if isinstance(outcome, Group)]
    rejected = [outcome for outcome in outcomes if isinstance(outcome, Rejected)]
    if not groups:
        raise InputError(
            f"Nothing in {request.path} can be used. {rejected[0].track.path}: {rejected[0].reason}."
        )
    layer = TAGGRAMS if tags else EMBEDDINGS
    return Found(source.values, layer, tags, seconds, groups, rejected, unknown)


def _write(folder: Path, reporter: Reporter, request: ImportRequest, found: Found) -> None:
    """Write the parts, then the rows. Files that are not booked in the end are removed by the caller."""
    facts: dict[str, Any] = {
        "network": request.name,
        "weights_sha256": file_sha256(request.path),
        "imported": {
            "file": request.path.name,
            "segment_seconds": found.segment_seconds,
            "tags": list(found.tags),
        },
    }
    written = []
    batches = list(_batches(found))
    facts["imported"]["parts"] = len(batches)
    with reporter.stage("Writing segments", found.n_segments) as advance:
        for groups in batches:
            part = _write_part(folder, facts, found, groups)
            written.append((part, groups))
            advance(part.n_rows)
    try:
        _book(request.name, written, found.rejected)
    except BaseException:
        db.session.rollback()
        raise


def _batches(found: Found) -> Iterator[list[Group]]:
    """Yield tracks for one part after the other."""
    room = MAX_PART_BYTES // (np.dtype(np.float16).itemsize * found.values.shape[1])
    batch: list[Group] = []
    n_rows = 0
    for group in found.groups:
        if batch and n_rows + len(group.rows) > room:
            yield batch
            batch, n_rows = [], 0
        batch.append(group)
        n_rows += len(group.rows)
    yield batch


def _write_part(folder: Path, facts: dict[str, Any], found: Found, groups: list[Group]) -> Part:
    files = PartFiles(folder, new_part_name())
    rows = halve(found.values[np.concatenate([group.rows for group in groups])])
    of_tracks = {
        "tracks": [group.track.id for group in groups],
        "rows": [len(group.rows) for group in groups],
        "content_hashes": [group.track.content_hash for group in groups],
    }
    files.write({found.layer: rows}, facts | of_tracks)
    return Part(
        network=facts["network"], name=files.name, n_rows=len(rows), weights_sha256=facts["weights_sha256"]
    )


def _book(name: str, written: list[tuple[Part, list[Group]]], rejected: list[Rejected]) -> None:
    """Let the new rows take the place of the former ones, in one transaction."""
    delete_rows(name)
    db.session.add_all(part for part, _ in written)
    db.session.flush()
    rows: list[dict[str, Any]] = []
    for part, groups in written:
        row_start = 0
        for group in groups:
            place = {"part_id": part.id, "row_start": row_start, "n_rows": len(group.rows)}
            rows.append({**_row(name, group.track), "state": "done", "reason": None, **place})
            row_start += len(group.rows)
    nowhere = dict.fromkeys(("part_id", "row_start", "n_rows"))
    rows += [
        {**_row(name, one.track), "state": "failed", "reason": f"{name}: {one.reason}", **nowhere}
        for one in rejected
    ]
    db.session.execute(insert(Extraction), rows)
    db.session.commit()


def _row(name: str, track: KnownTrack) -> dict[str, Any]:
    return {"track_id": track.id, "network": name, "content_version": track.content_version}
