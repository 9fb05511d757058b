"""Publishing: the rows of all parts, gathered into the contiguous arrays of a snapshot."""

import hashlib
import json
import os
import shutil
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
from sqlalchemy import and_, or_, select

from app.errors import DamagedFileError, EmptyLibraryError
from app.models import Extraction, Part, Snapshot, Track, db, is_current
from app.services.report import Reporter
from app.settings import Settings
from app.store.files import Array, file_sha256, storage_error, write_array, write_facts
from app.store.networks import StoredNetwork, describe_stored, stored_names
from app.store.parts import PartFiles
from app.store.snapshots import KEY_DIGITS, LEVELS, SnapshotFiles, Space, snapshot_folders

TRACKS_AT_ONCE = 1000


@dataclass(frozen=True)
class Slice:
    """Where the rows of a track are."""

    track_id: int
    part_id: int
    row_start: int
    n_rows: int


@dataclass(frozen=True)
class Catalogue:
    """The rows of one network that a snapshot is made of.

    Attributes
    ----------
    slices : list of Slice
        In catalogue order.
    parts : dict
        Part id to name.
    """

    network: StoredNetwork
    weights_sha256: str
    slices: list[Slice]
    parts: dict[int, str]


def read_catalogues(settings: Settings) -> list[Catalogue]:
    """Return, for every network, the rows that are valid now.

    Rows count if their track is there (or streamed) and has not changed since. If rows of several
    weights are about, those that cover most tracks are taken, so that a map stays whole while a
    network is being replaced.
    """
    playable = Track.state == "present"
    if settings.AUDIO_PROVIDER != "local":
        playable = or_(playable, Track.external_id.is_not(None))
    query = (
        select(Extraction, Part)
        .join(Part, Part.id == Extraction.part_id)
        .join(Track, Track.id == Extraction.track_id)
        .where(and_(Extraction.state == "done", is_current(), playable))
        .order_by(Extraction.track_id)
    )
    found: dict[str, dict[str, list[Slice]]] = defaultdict(lambda: defaultdict(list))
    names: dict[int, str] = {}
    for row, part in db.session.execute(query):
        piece = Slice(row.track_id, part.id, cast("int", row.row_start), cast("int", row.n_rows))
        found[row.network][part.weights_sha256].append(piece)
        names[part.id] = part.name
    catalogues = []
    for name in stored_names(settings.DATA_DIR):
        if name in found:
            weights, slices = max(found[name].items(), key=lambda item: (len(item[1]), item[0]))
            parts = {piece.part_id: names[piece.part_id] for piece in slices}
            network = describe_stored(settings.DATA_DIR, name, next(iter(parts.values())))
            catalogues.append(Catalogue(network, weights, slices, parts))
    return catalogues


def snapshot_key(catalogues: list[Catalogue]) -> str:
    """Return the hash of what goes into a snapshot, hexadecimal."""
    digest = hashlib.sha256()
    for catalogue in catalogues:
        rows = [
            (piece.track_id, catalogue.parts[piece.part_id], piece.row_start, piece.n_rows)
            for piece in catalogue.slices
        ]
        digest.update(json.dumps([catalogue.network.name, catalogue.weights_sha256, rows]).encode())
    return digest.hexdigest()[:KEY_DIGITS]


@dataclass(frozen=True)
class SnapshotPlan:
    """A snapshot that may or may not have been built yet."""

    files: SnapshotFiles
    catalogues: list[Catalogue]

    def spaces(self) -> list[Space]:
        """Every layer of every network at every level."""
        return [
            Space(catalogue.network.name, layer, level)
            for catalogue in self.catalogues
            for layer in catalogue.network.layers
            for level in LEVELS
        ]


def plan_snapshot(settings: Settings) -> SnapshotPlan:
    """Return the snapshot of the rows that are valid now.

    Raises
    ------
    EmptyLibraryError
        If nothing has been extracted.
    """
    catalogues = read_catalogues(settings)
    if not catalogues:
        raise EmptyLibraryError("Nothing has been extracted yet. Run: flask extract-all")
    return SnapshotPlan(SnapshotFiles(settings.AGGRDATA_DIR / snapshot_key(catalogues)), catalogues)


def build_snapshot(settings: Settings, plan: SnapshotPlan, reporter: Reporter) -> None:
    """Gather the rows of all networks, unless that has been done.

    The snapshot is not yet read by anyone: :func:`publish` switches to it.

    Raises
    ------
    DamagedFileError
        If a part is damaged.
    """
    folder = plan.files.folder
    if (folder / "manifest.json").exists():
        return
    partial = gather_snapshot(settings, plan, reporter)
    try:
        if folder.exists():  # without a manifest: what an accident left
            shutil.rmtree(folder)
        partial.rename(folder)
    except OSError as error:
        raise storage_error(folder, error) from error


def gather_snapshot(settings: Settings, plan: SnapshotPlan, reporter: Reporter) -> Path:
    """Write the arrays of a snapshot and its manifest to a folder beside its place; return that.

    Raises
    ------
    DamagedFileError
        If a part is damaged.
    StorageError
        If the disk is full or cannot be written.
    """
    folder = plan.files.folder
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        _write_arrays(settings, partial, plan.catalogues, reporter)
    except OSError as error:
        raise storage_error(folder, error) from error
    return partial


