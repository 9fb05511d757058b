"""Hearing a file that is no track: one that somebody sends to ask what is like it."""

import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np

from app.errors import BusyError, InputError, MissingNetworkError, NotFoundError
from app.networks import NETWORKS
from app.networks.engines import engine_for
from app.queries.catalogue import needed_snapshot
from app.queries.similar import Sound
from app.services.vectors import TrackVectors, VectorExtractor
from app.settings import Settings

PATIENCE_SECONDS = 60
BUSY = "Other files are being heard. Try again in a while."
WAITING = 2  # at once, the one that is heard among them: each holds a thread of the server

_extractors: dict[tuple[Path, str], VectorExtractor] = {}
_hearing = threading.Lock()
_admitted = threading.BoundedSemaphore(WAITING)


def hear(settings: Settings, stream: IO[bytes], networks: Sequence[str], segment: int | None) -> Sound:
    """Decode a file, run networks over it, and forget it.

    One file is heard at a time; the networks stay loaded for the next one.

    Parameters
    ----------
    segment : int or None
        Which segment stands for the file; the mean of all of them if None.

    Raises
    ------
    NotFoundError
        If a network or the segment is not there.
    AudioError
        If the file cannot be decoded.
    InputError
        If it is too long, or the library was heard with other weights.
    BusyError
        If others have to be heard first for too long.
    """
    for network in networks:
        needed_snapshot(settings).layers(network)  # there is such a network
    if not _admitted.acquire(blocking=False):
        raise BusyError(BUSY)
    try:
        return _sound(_hear_alone(settings, stream, networks), segment)
    finally:
        _admitted.release()


def _hear_alone(settings: Settings, stream: IO[bytes], networks: Sequence[str]) -> TrackVectors:
    if not _hearing.acquire(timeout=PATIENCE_SECONDS):
        raise BusyError(BUSY)
    try:
        with tempfile.NamedTemporaryFile(prefix="music-explore-") as file:
            shutil.copyfileobj(stream, file)
            file.flush()
            extractor = _extractor(settings, networks)
            return extractor.extract(Path(file.name), networks, settings.UPLOAD_MAX_SECONDS)
    finally:
        _hearing.release()


def _extractor(settings: Settings, networks: Sequence[str]) -> VectorExtractor:
    """Return an extractor that has the networks loaded."""
    key = (settings.MODELS_DIR, engine_for(settings))
    extractor = _extractors.setdefault(key, VectorExtractor([], *key))
    known = needed_snapshot(settings).manifest["networks"]
    for name in networks:
        try:
            extractor.load(NETWORKS.get(name))
        except MissingNetworkError as error:
            raise NotFoundError(f"Files cannot be heard with {name} here: {error}") from error
        if extractor.runners[name].weights_sha256 != known[name]["weights_sha256"]:
            raise InputError(
                f"The library was heard with other weights of {name} than those that are here now: its "
                "vectors cannot be compared. Run: flask process"
            )
    return extractor


def _sound(heard: TrackVectors, segment: int | None) -> Sound:
    vectors = {}
    for network, layers in heard.rows.items():
        for layer, rows in layers.items():
            if segment is not None and segment >= len(rows):
                raise NotFoundError(
                    f"The file has {len(rows)} segments under {network}, counted from 0: there is no segment "
                    f"{segment}."
                )
            vectors[network, layer] = (
                rows.mean(axis=0, dtype=np.float32) if segment is None else rows[segment].astype(np.float32)
            )
    return Sound(vectors, heard.content_hash, "tracks" if segment is None else "segments")
