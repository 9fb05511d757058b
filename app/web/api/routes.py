"""The routes of the API: read the arguments, ask a query, answer."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request

from app.queries.catalogue import needed_snapshot
from app.queries.labels import region_labels
from app.queries.library import describe_library
from app.queries.neighbours import Place, find_similar
from app.queries.overlap import overlap
from app.queries.points import Points
from app.queries.quality import describe_quality
from app.queries.search import page_of, search_tracks
from app.queries.status import describe_status
from app.queries.tags import network_tags, taggram, track_tags
from app.queries.tracks import describe_track, find_track, track_facts
from app.queries.waveforms import waveform
from app.web import context
from app.web.api.schemas import (
    LabelsArguments,
    OverlapArguments,
    PointsArguments,
    QualityArguments,
    SearchArguments,
    SimilarArguments,
    TaggramArguments,
    TagsArguments,
    TracksArguments,
    WaveformArguments,
)
from app.web.responses import dump_json, json_response, versioned

api = Blueprint("api", __name__, url_prefix="/api/v1")

BINARY = "application/octet-stream"


@api.get("/networks")
def networks() -> Response:
    """List everything that can be chosen: networks, layers, levels, projections, attributes."""
    return json_response(describe_library(context.settings()))


@api.get("/status")
def status() -> Response:
    """Tell the library's state, and how far a run has come that is at work on it."""
    return json_response(describe_status(context.settings()))


@api.get("/points")
def points() -> Response:
    """Send columns of points, binary or JSON."""
    arguments = PointsArguments.read()
    found = Points(context.settings(), arguments.to_query())
    response = versioned(Response(), version=found.version, asked_for=arguments.v)
    response.set_etag(found.version, weak=arguments.format == "json")
    response.mimetype = BINARY if arguments.format == "binary" else "application/json"
    if found.version not in request.if_none_match:
        response.set_data(found.binary() if arguments.format == "binary" else dump_json(found.to_json()))
    response.make_conditional(request)
    return response


@api.get("/labels")
def labels() -> Response:
    """Name the regions of a map by the tags that stand out there."""
    arguments = LabelsArguments.read()
    found = region_labels(context.settings(), arguments.space, arguments.view)
    return versioned(json_response(found.to_json()), version=found.version, asked_for=arguments.v)


@api.get("/quality")
def quality() -> Response:
    """Tell how far a map and the space behind it can be trusted."""
    arguments = QualityArguments.read()
    return json_response(describe_quality(context.settings(), arguments.space, arguments.projection))


@api.get("/overlap")
def space_overlap() -> Response:
    """Tell how far two spaces agree on who is near whom."""
    arguments = OverlapArguments.read()
    snapshot = needed_snapshot(context.settings())
    return json_response(overlap(snapshot, arguments.space, arguments.other).to_json())


@api.get("/tracks")
def tracks() -> Response:
    """List the tracks that are asked for, or those in which all words of a text occur, page by page."""
    arguments = TracksArguments.read()
    if arguments.ids is not None:
        listed = _list_tracks(arguments.ids)
        return json_response({"total": len(listed), "next": None, "tracks": listed})
    found = search_tracks(context.settings(), arguments.q)
    page = page_of(found, arguments.cursor, arguments.limit)
    is_last = not page or page[-1] == found[-1]
    return json_response(
        {
            "total": len(found),
            "next": None if is_last else str(page[-1]),
            "tracks": _list_tracks(page),
        }
    )


def _list_tracks(track_ids: Sequence[int]) -> list[dict[str, Any]]:
    facts = track_facts(track_ids)
    return [facts[track_id].to_json() for track_id in track_ids if track_id in facts]


@api.get("/tracks/ids")
def track_ids() -> Response:
    """List the ids of all tracks in which all words of a text occur."""
    return json_response({"ids": search_tracks(context.settings(), SearchArguments.read().q)})


@api.get("/tracks/<int:track_id>")
def track(track_id: int) -> Response:
    """Describe a track, and what the networks hear in it."""
    described = describe_track(context.settings(), track_id)
    return json_response({**described, "audio": _track_audio(track_id)})


@api.get("/tracks/<int:track_id>/tags")
def tags(track_id: int) -> Response:
    """List all tags of a track or a segment, the strongest first."""
    arguments = TagsArguments.read()
    find_track(track_id)
    snapshot = needed_snapshot(context.settings())
    found = track_tags(snapshot, arguments.network, track_id, arguments.segment)
    return json_response(
        {
            "network": arguments.network,
            "segment": arguments.segment,
            "start": _start(arguments.segment, snapshot.segment_seconds(arguments.network)),
            "tags": [asdict(tag) for tag in found],
        }
    )


@api.get("/tracks/<int:track_id>/taggram")
def track_taggram(track_id: int) -> Response:
    """Send the activations of all tags in all segments of a track."""
    network = TaggramArguments.read().network
    find_track(track_id)
    snapshot = needed_snapshot(context.settings())
    return json_response(
        {
            "network": network,
            "segment_seconds": snapshot.segment_seconds(network),
            "tags": network_tags(network),
            "activations": taggram(snapshot, network, track_id),
        }
    )


@api.get("/tracks/<int:track_id>/waveform")
def track_waveform(track_id: int) -> Response:
    """Send the outline of a track."""
    points = WaveformArguments.read().points
    found = waveform(context.settings(), track_id)
    return json_response({"seconds": round(found.seconds, 3), "peaks": found.reduced(points).tolist()})


@api.get("/similar")
def similar() -> Response:
    """Find the nearest neighbours of a track or a segment."""
    query = SimilarArguments.read().to_query()
    found = find_similar(context.settings(), query)
    return json_response(
        {
            "query": {
                **_place(found.query, found.segment_seconds),
                "network": query.network,
                "layer": query.layer,
                "k": query.k,
            },
            "level": query.space.level,
            "backend": found.backend,
            "exact": found.exact,
            "recall": found.recall,
            "note": found.note,
            "results": [
                {**_place(neighbour.place, found.segment_seconds), "distance": neighbour.distance}
                for neighbour in found.results
            ],
        }
    )


def _place(place: Place, segment_seconds: float) -> dict[str, Any]:
    track_id = place.track.id
    audio = _track_audio(track_id)
    if place.segment is not None:
        audio = f"/audio/segment/{segment_seconds:g}/{track_id}:{place.segment}"
    return {
        "track": asdict(place.track),
        "segment": place.segment,
        "start": _start(place.segment, segment_seconds),
        "row": place.row,
        "audio": audio,
    }


def _start(segment: int | None, segment_seconds: float) -> float | None:
    return None if segment is None else round(segment * segment_seconds, 3)


def _track_audio(track_id: int) -> str:
    return f"/audio/track/{track_id}"
