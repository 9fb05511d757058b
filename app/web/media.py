"""Audio of tracks and segments, by id: only what is in the catalogue."""

import io
import math
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from flask import Blueprint, redirect, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.errors import InputError, NotFoundError
from app.former import GUIDE
from app.providers import AudioLink, Playable
from app.queries.status import printable
from app.queries.tracks import find_track
from app.web import context
from app.web.api.operation import operation
from app.web.ranges import send_file_range

media = Blueprint("media", __name__, url_prefix="/audio")

MIMETYPES = {
    ".3gp": "audio/3gpp",
    ".aac": "audio/aac",
    ".ac3": "audio/ac3",
    ".aif": "audio/aiff",
    ".aifc": "audio/aiff",
    ".aiff": "audio/aiff",
    ".amr": "audio/amr",
    ".ape": "audio/x-ape",
    ".asf": "audio/x-ms-wma",
    ".au": "audio/basic",
    ".avi": "audio/x-msvideo",
    ".caf": "audio/x-caf",
    ".dsf": "audio/x-dsf",
    ".dts": "audio/vnd.dts",
    ".eac3": "audio/eac3",
    ".ec3": "audio/eac3",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".m4r": "audio/mp4",
    ".m4v": "audio/mp4",
    ".mka": "audio/x-matroska",
    ".mkv": "audio/x-matroska",
    ".mov": "audio/quicktime",
    ".mp+": "audio/x-musepack",
    ".mp1": "audio/mpeg",
    ".mp2": "audio/mpeg",
    ".mp3": "audio/mpeg",
    ".mp4": "audio/mp4",
    ".mpc": "audio/x-musepack",
    ".mpeg": "audio/mpeg",
    ".mpg": "audio/mpeg",
    ".mpp": "audio/x-musepack",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "audio/ogg",
    ".ogx": "audio/ogg",
    ".opus": "audio/ogg",
    ".snd": "audio/basic",
    ".spx": "audio/ogg",
    ".tak": "audio/x-tak",
    ".tta": "audio/x-tta",
    ".w64": "audio/x-w64",
    ".wav": "audio/wav",
    ".wave": "audio/wav",
    ".weba": "audio/webm",
    ".webm": "audio/webm",
    ".wma": "audio/x-ms-wma",
    ".wmv": "audio/x-ms-wma",
    ".wv": "audio/x-wavpack",
}
UNKNOWN = "application/octet-stream"
LATEST = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


@media.get("/track/<int:track_id>")
@operation(media={"audio/*": None, UNKNOWN: None}, also={206: None, 302: None}, errors=(416,))
def track(track_id: int) -> AnyResponse:
    """Send the file of a track, whole or the range asked for; or lead to where it is streamed from."""
    return send_track(track_id)


def send_track(track_id: int) -> AnyResponse:
    """Answer with the sound of a track, or the way to it.

    Raises
    ------
    NotFoundError
        If there is no such track, or its file cannot be read.
    """
    found = find_track(track_id)
    settings = context.settings()
    source = context.provider(settings).url(Playable(found.id, found.path, found.external_id), settings)
    if isinstance(source, AudioLink):
        return redirect(source.url)
    return send_audio(source.path, found.path)


def send_audio(path: Path, known_as: str) -> AnyResponse:
    """Send a file, or the range of it that is asked for. Its name need be neither UTF-8 nor without newlines.

    Parameters
    ----------
    known_as : str
        Its name for the receiver, whose suffix says what it is.

    Raises
    ------
    NotFoundError
        If it cannot be read.
    """
    try:
        facts = path.stat()
        response = send_file(
            io.BytesIO(),
            mimetype_of(known_as),
            download_name=printable(PurePosixPath(known_as).name),
            etag=f"{facts.st_mtime_ns:x}-{facts.st_size:x}",
            last_modified=min(max(0, facts.st_mtime), LATEST),
        )
        send_file_range(response, path, facts.st_size)
    except OSError as error:
        raise NotFoundError(f"The file {printable(known_as)} cannot be read: {error.strerror}.") from error
    response.cache_control.private = True
    return response


@media.get("/segment/<length>/<segment_id>")
@operation(media={}, status=302)
def segment(length: str, segment_id: str) -> AnyResponse:
    """Lead to the stretch of a track that a segment stands for: ``2.992`` seconds, ``<track>:<number>``."""
    seconds = _parse_length(length)
    track_id, number = _parse_segment(segment_id)
    found = find_track(track_id)
    start, end = number * seconds, (number + 1) * seconds
    if found.duration is not None and start >= max(found.duration, seconds):
        raise NotFoundError(f"Track {track_id} ends at {found.duration:.1f} s: it has no segment {number}.")
    return redirect(url_for("media.track", track_id=track_id) + f"#t={start:.3f},{end:.3f}")


def mimetype_of(path: str) -> str:
    """Return the type of a file by its suffix."""
    return MIMETYPES.get(PurePosixPath(path).suffix.lower(), UNKNOWN)


def _parse_length(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise InputError(f"The length of a segment is a number of seconds, not {text!r}.")
    return seconds


def _parse_segment(text: str) -> tuple[int, int]:
    track_id, _, number = text.partition(":")
    if not all(part.isascii() and part.isdigit() and len(part) < 16 for part in (track_id, number)):
        raise InputError(
            f"A segment ID has the form <track id>:<number>, not {text!r}: segments are numbered within "
            f"their track, not across the library as in music-explore 0.3. See {GUIDE}."
        )
    return int(track_id), int(number)
