"""A selection of points as a file."""

from typing import Annotated

from pydantic import Field

from app.queries.exports import Format
from app.web.api.arguments import Arguments
from app.web.api.schemas.fields import Id, Name

MAX_POINTS = 250_000


class ExportArguments(Arguments):
    """Which points to save, and how. Tracks come as ``[id, null]``, segments as ``[id, number]``."""

    points: Annotated[list[tuple[Id, Id | None]], Field(min_length=1, max_length=MAX_POINTS)]
    format: Format
    network: Name | None = None
    layer: Name | None = None
    title: Annotated[str, Field(max_length=200)] = "Selection"
    offline: bool | None = Field(None, description="paths instead of addresses; None: as the settings say")
    windows_paths: bool | None = Field(None, description="None: as the settings say")
