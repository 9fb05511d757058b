"""Arguments of requests, checked by the same models that describe them."""

from typing import Any, Self

from flask import abort, request
from pydantic import BaseModel, ConfigDict, ValidationError

from app.errors import InputError

MAX_DETAILS = 20


class ArgumentsError(InputError):
    """Arguments of a request are wrong.

    Attributes
    ----------
    details : dict
        Argument to what is wrong with it.
    """

    def __init__(self, details: dict[str, Any]) -> None:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in details.items())
        super().__init__(f"Wrong arguments. {reasons}")
        self.details = details


class Arguments(BaseModel):
    """Base of the models of query arguments. Unknown ones are an error, so that typing errors show."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def read(cls) -> Self:
        """Return the arguments of the current request.

        Raises
        ------
        ArgumentsError
            If one is missing, wrong, unknown or given twice.
        """
        twice = [name for name, values in request.args.lists() if len(values) > 1]
        if twice:
            raise ArgumentsError(dict.fromkeys(twice[:MAX_DETAILS], "Given more than once"))
        try:
            return cls.model_validate(request.args.to_dict())
        except ValidationError as error:
            raise _explain(error) from error

    @classmethod
    def read_body(cls, max_bytes: int) -> Self:
        """Return the arguments in the body of the current request, which must say that it is JSON.

        Pages of other sites cannot send that without asking first, and are refused then.

        Raises
        ------
        ArgumentsError
            If one is missing, wrong or unknown, or it is no JSON.
        """
        if request.mimetype != "application/json":
            abort(415, "The body must be JSON, sent with Content-Type: application/json.")
        request.max_content_length = max_bytes
        try:
            return cls.model_validate_json(request.get_data(cache=False))
        except ValidationError as error:
            raise _explain(error) from error


def _explain(error: ValidationError) -> ArgumentsError:
    details = {
        ".".join(str(place) for place in problem["loc"]) or "body": problem["msg"].removeprefix(
            "Value error, "
        )
        for problem in error.errors()[:MAX_DETAILS]
    }
    return ArgumentsError(details)
