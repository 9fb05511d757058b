"""The library at a glance: tracks, coverage, failures, snapshot, disk use."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select

from app.models import Extraction, Snapshot, Track, db, is_current
from app.networks import NETWORKS
from app.queries.damage import known_damage
from app.settings import Settings
from app.store.networks import imported_names
from app.store.progress import read_progress

SHOWN_FAILURES = 20


@dataclass(frozen=True)
class Coverage:
    """How far a network has come; or an imported set, of which nothing is pending.

    Attributes
    ----------
    pending : int
        Tracks that are there, can be read, and have no valid rows and no recorded failure.
    """

    network: str
    installed: bool
    done: int
    failed: int
    pending: int
    segments: int


@dataclass(frozen=True)
class Problem:
    """A file that could not be used, or was odd.

    Attributes
    ----------
    path : str
        For showing; ``track``, its id, tells it apart from others.
    """

    track: int
    path: str
    reason: str


@dataclass(frozen=True)
class Status:
    """The library at a glance."""

    tracks: int
    missing: int
    duplicates: int
    seconds: float
    networks: list[Coverage]
    failures: list[Problem]
    warnings: list[Problem]
    snapshot: dict[str, Any] | None

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


def describe_status(settings: Settings) -> dict[str, Any]:
    """Return what the page shows of the library and of a run that is at work on it, as plain values."""
    status = read_status(settings)
    running = read_progress(settings.ROOT_DIR)
    return {
        "tracks": status.tracks,
        "missing": status.missing,
        "duplicates": status.duplicates,
        "seconds": status.seconds,
        "networks": [asdict(network) for network in status.networks],
        "failed": len(status.failures),
        "failures": [asdict(problem) for problem in status.failures[:SHOWN_FAILURES]],
        "snapshot": status.snapshot,
        "damaged": known_damage(settings),
        "running": None if running is None else asdict(running),
    }


def printable(path: str) -> str:
    """Return a path as text that any terminal and JSON can show, on one line."""
    if path.isascii() and path.isprintable():
        return path
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def read_status(settings: Settings) -> Status:
    """Collect the status of the library."""
    present = Track.state == "present"
    count = db.session.scalar(select(func.count()).where(present)) or 0
    failed = select(Extraction.track_id).where(Extraction.state == "failed")
    seconds = (
        db.session.scalar(select(func.sum(Track.duration)).where(present, Track.id.not_in(failed))) or 0.0
    )
    missing = db.session.scalar(select(func.count()).where(Track.state == "missing")) or 0
    contents, copies = db.session.execute(
        select(func.count(Track.content_hash.distinct()), func.count(Track.content_hash)).where(present)
    ).one()
    return Status(
        tracks=count,
        missing=missing,
        duplicates=copies - contents,
        seconds=float(seconds),
        networks=_coverage(settings, count),
        failures=_failures(),
        warnings=_warnings(),
        snapshot=_snapshot(),
    )


def disk_use(settings: Settings) -> dict[str, int]:
    """Return how many bytes are used for what."""
    return {
        "parts": _size(settings.DATA_DIR),
        "snapshots": _size(settings.AGGRDATA_DIR),
        "indexes": _size(settings.INDEX_DIR),
        "networks": _size(settings.MODELS_DIR),
    }


def _coverage(settings: Settings, n_tracks: int) -> list[Coverage]:
    there = or_(Track.state == "present", Extraction.content_version.is_(None))
    query = (
        select(Extraction.network, Extraction.state, func.count(), func.sum(Extraction.n_rows))
        .join(Track, Track.id == Extraction.track_id)
        .where(there, is_current())
        .group_by(Extraction.network, Extraction.state)
    )
    found = {(network, state): (n, rows or 0) for network, state, n, rows in db.session.execute(query)}
    unreadable = db.session.scalar(
        select(func.count()).where(Track.state == "present", Track.quick_hash.is_(None))
    )
    coverage = []
    for network in NETWORKS:
        done, segments = found.get((network.name, "done"), (0, 0))
        failed, _ = found.get((network.name, "failed"), (0, 0))
        pending = n_tracks - done - failed - (unreadable or 0)
        installed = network.file_in(settings.MODELS_DIR).exists()
        coverage.append(Coverage(network.name, installed, done, failed, pending, int(segments)))
    for name in imported_names(settings.DATA_DIR):
        done, segments = found.get((name, "done"), (0, 0))
        failed, _ = found.get((name, "failed"), (0, 0))
        coverage.append(Coverage(name, True, done, failed, 0, int(segments)))
    return coverage


def _failures() -> list[Problem]:
    """Every file with a reason, once, in catalogue order: unreadable at the scan, or failed at extraction."""
    scanned = select(Track.id, Track.path, Track.error).where(
        Track.state == "present", Track.error.is_not(None)
    )
    extracted = (
        select(Track.id, Track.path, func.min(Extraction.reason))
        .join(Extraction, Extraction.track_id == Track.id)
        .where(
            Track.state == "present",
            Extraction.state == "failed",
            is_current(),
        )
        .group_by(Track.id, Track.path)
    )
    found = {row[0]: row for query in (extracted, scanned) for row in db.session.execute(query)}
    return [Problem(track, printable(path), reason or "") for track, path, reason in sorted(found.values())]


def _warnings() -> list[Problem]:
    query = (
        select(Track.id, Track.path, func.min(Extraction.reason))
        .join(Extraction, Extraction.track_id == Track.id)
        .where(
            Track.state == "present",
            Extraction.state == "done",
            Extraction.reason.is_not(None),
            is_current(),
        )
        .group_by(Track.id, Track.path)
        .order_by(Track.id)
    )
    return [
        Problem(track, printable(path), reason or "") for track, path, reason in db.session.execute(query)
    ]


def _snapshot() -> dict[str, Any] | None:
    row = db.session.scalar(select(Snapshot).order_by(Snapshot.published_at.desc()).limit(1))
    if row is None:
        return None
    return {
        "id": row.key,
        "published_at": row.published_at.isoformat(),
        "tracks": row.n_tracks,
        "segments": row.n_segments,
    }


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.exists() else 0
