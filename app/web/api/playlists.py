"""Playlists. Who changes one may say in ``If-Match`` which state is meant: the ``ETag`` that was told."""

import re
from typing import Any

from flask import Blueprint, Response, request, url_for

from app.queries.exports import MIMETYPES, PlaylistOptions, export_entries
from app.queries.playlists import ListedEntry, find_playlist, list_playlists, playlist_entries
from app.services.playlists import (
    append_entries,
    create_playlist,
    delete_playlist,
    rename_playlist,
    replace_entries,
)
from app.web import context
from app.web.api.operation import operation
from app.web.api.places import addresses_of_tracks, track_audio
from app.web.api.schemas.playlists import (
    EntriesArguments,
    NewPlaylistArguments,
    PlaylistAnswer,
    PlaylistExportArguments,
    PlaylistsAnswer,
    PlaylistsArguments,
    RenameArguments,
    WholePlaylistAnswer,
)
from app.web.responses import attached, dump_json, json_response

playlists = Blueprint("playlists", __name__, url_prefix="/api/v1/playlists")

MAX_BODY = 2 * 2**20
_VERSION = re.compile("[0-9]{1,9}(?=-|$)")
LISTS = {mimetype: None for form, mimetype in MIMETYPES.items() if form in ("csv", "m3u8", "xspf")}


@playlists.get("")
@operation(query=PlaylistsArguments, answer=PlaylistsAnswer)
def listed(arguments: PlaylistsArguments) -> Response:
    """List the playlists in the order in which they were made, page by page."""
    total, found = list_playlists(arguments.cursor, arguments.limit + 1)
    page = found[: arguments.limit]
    return json_response(
        {
            "total": total,
            "next": str(page[-1].id) if len(found) > len(page) else None,
            "playlists": [playlist.to_json() for playlist in page],
        }
    )


@playlists.post("")
@operation(
    body=NewPlaylistArguments,
    max_body=MAX_BODY,
    answer=PlaylistAnswer,
    status=201,
    errors=(404,),
    scope="write",
)
def created(body: NewPlaylistArguments) -> Response:
    """Make a playlist, of tracks, stretches of tracks, or points of a map."""
    playlist_id = create_playlist(body.name, body.to_entries(context.settings()))
    response = _tell(playlist_id, 201)
    response.location = url_for("playlists.whole", playlist_id=playlist_id)
    return response


@playlists.get("/<int:playlist_id>")
@operation(answer=WholePlaylistAnswer, errors=(404,))
def whole(playlist_id: int) -> Response:
    """Tell a playlist with its entries."""
    playlist = find_playlist(playlist_id)
    entries = playlist_entries(context.settings(), playlist_id)
    response = Response(
        dump_json({**playlist.to_json(), "entries": [_describe(listed) for listed in entries]}),
        mimetype="application/json",
    )
    response.cache_control.no_cache = True
    response.add_etag(weak=True)
    digest, _ = response.get_etag()
    response.set_etag(f"{playlist.version}-{digest}", weak=True)
    response.make_conditional(request)
    return response


@playlists.patch("/<int:playlist_id>")
@operation(body=RenameArguments, answer=PlaylistAnswer, errors=(404, 412), scope="write")
def renamed(playlist_id: int, body: RenameArguments) -> Response:
    """Give a playlist another name."""
    rename_playlist(playlist_id, body.name, _versions())
    return _tell(playlist_id)


@playlists.delete("/<int:playlist_id>")
@operation(media={}, status=204, errors=(404, 412), scope="write")
def deleted(playlist_id: int) -> Response:
    """Delete a playlist. The music stays."""
    delete_playlist(playlist_id, _versions())
    return Response(status=204)


@playlists.put("/<int:playlist_id>/entries")
@operation(body=EntriesArguments, max_body=MAX_BODY, answer=PlaylistAnswer, errors=(404, 412), scope="write")
def replaced(playlist_id: int, body: EntriesArguments) -> Response:
    """Put these entries in place of those of a playlist: others, fewer, or the same in another order."""
    replace_entries(playlist_id, body.to_entries(context.settings()), _versions())
    return _tell(playlist_id)


@playlists.post("/<int:playlist_id>/entries")
@operation(body=EntriesArguments, max_body=MAX_BODY, answer=PlaylistAnswer, errors=(404, 412), scope="write")
def appended(playlist_id: int, body: EntriesArguments) -> Response:
    """Put entries at the end of a playlist."""
    append_entries(playlist_id, body.to_entries(context.settings()), _versions())
    return _tell(playlist_id)


@playlists.get("/<int:playlist_id>/export")
@operation(query=PlaylistExportArguments, media=LISTS, errors=(404,))
def exported(playlist_id: int, arguments: PlaylistExportArguments) -> Response:
    """Send a playlist as a file for other players, or as a table."""
    settings = context.settings()
    options = PlaylistOptions.choose(
        settings,
        addresses_of_tracks(),
        offline=arguments.offline,
        windows_paths=arguments.windows_paths,
    )
    playlist = find_playlist(playlist_id)
    entries = [listed.entry for listed in playlist_entries(settings, playlist_id)]
    return attached(export_entries(entries, arguments.format, playlist.name, options), "playlist")


def _describe(listed: ListedEntry) -> dict[str, Any]:
    start, end = listed.times or (None, None)
    return {
        "track": listed.facts.to_json(),
        "start": start,
        "end": end,
        "audio": track_audio(listed.facts.id) + listed.entry.fragment,
        "missing": listed.missing,
    }


def _tell(playlist_id: int, status: int = 200) -> Response:
    """Tell what a playlist has become."""
    playlist = find_playlist(playlist_id)
    response = Response(dump_json(playlist.to_json()), status, mimetype="application/json")
    response.set_etag(str(playlist.version), weak=True)
    return response


def _versions() -> frozenset[int] | None:
    """Return the versions that ``If-Match`` allows: what its tags begin with. None where any will do.

    A header without a tag that could be read allows none, as whoever sends it means some state.
    """
    tags = request.if_match
    if "If-Match" not in request.headers or tags.star_tag:
        return None
    versions = (_VERSION.match(tag or "") for tag in tags.as_set(include_weak=True))
    return frozenset(int(version[0]) for version in versions if version)
