"""Outlines of tracks, to draw behind the player's position. Decoded when first asked for, then kept."""

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import select

from app.audio.waveform import Waveform, read_waveform
from app.errors import AudioError, OverloadedError
from app.models import Extraction, Track, db
from app.providers.base import Playable
from app.providers.local import Local
from app.queries.tracks import find_track
from app.settings import Settings

KEPT = 512  # of some 8 KB each
DECODED_AT_ONCE = 2  # so that a row of long tracks leaves threads for other requests ...
PATIENCE = 1.0  # ... and so do those who wait for their turn, in seconds

_Key = tuple[Path, int, int]  # file, time in ns, size
_kept: OrderedDict[_Key, Waveform] = OrderedDict()
_lock = threading.Lock()
_decoders = threading.BoundedSemaphore(DECODED_AT_ONCE)


def waveform(settings: Settings, track_id: int) -> Waveform:
    """Return the outline of a track's local file, wherever the track itself is played from.

    Raises
    ------
    NotFoundError
        If there is no such track, or its file is not there.
    AudioError
        If it cannot be decoded.
    OverloadedError
        If others are decoded, and that takes long.
    """
    track = find_track(track_id)
    path = Local().url(Playable(track.id, track.path, track.external_id), settings).path
    _refuse_failed(track)
    try:
        facts = path.stat()
        key = (path, facts.st_mtime_ns, facts.st_size)
        found = _look_up(key)
        if found is None:
            with _turn():
                found = _look_up(key) or _keep(key, _decode(path, settings))
    except OSError as error:
        raise AudioError(f"Track {track_id} cannot be read: {error.strerror}.") from error
    except AudioError as error:
        raise type(error)(f"Track {track_id} cannot be decoded: {error}.") from error
    return found


def _decode(path: Path, settings: Settings) -> Waveform:
    return read_waveform(path, max_seconds=settings.MAX_TRACK_HOURS * 3600)


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """Wait for one's turn, but not for long."""
    if not _decoders.acquire(timeout=PATIENCE):
        raise OverloadedError("The outlines of other tracks are being made. Ask again in a moment.")
    try:
        yield
    finally:
        _decoders.release()


def _refuse_failed(track: Track) -> None:
    """Keep away from files that extraction has failed on: some of them end the process that decodes them."""
    failed = select(Extraction.reason).where(
        Extraction.track_id == track.id,
        Extraction.state == "failed",
        Extraction.content_version == track.content_version,
    )
    reason = db.session.scalar(failed.limit(1))
    if reason is not None:
        raise AudioError(f"Track {track.id} cannot be decoded: {reason}.")


def _look_up(key: _Key) -> Waveform | None:
    with _lock:
        found = _kept.pop(key, None)
        if found is not None:
            _kept[key] = found
        return found


def _keep(key: _Key, found: Waveform) -> Waveform:
    with _lock:
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found
