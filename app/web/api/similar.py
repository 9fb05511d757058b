"""What sounds alike."""

from flask import Blueprint, Response

from app.queries.neighbours import find_similar
from app.web import context
from app.web.api.operation import operation
from app.web.api.places import describe_place
from app.web.api.schemas.similar import SimilarAnswer, SimilarArguments
from app.web.responses import json_response

similar = Blueprint("similar", __name__, url_prefix="/api/v1")


@similar.get("/similar")
@operation(query=SimilarArguments, answer=SimilarAnswer)
def nearest(arguments: SimilarArguments) -> Response:
    """Find the nearest neighbours of a track or a segment."""
    query = arguments.to_query()
    found = find_similar(context.settings(), query)
    return json_response(
        {
            "query": {
                **describe_place(found.query, found.segment_seconds),
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
                {**describe_place(neighbour.place, found.segment_seconds), "distance": neighbour.distance}
                for neighbour in found.results
            ],
        }
    )
