"""Points of a map, and what is told about maps."""

from flask import Blueprint, Response, request

from app.queries.catalogue import needed_snapshot
from app.queries.labels import region_labels
from app.queries.overlap import overlap
from app.queries.points import Points
from app.queries.quality import describe_quality
from app.web import context
from app.web.api.operation import JSON, operation
from app.web.api.schemas.points import (
    LabelsAnswer,
    LabelsArguments,
    OverlapAnswer,
    OverlapArguments,
    PointsAnswer,
    PointsArguments,
    QualityAnswer,
    QualityArguments,
)
from app.web.responses import dump_json, json_response, versioned

points = Blueprint("points", __name__, url_prefix="/api/v1")

BINARY = "application/octet-stream"


@points.get("/points")
@operation(query=PointsArguments, media={BINARY: None, JSON: PointsAnswer})
def columns(arguments: PointsArguments) -> Response:
    """Send columns of points, binary or JSON."""
    found = Points(context.settings(), arguments.to_query())
    response = versioned(Response(), version=found.version, asked_for=arguments.v)
    response.set_etag(found.version, weak=arguments.format == "json")
    response.mimetype = BINARY if arguments.format == "binary" else JSON
    if found.version not in request.if_none_match:
        response.set_data(found.binary() if arguments.format == "binary" else dump_json(found.to_json()))
    response.make_conditional(request)
    return response


@points.get("/labels")
@operation(query=LabelsArguments, answer=LabelsAnswer)
def labels(arguments: LabelsArguments) -> Response:
    """Name the regions of a map by the tags that stand out there."""
    found = region_labels(context.settings(), arguments.space, arguments.view)
    return versioned(json_response(found.to_json()), version=found.version, asked_for=arguments.v)


@points.get("/quality")
@operation(query=QualityArguments, answer=QualityAnswer)
def quality(arguments: QualityArguments) -> Response:
    """Tell how far a map and the space behind it can be trusted."""
    return json_response(describe_quality(context.settings(), arguments.space, arguments.projection))


@points.get("/overlap")
@operation(query=OverlapArguments, answer=OverlapAnswer)
def space_overlap(arguments: OverlapArguments) -> Response:
    """Tell how far two spaces agree on who is near whom."""
    snapshot = needed_snapshot(context.settings())
    return json_response(overlap(snapshot, arguments.space, arguments.other).to_json())
