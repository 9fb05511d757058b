"""Verification of the music: files whose content changed although size and modification time did not."""

import os
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import select, update

from app.files import file_sha256
from app.models import Track, db
from app.services.audio_files import THREADS, clamp_time
from app.services.report import Reporter
from app.services.verify import VerifyReport
from app.settings import Settings
from app.threads import in_batches

CHANGED = "its content has changed since extraction, although size and modification time have not"
BATCH = THREADS  # short, as a signal is answered at the end of each


class _Checked(NamedTuple):
    id: int
    path: str
    size: int
    mtime_ns: int
    content_hash: str


def verify_files(
    settings: Settings, reporter: Reporter, report: VerifyReport, *, repair: bool = False
) -> list[str]:
    """Compare the whole content of all present files with the hashes that extraction stored.

    Files of another size or time than at the last scan are left to the next one. A file that cannot be read
    keeps its vectors: a disk that fails says nothing about its content.

    Parameters
    ----------
    report : VerifyReport
        Is added to.
    repair : bool
        Have tracks of changed content extracted anew.

    Returns
    -------
    list of str
        Problems that a repair does not solve: files that cannot be read.
    """
    columns = (Track.id, Track.path, Track.size, Track.mtime_ns, Track.content_hash)
    known = select(*columns).where(Track.state == "present", Track.content_hash.is_not(None))
    tracks = [_Checked._make(row) for row in db.session.execute(known.order_by(Track.id))]
    changed: list[int] = []
    unreadable: list[str] = []

    def compare(track: _Checked) -> tuple[_Checked, bool, str]:
        return track, *_compare(settings, track)

    with reporter.stage("Verifying the music", len(tracks)) as advance:
        for batch in in_batches(compare, tracks, threads=THREADS, batch=BATCH):
            for track, is_changed, reason in batch:
                report.checked += 1
                if is_changed:
                    report.problems.append(f"{track.path}: {CHANGED}")
                    changed.append(track.id)
                elif reason:
                    unreadable.append(f"{track.path}: {reason}")
            advance(len(batch))
    report.problems += unreadable
    if repair and changed:
        for some in _slices(changed):
            db.session.execute(
                update(Track)
                .where(Track.id.in_(some))
                .values(content_hash=None, content_version=Track.content_version + 1)
            )
        db.session.commit()
        report.to_extract = True
    return unreadable


def _compare(settings: Settings, track: _Checked) -> tuple[bool, str]:
    """Return whether a file has another content, and why it cannot be read; a scan finds out all else."""
    path = settings.AUDIO_DIR / track.path
    try:
        status = os.stat(path)  # noqa: PTH116 - as the scan does
        if (status.st_size, clamp_time(status.st_mtime_ns)) != (track.size, track.mtime_ns):
            return False, ""
        return file_sha256(path) != track.content_hash, ""
    except FileNotFoundError:
        return False, ""
    except OSError as error:
        return False, f"cannot be read: {error.strerror or error}"


def _slices(ids: list[int], size: int = 500) -> Iterator[list[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
