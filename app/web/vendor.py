"""Scripts that come with Python packages, served from there: nothing is copied or fetched."""

from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from flask import Blueprint, Response, request

from app.web.compression import ENCODINGS, accepted_encoding
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
def _plotly(encoding: str | None) -> bytes:
    content = files(PLOTLY).joinpath("package_data", "plotly.min.js").read_bytes()
    return content if encoding is None else ENCODINGS[encoding](content)


@vendor.get("/plotly.js")
def plotly() -> Response:
    """Send Plotly, which draws the charts beside the map; kept until another one is installed."""
    encoding = accepted_encoding()
    response = Response(_plotly(encoding), mimetype="text/javascript")
    if encoding is not None:
        response.content_encoding = encoding
    response.vary.add("Accept-Encoding")
    response.set_etag("-".join(filter(None, (plotly_version(), encoding))))
    versioned(response, version=plotly_version(), asked_for=request.args.get("v"))
    response.make_conditional(request)
    return response
