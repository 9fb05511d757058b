"""Scripts that come with Python packages, served from there: nothing is copied or fetched."""

import gzip
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, request

from app.web.compression import LEVEL
from app.web.responses import versioned

vendor = Blueprint("vendor", __name__, url_prefix="/vendor")

PLOTLY = "plotly"


def plotly_version() -> str:
    """Return the version of the package, which is part of the script's address."""
    return version(PLOTLY)


@vendor.app_context_processor
def _tell_templates() -> dict[str, Any]:
    return {"plotly_version": plotly_version}


@cache
def _plotly(*, packed: bool) -> bytes:
    content = files(PLOTLY).joinpath("package_data", "plotly.min.js").read_bytes()
    return gzip.compress(content, LEVEL, mtime=0) if packed else content


@vendor.get("/plotly.js")
def plotly() -> Response:
    """Send Plotly, which draws the charts beside the map; kept until another one is installed."""
    packed = request.accept_encodings["gzip"] > 0
    response = Response(_plotly(packed=packed), mimetype="text/javascript")
    if packed:
        response.content_encoding = "gzip"
    response.vary.add("Accept-Encoding")
    response.set_etag(f"{plotly_version()}{'-gzip' if packed else ''}")
    versioned(response, version=plotly_version(), asked_for=request.args.get("v"))
    response.make_conditional(request)
    return response
