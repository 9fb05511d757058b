"""Ways through the library, and what stands out in it."""

import secrets
from typing import Any

from flask import Blueprint, Response

from app.queries.catalogue import needed_snapshot
from app.queries.similar.near_identical import near_identical, outliers
from app.queries.similar.routes import Route, find_path, walk_radio
from app.web import context
from app.web.api.operation import operation
from app.web.api.places import describe_place
from app.web.api.schemas.collection import (
    DuplicatesAnswer,
    DuplicatesArguments,
    OutliersAnswer,
    OutliersArguments,
    PathAnswer,
    PathArguments,
    RadioAnswer,
    RadioArguments,
)
from app.web.responses import json_response

collection = Blueprint("collection", __name__, url_prefix="/api/v1")

SEED_BITS = 31
SCORE = "mean distance to the 10 nearest neighbours"


@collection.get("/path")
@operation(query=PathArguments, answer=PathAnswer)
def path(arguments: PathArguments) -> Response:
    """Lead from one track or segment to another in even steps, never by the same track twice."""
    ends = arguments.ends
    route = find_path(context.settings(), arguments.network, arguments.layer, *ends, arguments.steps)
    return json_response(_describe_route(route))


@collection.get("/radio")
@operation(query=RadioArguments, answer=RadioAnswer)
def radio(arguments: RadioArguments) -> Response:
    """Walk from a track to others that sound alike, never to the same twice."""
    seed = secrets.randbits(SEED_BITS) if arguments.seed is None else arguments.seed
    route = walk_radio(
        context.settings(),
        arguments.network,
        arguments.layer,
        arguments.track,
        arguments.k,
        arguments.drift,
        seed,
    )
    return json_response({**_describe_route(route), "drift": arguments.drift, "seed": seed})


@collection.get("/duplicates")
@operation(query=DuplicatesArguments, answer=DuplicatesAnswer)
def duplicates(arguments: DuplicatesArguments) -> Response:
    """List groups of tracks or segments that are nearly identical."""
    snapshot, space = needed_snapshot(context.settings()), arguments.space
    listed = near_identical(
        snapshot,
        space,
        arguments.most,
        same_track=arguments.same_track,
        after=arguments.cursor,
        limit=arguments.limit,
    )
    seconds = snapshot.segment_seconds(space.network)
    groups = [
        {
            "size": group.size,
            "distance": group.distance,
            "members": [describe_place(place, seconds) for place in group.places],
        }
        for group in listed.items
    ]
    return json_response({**_describe_page(listed.total, listed.compared, listed.next_row), "groups": groups})


@collection.get("/outliers")
@operation(query=OutliersArguments, answer=OutliersAnswer)
def farthest(arguments: OutliersArguments) -> Response:
    """List the tracks or segments that are farthest from all others."""
    snapshot, space = needed_snapshot(context.settings()), arguments.space
    listed = outliers(snapshot, space, after=arguments.cursor, limit=arguments.limit)
    seconds = snapshot.segment_seconds(space.network)
    results = [{**describe_place(one.place, seconds), "score": one.score} for one in listed.items]
    page = _describe_page(listed.total, listed.compared, listed.next_row)
    return json_response({**page, "score": SCORE, "results": results})


def _describe_route(route: Route) -> dict[str, Any]:
    return {
        "level": route.space.level,
        "network": route.space.network,
        "layer": route.space.layer,
        "results": [
            {**describe_place(step.place, route.segment_seconds), "distance": step.distance}
            for step in route.places
        ],
    }


def _describe_page(total: int, compared: int, next_row: int | None) -> dict[str, Any]:
    return {"total": total, "compared": compared, "next": None if next_row is None else str(next_row)}
