"""Points of a map as the API tells them."""

from dataclasses import asdict
from typing import Any

from app.queries.neighbours import Place


def describe_place(place: Place, segment_seconds: float) -> dict[str, Any]:
    """Return what the API tells of a point: track, segment, where it starts and can be heard."""
    track_id = place.track.id
    audio = track_audio(track_id)
    if place.segment is not None:
        audio = f"/audio/segment/{segment_seconds:g}/{track_id}:{place.segment}"
    return {
        "track": asdict(place.track),
        "segment": place.segment,
        "start": segment_start(place.segment, segment_seconds),
        "row": place.row,
        "audio": audio,
    }


def segment_start(segment: int | None, segment_seconds: float) -> float | None:
    """Return where a segment starts, in seconds."""
    return None if segment is None else round(segment * segment_seconds, 3)


def track_audio(track_id: int) -> str:
    """Return the address of the sound of a track."""
    return f"/audio/track/{track_id}"
