"""The one shape of errors."""

from typing import Any

from pydantic import Field

from app.web.api.operation import Answer


class ErrorFacts(Answer):
    """What went wrong."""

    code: str = Field(description="stable name of the kind of error, for programs")
    message: str = Field(description="what is wrong, why, and the way out, for people")
    details: dict[str, Any] | None = Field(description="wrong argument to what is wrong with it")


class ErrorAnswer(Answer):
    """What every error is answered with."""

    error: ErrorFacts
