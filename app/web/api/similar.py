"""What sounds alike."""

from typing import Any

from flask import Blueprint, Response

from app.queries.similar import Similar, SimilarQuery, find_similar
from app.web import context
from app.web.api.operation import operation
from app.web.api.places import describe_place
from app.web.api.schemas.similar import SimilarAnswer, SimilarArguments, SimilarBody
from app.web.responses import json_response

similar = Blueprint("similar", __name__, url_prefix="/api/v1")

NOWHERE = dict.fromkeys(("track", "album", "segment", "start", "end", "row", "audio"))


@similar.get("/similar")
@operation(query=SimilarArguments, answer=SimilarAnswer, errors=(404,))
def nearest(arguments: SimilarArguments) -> Response:
    """Find the nearest neighbours of a track or a segment."""
    return _answer(arguments.to_query())


@similar.post("/similar")
@operation(body=SimilarBody, answer=SimilarAnswer, errors=(404,))
def nearest_of_several(body: SimilarBody) -> Response:
    """Find what is like some tracks or segments and unlike others, or near a vector."""
    return _answer(body.to_query())


def _answer(query: SimilarQuery) -> Response:
    found = find_similar(context.settings(), query)
    return json_response(
        {
            "query": _describe_query(query, found),
            "level": found.level,
            "backend": found.backend,
            "exact": found.exact,
            "recall": found.recall,
            "note": found.note,
            "passed": found.allowed,
            "results": [
                {
                    **describe_place(neighbour.place, found.segment_seconds),
                    "distance": neighbour.distance,
                    "distances": neighbour.distances,
                    "score": neighbour.score,
                }
                for neighbour in found.results
            ],
        }
    )


def _describe_query(query: SimilarQuery, found: Similar) -> dict[str, Any]:
    seeds = [
        {**describe_place(place, found.segment_seconds), "weight": weight} for place, weight in found.seeds
    ]
    place = {name: seeds[0][name] for name in NOWHERE} if len(seeds) == 1 else NOWHERE
    networks, layers = zip(*query.networks, strict=True)
    return {
        **place,
        "seeds": seeds,
        "network": ",".join(networks),
        "layer": ",".join(dict.fromkeys(layers)),
        "k": query.k,
        "metric": found.metric,
    }
