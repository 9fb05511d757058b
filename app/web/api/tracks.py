"""Tracks, and what is heard in them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response

from app.queries.browse import browse
from app.queries.catalogue import needed_snapshot
from app.queries.search import search_tracks
from app.queries.tags import network_tags, taggram, track_tags
from app.queries.tracks import describe_track, find_track, track_facts
from app.queries.waveforms import waveform
from app.web import context
from app.web.api.operation import operation
from app.web.api.places import segment_start, track_audio
from app.web.api.schemas.tracks import (
    SearchArguments,
    TaggramAnswer,
    TaggramArguments,
    TagsAnswer,
    TagsArguments,
    TrackAnswer,
    TrackIdsAnswer,
    TracksAnswer,
    TracksArguments,
    WaveformAnswer,
    WaveformArguments,
)
from app.web.responses import json_response

tracks = Blueprint("tracks", __name__, url_prefix="/api/v1/tracks")


@tracks.get("")
@operation(query=TracksArguments, answer=TracksAnswer)
def listed(arguments: TracksArguments) -> Response:
    """List the tracks of some ids, or those that a search finds, in an order, page by page.

    A search is for words, for tracks in which a tag is heard, or both.
    """
    if arguments.ids is not None:
        known = _list_tracks(arguments.ids)
        return json_response({"total": len(known), "next": None, "tracks": known})
    page = browse(
        context.settings(), arguments.q, arguments.heard, arguments.sort, arguments.cursor, arguments.limit
    )
    listed = _list_tracks(page.track_ids)
    if page.activations is not None:
        activations = dict(zip(page.track_ids, page.activations, strict=True))
        listed = [{**track, "activation": activations[track["id"]]} for track in listed]
    return json_response({"total": page.total, "next": page.cursor, "tracks": listed})


def _list_tracks(track_ids: Sequence[int]) -> list[dict[str, Any]]:
    facts = track_facts(track_ids)
    return [facts[track_id].to_json() for track_id in track_ids if track_id in facts]


@tracks.get("/ids")
@operation(query=SearchArguments, answer=TrackIdsAnswer)
def track_ids(arguments: SearchArguments) -> Response:
    """List the ids of all tracks in which all words of a text occur."""
    return json_response({"ids": search_tracks(context.settings(), arguments.q)})


@tracks.get("/<int:track_id>")
@operation(answer=TrackAnswer)
def track(track_id: int) -> Response:
    """Describe a track, and what the networks hear in it."""
    described = describe_track(context.settings(), track_id)
    return json_response({**described, "audio": track_audio(track_id)})


@tracks.get("/<int:track_id>/tags")
@operation(query=TagsArguments, answer=TagsAnswer)
def tags(track_id: int, arguments: TagsArguments) -> Response:
    """List all tags of a track or a segment, the strongest first."""
    find_track(track_id)
    snapshot = needed_snapshot(context.settings())
    found = track_tags(snapshot, arguments.network, track_id, arguments.segment)
    return json_response(
        {
            "network": arguments.network,
            "segment": arguments.segment,
            "start": segment_start(arguments.segment, snapshot.segment_seconds(arguments.network)),
            "tags": [asdict(tag) for tag in found],
        }
    )


@tracks.get("/<int:track_id>/taggram")
@operation(query=TaggramArguments, answer=TaggramAnswer)
def track_taggram(track_id: int, arguments: TaggramArguments) -> Response:
    """Send the activations of all tags in all segments of a track."""
    network = arguments.network
    find_track(track_id)
    snapshot = needed_snapshot(context.settings())
    return json_response(
        {
            "network": network,
            "segment_seconds": snapshot.segment_seconds(network),
            "tags": network_tags(snapshot, network),
            "activations": taggram(snapshot, network, track_id),
        }
    )


@tracks.get("/<int:track_id>/waveform")
@operation(query=WaveformArguments, answer=WaveformAnswer, errors=(422,))
def track_waveform(track_id: int, arguments: WaveformArguments) -> Response:
    """Send the outline of a track."""
    found = waveform(context.settings(), track_id)
    return json_response(
        {"seconds": round(found.seconds, 3), "peaks": found.reduced(arguments.points).tolist()}
    )
