"""The methods of OpenSubsonic that are served.

Each is described at ``https://opensubsonic.netlify.app/docs/endpoints/<method>/``, a song (``child``) and a
match (``sonicmatch``) below ``https://opensubsonic.netlify.app/docs/responses/``.
"""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from app.queries.songs import SonicMatch, similar_songs, songs_between
from app.queries.status import printable
from app.queries.tracks import MAX_ID, TrackFacts, find_track, track_facts
from app.web import context
from app.web.media import mimetype_of, send_track
from app.web.subsonic.answers import GENERIC, MISSING_PARAMETER, NOT_FOUND, SubsonicError, success
from app.web.subsonic.keys import check_key

EXTENSIONS = {"apiKeyAuthentication": [1], "formPost": [1], "sonicSimilarity": [1]}
MOST = 500
FEWEST_ON_A_PATH, MOST_ON_A_PATH = 2, 100  # each costs a search

Method = Callable[[], Response]


def ping() -> Response:
    """Tell that the server is there."""
    return success({})


def get_license() -> Response:
    """Tell that no licence is needed."""
    return success({"license": {"valid": True}})


def token_info() -> Response:
    """Tell whose token the key is."""
    token = check_key()
    if token is None:
        raise SubsonicError(MISSING_PARAMETER, "Required parameter 'apiKey' is missing.")
    return success({"tokenInfo": {"username": token.name}})


def get_extensions() -> Response:
    """Tell which extensions are known."""
    extensions = [{"name": name, "versions": versions} for name, versions in EXTENSIONS.items()]
    return success({"openSubsonicExtensions": extensions})


def get_song() -> Response:
    """Describe a song."""
    track_id = find_track(_song_id("id")).id
    return success({"song": _song(track_facts([track_id])[track_id])})


def stream() -> Response:
    """Send a file as it is."""
    return send_track(_song_id("id"))


def get_sonic_similar_tracks() -> Response:
    """List the songs that sound most like one."""
    matches = similar_songs(context.settings(), _song_id("id"), _count(10))
    return success({"sonicMatch": [_match(match) for match in matches]})


def find_sonic_path() -> Response:
    """List songs that lead from one to another."""
    start, end = _song_id("startSongId"), _song_id("endSongId")
    count = _count(25, least=FEWEST_ON_A_PATH, most=MOST_ON_A_PATH)
    matches = songs_between(context.settings(), start, end, count)
    return success({"sonicMatch": [_match(match) for match in matches]})


METHODS: dict[str, Method] = {
    "ping": ping,
    "getLicense": get_license,
    "tokenInfo": token_info,
    "getOpenSubsonicExtensions": get_extensions,
    "getSong": get_song,
    "stream": stream,
    "getSonicSimilarTracks": get_sonic_similar_tracks,
    "findSonicPath": find_sonic_path,
}
OPEN = frozenset({"getOpenSubsonicExtensions"})
"""Methods that may be asked without a key."""


def _match(match: SonicMatch) -> dict[str, Any]:
    """Tell a song and its similarity."""
    return {"entry": _song(match.facts), "similarity": match.similarity}


def _song(facts: TrackFacts) -> dict[str, Any]:
    """Tell what is known of a song."""
    described = {
        "id": str(facts.id),
        "isDir": False,
        "title": facts.title,
        "artist": facts.artist,
        "album": facts.album,
        "year": facts.year,
        "genre": facts.genres[0] if facts.genres else None,
        "genres": [{"name": genre} for genre in facts.genres],
        "duration": None if facts.duration is None else round(facts.duration),
        "bpm": None if facts.bpm is None else round(facts.bpm),
        "path": printable(facts.path),
        "suffix": PurePosixPath(facts.path).suffix.lstrip(".").lower(),
        "contentType": mimetype_of(facts.path),
        "type": "music",
        "mediaType": "song",
        "isVideo": False,
    }
    return {name: value for name, value in described.items() if value is not None}


def _song_id(name: str) -> int:
    text = request.values.get(name, "")
    if not text:
        raise SubsonicError(MISSING_PARAMETER, f"Required parameter '{name}' is missing.")
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(MAX_ID))):
        raise SubsonicError(NOT_FOUND, f"There is no song {text!r}.")
    return int(text)


def _count(default: int, *, least: int = 1, most: int = MOST) -> int:
    """Return how many songs are wanted, at most ``most``."""
    text = request.values.get("count", str(default))
    if not (text.isascii() and text.isdecimal() and int(text[:9]) >= least):
        raise SubsonicError(GENERIC, f"'count' must be a number from {least} on, not {text!r}.")
    return min(int(text[:9]), most)
