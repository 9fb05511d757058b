"""The ledger: results of extraction, kept in memory for a while, then written as parts and rows at once.

Files first, rows after them in one transaction: what has no row does not count, so a run that is killed
between the two leaves files that nobody reads, and the tracks are simply extracted again.
"""

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select, update

from app.models import Extraction, Part, Track, db
from app.services.pending import PendingTrack
from app.services.vectors import TrackVectors
from app.store.parts import PartFiles, new_part_name

MAX_TRACKS = 64
MAX_BYTES = 64 * 2**20
MAX_SECONDS = 10.0


@dataclass(frozen=True)
class _Finished:
    track: PendingTrack
    vectors: TrackVectors


@dataclass(frozen=True)
class _Failed:
    track: PendingTrack
    reason: str


class Ledger:
    """Collects what workers return and commits it in batches.

    Parameters
    ----------
    data_dir : Path
        Where parts are written.
    weights : mapping
        Network name to the SHA-256 of the file that computed the rows.
    recipes : mapping
        Network name to what else belongs into the manifests: front end, engine, versions, ...
    """

    def __init__(
        self, data_dir: Path, weights: Mapping[str, str], recipes: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.data_dir = data_dir
        self.weights = weights
        self.recipes = recipes
        self._finished: list[_Finished] = []
        self._failed: list[_Failed] = []
        self._bytes = 0
        self._since = time.monotonic()

    def add(self, track: PendingTrack, vectors: TrackVectors) -> None:
        """Take the rows of a track; commit if enough has come together."""
        self._finished.append(_Finished(track, vectors))
        self._bytes += sum(rows.nbytes for layers in vectors.rows.values() for rows in layers.values())
        self._commit_if_due()

    def fail(self, track: PendingTrack, reason: str) -> None:
        """Take note that a track failed."""
        self._failed.append(_Failed(track, reason))
        self._commit_if_due()

    def _commit_if_due(self) -> None:
        full = len(self._finished) + len(self._failed) >= MAX_TRACKS or self._bytes >= MAX_BYTES
        if full or time.monotonic() - self._since >= MAX_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Write parts, then rows. If that fails or is stopped, a second call begins anew."""
        finished = sorted(self._finished, key=lambda item: item.track.track_id)
        failed = self._failed
        if finished or failed:
            try:
                self._write_rows(finished, failed, self._write_parts(finished))
            except BaseException:
                db.session.rollback()
                raise
        self._finished, self._failed, self._bytes = [], [], 0
        self._since = time.monotonic()

    def _write_parts(self, finished: list[_Finished]) -> dict[str, Part]:
        by_network: dict[str, list[_Finished]] = defaultdict(list)
        for item in finished:
            for network in item.vectors.rows:
                by_network[network].append(item)
        parts = {}
        for network, items in sorted(by_network.items()):
            files = PartFiles(self.data_dir / network, new_part_name())
            layers = {
                layer: np.concatenate([item.vectors.rows[network][layer] for item in items])
                for layer in items[0].vectors.rows[network]
            }
            n_rows = len(next(iter(layers.values())))
            counts = [len(next(iter(item.vectors.rows[network].values()))) for item in items]
            facts = {
                "network": network,
                "weights_sha256": self.weights[network],
                "tracks": [item.track.track_id for item in items],
                "rows": counts,
                # By these the rows are known again when the database is lost: see app/services/adopt.py.
                "content_hashes": [item.vectors.content_hash for item in items],
                "durations": [item.vectors.duration for item in items],
                "warnings": ["; ".join(item.vectors.warnings) or None for item in items],
                **self.recipes[network],
            }
            files.write(layers, facts)
            parts[network] = Part(
                network=network, name=files.name, n_rows=n_rows, weights_sha256=self.weights[network]
            )
        return parts

    def _write_rows(self, finished: list[_Finished], failed: list[_Failed], parts: dict[str, Part]) -> None:
        tracks = [item.track for item in finished] + [item.track for item in failed]
        known = select(Extraction).where(Extraction.track_id.in_([track.track_id for track in tracks]))
        rows = {(row.track_id, row.network): row for row in db.session.scalars(known)}
        db.session.add_all(parts.values())
        db.session.flush()
        next_row: dict[str, int] = defaultdict(int)
        for item in finished:
            for network, layers in item.vectors.rows.items():
                n_rows = len(next(iter(layers.values())))
                row = _row(rows, item.track, network)
                row.state, row.reason = "done", "; ".join(item.vectors.warnings) or None
                row.part_id, row.row_start, row.n_rows = parts[network].id, next_row[network], n_rows
                next_row[network] += n_rows
            db.session.execute(
                update(Track)
                .where(Track.id == item.track.track_id, Track.content_version == item.track.content_version)
                .values(content_hash=item.vectors.content_hash, duration=item.vectors.duration)
            )
        for failure in failed:
            for network in failure.track.networks:
                row = _row(rows, failure.track, network)
                row.state, row.reason = "failed", failure.reason
                row.part_id = row.row_start = row.n_rows = None
        db.session.commit()
        db.session.expunge_all()

    def share(self, track: PendingTrack, twin: int, content_hash: str) -> None:
        """Let a track use the rows of another one with the same content."""
        source = {
            row.network: row
            for row in db.session.scalars(select(Extraction).where(Extraction.track_id == twin))
        }
        own = select(Extraction).where(Extraction.track_id == track.track_id)
        rows = {(row.track_id, row.network): row for row in db.session.scalars(own)}
        for network in track.networks:
            row = _row(rows, track, network)
            row.state, row.reason = "done", source[network].reason
            row.part_id, row.row_start = source[network].part_id, source[network].row_start
            row.n_rows = source[network].n_rows
        twin_duration = select(Track.duration).where(Track.id == twin).scalar_subquery()
        db.session.execute(
            update(Track)
            .where(Track.id == track.track_id)
            .values(content_hash=content_hash, duration=twin_duration)
        )
        db.session.commit()
        db.session.expunge_all()


def _row(rows: dict[tuple[int, str], Extraction], track: PendingTrack, network: str) -> Extraction:
    """Return the row of a track and network, new or to be overwritten."""
    row = rows.get((track.track_id, network))
    if row is None:
        row = Extraction(track_id=track.track_id, network=network, attempts=0)
        rows[track.track_id, network] = row
        db.session.add(row)
    row.attempts += 1
    row.content_version = track.content_version
    return row
