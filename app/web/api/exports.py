"""Everything in a space as a file: what a program of one's own begins with."""

from flask import Blueprint, Response

from app.queries.catalogue import needed_snapshot
from app.queries.exports import MIMETYPES, VectorFormat, export_vectors, whole_space
from app.store.snapshots import Level, Space
from app.web import context, holding
from app.web.api.operation import operation
from app.web.api.schemas.exports import ExportSpaceArguments
from app.web.ranges import send_range

ANY_FILE = MIMETYPES["npy"]
"""What programs save that do not know more of a kind of file."""

exports = Blueprint("exports", __name__, url_prefix="/api/v1/export")


@exports.get("/<network>/<layer>.npy")
@operation(query=ExportSpaceArguments, media={ANY_FILE: None}, errors=(416,))
def as_npy(network: str, layer: str, arguments: ExportSpaceArguments) -> Response:
    """Send all vectors of a layer as records (track, segment, start, vector) in an .npy file."""
    return _send(network, layer, arguments.level, "npy")


@exports.get("/<network>/<layer>.parquet")
@operation(query=ExportSpaceArguments, media={MIMETYPES["parquet"]: None, ANY_FILE: None}, errors=(416,))
def as_parquet(network: str, layer: str, arguments: ExportSpaceArguments) -> Response:
    """Send all vectors of a layer as a Parquet file: track, segment, start, and a column per value."""
    return _send(network, layer, arguments.level, "parquet")


def _send(network: str, layer: str, level: Level, form: VectorFormat) -> Response:
    """Send a file in a stream, whole or the range asked for. It is the same as long as the snapshot is."""
    table = whole_space(needed_snapshot(context.settings()), Space(network, layer, level))
    file = export_vectors(table, form, f"{network}-{layer}-{level}")
    response = Response(file.content, mimetype=file.mimetype)
    response.content_length = file.length
    response.headers["Content-Disposition"] = f"attachment; filename={file.name}"
    response.cache_control.no_cache = True
    response.set_etag(f"{table.snapshot}-{level}")
    send_range(response, file.length)
    if file.length > holding.LARGE_BYTES:
        holding.hold_until_sent(response)
    return response
