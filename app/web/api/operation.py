"""Operations: what a route takes and gives, said once beside it, for checking and for describing."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from pydantic import BaseModel, ConfigDict

from app.queries.tokens import Scope
from app.web.api.arguments import Arguments

JSON = "application/json"
MAX_BODY = 2**20

View = Callable[..., Any]


class Answer(BaseModel):
    """Base of the models of answers. They describe; the tests hold the routes to them."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Operation:
    """What a route takes and gives.

    Attributes
    ----------
    query : type or None
        Arguments in the address.
    body : type or None
        Arguments in the body, as JSON.
    upload : str or None
        Name of the field with a file, where the body is a form.
    most_files : int
        How many files the field may have.
    form : type or None
        Further fields of the form, which the route reads itself.
    answers : mapping
        Kind of media to the model of its content; None for content that no model describes.
    status : int
        Of the answer when all went well.
    errors : tuple of int
        Statuses that this operation may end with besides those of every operation.
    scope : str
        What a token must allow. A POST that whoever may read may send has the scope ``read``.
    also : mapping
        Further statuses that are no errors in the one shape, to the model of their JSON; None for others.
    anonymous : bool
        Whether ``ALLOW_ANONYMOUS_READ`` opens it to everyone, if the scope is ``read``.
    """

    query: type[Arguments] | None
    body: type[Arguments] | None
    max_body: int
    upload: str | None
    most_files: int
    form: type[Arguments] | None
    answers: Mapping[str, type[BaseModel] | None]
    status: int
    errors: tuple[int, ...]
    scope: Scope
    also: Mapping[int, type[BaseModel] | None]
    anonymous: bool


def operation(
    *,
    query: type[Arguments] | None = None,
    body: type[Arguments] | None = None,
    max_body: int = MAX_BODY,
    upload: str | None = None,
    most_files: int = 1,
    form: type[Arguments] | None = None,
    answer: type[BaseModel] | None = None,
    media: Mapping[str, type[BaseModel] | None] | None = None,
    status: int = 200,
    errors: tuple[int, ...] = (),
    scope: Scope = "read",
    also: Mapping[int, type[BaseModel] | None] | None = None,
    anonymous: bool = True,
) -> Callable[[View], View]:
    """Describe a view, and hand it its arguments once they are checked.

    The view is called with the parts of the path, ``arguments`` if there is a ``query``, and ``body`` if
    there is one. Its docstring is the description that programs see. Without a ``query``, arguments in the
    address are refused.

    Parameters
    ----------
    answer : type, optional
        Model of a JSON answer; short for ``media={"application/json": answer}``.
    """
    answers = {JSON: answer} if media is None else media
    described = Operation(
        query, body, max_body, upload, most_files, form, answers, status, errors, scope, also or {}, anonymous
    )

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def run(**path: Any) -> Any:
            checked = (query or Arguments).read()
            if query is not None:
                path["arguments"] = checked
            if body is not None:
                path["body"] = body.read_body(max_body)
            return view(**path)

        run.operation = described  # type: ignore[attr-defined]
        return run

    return decorate


def operation_of(app: Flask, endpoint: str) -> Operation | None:
    """Return what is said of a route; None for pages and files."""
    found: Operation | None = getattr(app.view_functions.get(endpoint), "operation", None)
    return found
