"""Points of maps as the API tells them."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from flask import request

from app.queries.similar import Place


def describe_place(place: Place, segment_seconds: float) -> dict[str, Any]:
    """Return what the API tells of a point: track, segment, where it starts, ends and can be heard."""
    track_id, segment = place.track.id, place.segment
    audio = track_audio(track_id)
    if segment is not None:
        audio = below_root(f"/audio/segment/{segment_seconds:g}/{track_id}:{segment}")
    return {
        "track": asdict(place.track),
        "album": place.album,
        "segment": segment,
        "start": segment_start(segment, segment_seconds),
        "end": None if segment is None else segment_start(segment + 1, segment_seconds),
        "row": place.row,
        "audio": audio,
    }


def segment_start(segment: int | None, segment_seconds: float) -> float | None:
    """Return where a segment starts, in seconds."""
    return None if segment is None else round(segment * segment_seconds, 3)


def track_audio(track_id: int) -> str:
    """Return the address of the sound of a track."""
    return below_root(f"/audio/track/{track_id}")


def addresses_of_tracks() -> Callable[[int], str]:
    """Return what gives a track the whole address of its sound, for files; also after the request."""
    root = request.url_root
    return lambda track_id: f"{root}audio/track/{track_id}"


def below_root(path: str) -> str:
    """Return the address of a path, below the one that a proxy serves this server at."""
    return request.script_root + path
