"""A selection of points as a file. The points come in the body, as they are too many for an address."""

from flask import Blueprint, Response

from app.queries.exports import MIMETYPES, PlaylistOptions, export, read_selection
from app.web import context
from app.web.api.operation import operation
from app.web.api.places import addresses_of_tracks
from app.web.api.schemas.selection import ExportArguments
from app.web.responses import attached

selection = Blueprint("selection", __name__, url_prefix="/api/v1/selection")

MAX_BODY = 16 * 2**20
FILES = dict.fromkeys((MIMETYPES["npy"], *MIMETYPES.values()))  # first what any program can save


@selection.post("/export")
@operation(body=ExportArguments, max_body=MAX_BODY, media=FILES)
def export_selection(body: ExportArguments) -> Response:
    """Send a table, the vectors or a playlist of points; nothing is written here."""
    settings = context.settings()
    options = PlaylistOptions.choose(
        settings,
        addresses_of_tracks(),
        offline=body.offline,
        windows_paths=body.windows_paths,
    )
    chosen = read_selection(settings, body.points, body.network, body.layer)
    return attached(export(chosen, body.format, body.title, options), "selection")
