"""What sounds alike."""

from typing import Any

from flask import Blueprint, Response, abort, request

from app.errors import OverloadedError
from app.queries.similar import Similar, SimilarQuery, find_similar
from app.services.hearing import hear
from app.web import context, holding
from app.web.api.arguments import ArgumentsError
from app.web.api.operation import operation
from app.web.api.places import describe_place
from app.web.api.schemas.similar import SimilarAnswer, SimilarArguments, SimilarBody, UploadArguments
from app.web.responses import json_response

similar = Blueprint("similar", __name__, url_prefix="/api/v1")

FILE = "file"
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


@similar.post("/similar/upload")
@operation(
    query=UploadArguments,
    upload=FILE,
    answer=SimilarAnswer,
    errors=(404, 409, 413, 415, 422),
    scope="analyse",
)
def nearest_of_upload(arguments: UploadArguments) -> Response:
    """Find the nearest neighbours of an audio file that is sent along; the file is not kept."""
    settings = context.settings()
    if request.mimetype != "multipart/form-data":
        abort(415, f"The body must be a form with a file: curl -F {FILE}=@song.mp3")
    request.max_content_length = settings.UPLOAD_MAX_MB * 2**20
    upload = request.files.get(FILE)
    if upload is None:
        raise ArgumentsError({FILE: "Field required"})
    with holding.place() as is_free:
        if not is_free:
            raise OverloadedError("Other files are being heard. Try again in a while.")
        sound = hear(settings, upload.stream, arguments.network, arguments.segment)
    return _answer(arguments.to_query(sound))


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
