"""Putting back what is damaged, bit for bit, from what is whole.

A part and the arrays of the snapshots that were gathered from it hold the same rows, so that each can be
restored from the other; checksums say whether it worked. What cannot be put back is for others to compute
anew.
"""

import contextlib
import hashlib
import io
import shutil
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, select

from app.audio.decode import SAMPLE_RATE
from app.audio.front_ends import frame_hop
from app.errors import EmptyLibraryError, MusicExploreError
from app.models import Extraction, Part, Snapshot, Track, db, is_current
from app.services.publish import gather_snapshot, plan_snapshot
from app.services.report import Reporter
from app.settings import Settings
from app.store.files import Array, file_sha256, write_array
from app.store.networks import mark_imported
from app.store.parts import PartFiles
from app.store.snapshots import SnapshotFiles, Space


def restore_part(settings: Settings, part: Part) -> bool:
    """Put back the damaged arrays of a part from a snapshot that was gathered from it.

    Returns
    -------
    bool
        Whether the part is whole now.
    """
    files = PartFiles(settings.DATA_DIR / part.network, part.name)
    try:
        layers = files.read_manifest()["layers"]
    except (MusicExploreError, KeyError):
        return _restore_manifest(settings, part, files)
    try:
        for layer, facts in layers.items():
            path = files.layer_path(layer)
            if path.exists() and file_sha256(path) == facts["sha256"]:
                continue
            rows = next(_gathered_rows(settings, part, layer, facts["sha256"]), None)
            if rows is None:
                return False
            write_array(path, rows)
    except (MusicExploreError, KeyError, TypeError, AttributeError):
        return False
    return True


def _gathered_rows(settings: Settings, part: Part, layer: str, sha256: str) -> Iterator[Array]:
    """Yield the rows of a layer of a part, as snapshots hold them, where they have the part's checksum."""
    places = _places(part)
    for files in _snapshots(settings):
        try:
            segments = files.vectors(Space(part.network, layer, "segments"))
            offsets = files.offsets(part.network)
            rows = np.zeros((part.n_rows, segments.shape[1]), segments.dtype)
            for track_id, row_start, n_rows in places:
                first = offsets[files.row_of_track(part.network, track_id)]
                rows[row_start : row_start + n_rows] = segments[first : first + n_rows]
        except (MusicExploreError, ValueError):  # this one is damaged, or does not hold these tracks
            continue
        if _array_sha256(rows) == sha256:
            yield rows


def _restore_manifest(settings: Settings, part: Part, files: PartFiles) -> bool:
    """Write the manifest of a part again, if a snapshot shows that its arrays are whole."""
    columns = (
        Track.id,
        Track.content_hash,
        Track.duration,
        Extraction.reason,
        is_current().label("is_current"),
    )
    query = select(*columns).join(Extraction, Extraction.track_id == Track.id)
    known = {row.id: row for row in db.session.execute(query.where(Extraction.part_id == part.id))}
    # If tracks share rows, use one whose file still has the content that the rows were computed from.
    shared = sorted(_places(part), key=lambda place: known[place[0]].is_current)
    places = sorted({place[1:]: place for place in shared}.values(), key=lambda place: place[1])
    counts = [n_rows for _, _, n_rows in places]
    starts = [row_start for _, row_start, _ in places]
    if [*starts, part.n_rows] != [0, *accumulate(counts)]:
        return False  # the ledger does not say what all of its rows are
    of_rows = [known[track_id] for track_id, _, _ in places]
    facts = {
        "network": part.network,
        "weights_sha256": part.weights_sha256,
        "tracks": [track_id for track_id, _, _ in places],
        "rows": counts,
        "content_hashes": [row.content_hash if row.is_current else None for row in of_rows],
        "durations": [row.duration if row.is_current else None for row in of_rows],
        "warnings": [row.reason for row in of_rows],
    }
    for snapshot in _snapshots(settings):
        with contextlib.suppress(MusicExploreError, OSError, KeyError, TypeError, AttributeError):
            layers = {layer: files.read(layer) for layer in snapshot.layers(part.network)}
            digests = {layer: file_sha256(files.layer_path(layer)) for layer in layers}
            if all(
                next(_gathered_rows(settings, part, *found), None) is not None for found in digests.items()
            ):
                files.describe(layers, digests, facts | _origin(snapshot, settings, part.network))
                return True
    return False


def _origin(snapshot: SnapshotFiles, settings: Settings, network: str) -> dict[str, Any]:
    """Return what a snapshot says of how the rows of a network came about."""
    facts = snapshot.manifest["networks"][network]
    if facts.get("front_end") is not None:
        frame = frame_hop(facts["front_end"]) / SAMPLE_RATE
        return {
            "front_end": facts["front_end"],
            "patch_frames": round(facts["patch_seconds"] / frame),
            "patch_hop": round(facts["segment_seconds"] / frame),
        }
    mark_imported(settings.DATA_DIR / network, network)
    n_parts = db.session.scalar(select(func.count()).where(Part.network == network))
    of_set = {name: facts[name] for name in ("segment_seconds", "tags")}
    return {"imported": {"file": None, "parts": n_parts, **of_set}}


def _places(part: Part) -> list[tuple[int, int, int]]:
    """Return track, first row and number of rows of everything that the ledger knows to be in a part."""
    query = select(Extraction.track_id, Extraction.row_start, Extraction.n_rows)
    rows = db.session.execute(query.where(Extraction.part_id == part.id).order_by(Extraction.track_id))
    return [(track_id, int(row_start or 0), int(n_rows or 0)) for track_id, row_start, n_rows in rows]


def _snapshots(settings: Settings) -> list[SnapshotFiles]:
    """Return the published snapshots, the newest first."""
    keys = db.session.scalars(select(Snapshot.key).order_by(Snapshot.published_at.desc()))
    return [SnapshotFiles(settings.AGGRDATA_DIR / key, thorough=True) for key in keys]


def _array_sha256(rows: Array) -> str:
    stream = io.BytesIO()
    np.save(stream, rows, allow_pickle=False)
    return hashlib.sha256(stream.getbuffer()).hexdigest()


def restore_snapshot(settings: Settings, snapshot: SnapshotFiles) -> bool:
    """Gather the arrays of a snapshot again, and put back those that differ. Maps and graphs stay.

    Returns
    -------
    bool
        Whether it is whole now: not if its parts are not those of the ledger any more.
    """
    try:
        plan = plan_snapshot(settings)
    except EmptyLibraryError:
        return False
    if plan.files.key != snapshot.key:
        return False
    partial = gather_snapshot(settings, plan, Reporter())
    try:
        for path in sorted(partial.rglob("*"), key=lambda path: path.suffix == ".json"):  # the manifest last
            place = snapshot.folder / path.relative_to(partial)
            if path.is_file() and not _is_same(path, place):
                place.parent.mkdir(parents=True, exist_ok=True)
                path.replace(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return True


def _is_same(path: Path, other: Path) -> bool:
    return other.is_file() and file_sha256(path) == file_sha256(other)