def _write_arrays(settings: Settings, folder: Path, catalogues: list[Catalogue], reporter: Reporter) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    n_parts = sum(len(catalogue.parts) for catalogue in catalogues)
    networks = {}
    with reporter.stage("Gathering parts", n_parts) as advance:
        for catalogue in catalogues:
            networks[catalogue.network.name] = _write_network(settings.DATA_DIR, folder, catalogue)
            advance(len(catalogue.parts))
    files = {str(path.relative_to(folder)): file_sha256(path) for path in sorted(folder.rglob("*.npy"))}
    key = folder.name.removeprefix(".").removesuffix(".partial")
    write_facts(folder / "manifest.json", {"snapshot": key, "networks": networks, "files": files})


def _write_network(data_dir: Path, folder: Path, catalogue: Catalogue) -> dict[str, object]:
    network = catalogue.network
    for name in catalogue.parts.values():
        PartFiles(data_dir / network.name, name).verify()
    counts = np.array([piece.n_rows for piece in catalogue.slices], np.int64)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    track_ids = np.array([piece.track_id for piece in catalogue.slices], np.int64)
    write_array(folder / network.name / "track_ids.npy", track_ids)
    write_array(folder / network.name / "offsets.npy", offsets)
    for layer in network.layers:
        place = folder / network.name / layer
        place.mkdir(parents=True, exist_ok=True)
        segments = _gather(data_dir, place / "segments.npy", catalogue, offsets, layer)
        write_array(place / "tracks.npy", track_means(segments, offsets))
    return {
        "weights_sha256": catalogue.weights_sha256,
        "front_end": network.front_end,
        "segment_seconds": network.segment_seconds,
        "patch_seconds": network.patch_seconds,
        "n_tracks": len(track_ids),
        "n_segments": int(offsets[-1]),
        "tags": list(network.tags),
        "layers": {layer: {"size": size} for layer, size in network.layers.items()},
    }


def _gather(data_dir: Path, path: Path, catalogue: Catalogue, offsets: Array, layer: str) -> Array:
    """Copy the rows of one layer from the parts, part by part, to their places in the array."""
    array = _create_array(path, (int(offsets[-1]), catalogue.network.layers[layer]))
    by_part: dict[int, list[int]] = defaultdict(list)
    for index, piece in enumerate(catalogue.slices):
        by_part[piece.part_id].append(index)
    for part_id, indices in by_part.items():
        part = PartFiles(data_dir / catalogue.network.name, catalogue.parts[part_id])
        rows = part.read(layer)
        for index in indices:
            piece = catalogue.slices[index]
            values = rows[piece.row_start : piece.row_start + piece.n_rows]
            if len(values) < piece.n_rows:
                raise DamagedFileError(
                    f"Part {part.name} of {catalogue.network.name} has fewer rows than the ledger says. "
                    "Run: flask verify --repair"
                )
            array[offsets[index] : offsets[index + 1]] = values
    array.flush()
    return array


def _create_array(path: Path, shape: tuple[int, int]) -> np.memmap[Any, np.dtype[np.float16]]:
    """Create a float16 array on disk, its space reserved: a full disk is an error now, not a SIGBUS later."""
    array = np.lib.format.open_memmap(path, mode="w+", dtype="<f2", shape=shape)
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as stream:
            os.posix_fallocate(stream.fileno(), 0, path.stat().st_size)
    return array


def track_means(segments: Array, offsets: Array) -> Array:
    """Return the mean of the segments of each track.

    Parameters
    ----------
    segments : float16, shape=(n_segments, size)
    offsets : int64, shape=(n_tracks + 1,)

    Returns
    -------
    float32, shape=(n_tracks, size)
    """
    n_tracks = len(offsets) - 1
    means = np.empty((n_tracks, segments.shape[1]), np.float32)
    for first in range(0, n_tracks, TRACKS_AT_ONCE):
        last = min(first + TRACKS_AT_ONCE, n_tracks)
        block = segments[offsets[first] : offsets[last]].astype(np.float32)
        sums = np.add.reduceat(block, offsets[first:last] - offsets[first], axis=0)
        means[first:last] = sums / np.diff(offsets[first : last + 1])[:, None]
    return means


def publish(settings: Settings, snapshot: SnapshotFiles) -> None:
    """Let readers use a snapshot, in one step; then remove the oldest ones."""
    row = db.session.scalar(select(Snapshot).where(Snapshot.key == snapshot.key))
    latest = db.session.scalar(select(Snapshot).order_by(Snapshot.published_at.desc()).limit(1))
    if row is None or row is not latest:
        if row is None:
            facts = snapshot.manifest["networks"].values()
            row = Snapshot(
                key=snapshot.key,
                n_tracks=max(int(network["n_tracks"]) for network in facts),
                n_segments=max(int(network["n_segments"]) for network in facts),
            )
            db.session.add(row)
        row.published_at = _later_than(latest)
        db.session.commit()
    _remove_old(settings)


def _later_than(latest: Snapshot | None) -> datetime:
    """Return the time, or just after the latest snapshot's where the clock has been set back."""
    now = datetime.now(UTC)
    if latest is None:
        return now
    return max(now, latest.published_at + timedelta(microseconds=1))


def _remove_old(settings: Settings) -> None:
    """Remove all but the newest ``KEEP_SNAPSHOTS``, and what runs that were killed left of others."""
    rows = list(db.session.scalars(select(Snapshot).order_by(Snapshot.published_at.desc())))
    kept = {row.key for row in rows[: settings.KEEP_SNAPSHOTS]}
    for row in rows[settings.KEEP_SNAPSHOTS :]:
        db.session.delete(row)
    db.session.commit()
    for folder in (settings.AGGRDATA_DIR, settings.INDEX_DIR):
        for path in snapshot_folders(folder):
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True)
