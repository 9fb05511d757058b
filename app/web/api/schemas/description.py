"""The API's description of itself."""

from typing import Any

from pydantic import Field

from app.web.api.operation import Answer


class DescriptionAnswer(Answer):
    """An OpenAPI document: https://spec.openapis.org/oas/v3.1.0."""

    openapi: str
    info: dict[str, Any]
    servers: list[dict[str, Any]]
    tags: list[dict[str, Any]]
    paths: dict[str, dict[str, Any]] = Field(description="path to method to what it takes and gives")
    components: dict[str, dict[str, Any]]
