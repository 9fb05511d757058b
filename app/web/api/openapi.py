"""The description of the API, OpenAPI 3.1, made of what stands beside each route.

Query arguments travel as text, so what JSON can say and an address cannot (``null``) is left out of theirs.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, cast

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from werkzeug.routing import Rule

from app.queries.tokens import SCOPES
from app.version import VERSION
from app.web.api.operation import JSON, Operation, operation_of
from app.web.api.schemas.errors import ErrorAnswer

OPENAPI = "3.1.0"
REFERENCE = "#/components/schemas/{model}"
ALWAYS = (400, 401, 403, 404, 429, 500, 503)
WITH_BODY = (413, 415)
FORM = "multipart/form-data"
CONVERTERS: Mapping[str, Mapping[str, Any]] = {
    "IntegerConverter": {"type": "integer", "minimum": 0},
    "FloatConverter": {"type": "number", "minimum": 0},
}
TEXT = {"type": "string", "minLength": 1}
# As OpenAPI 3.1 has it, and for generators of clients also as 3.0 did.
FILE_CONTENT = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}

DESCRIPTION = """\
Music Explore's own API: what the page uses, for programs of your own.

From the machine that it runs on, everything is answered. Requests from elsewhere show a token,
`Authorization: Bearer mex_...`, made by `flask token create`, whose scopes allow:

""" + "\n".join(f"- `{scope}`: {means}" for scope, means in SCOPES.items())

References = Mapping[tuple[type[BaseModel], JsonSchemaMode], Any]


class _Schemas(GenerateJsonSchema):
    """JSON schemas without the titles that only repeat a name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def describe_api(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI document of all routes that say what they take and give."""
    found = list(_operations(app))
    references, definitions = _schemas([operation for _, _, operation in found])
    paths: dict[str, dict[str, Any]] = {}
    for rule, method, operation in found:
        view = app.view_functions[rule.endpoint]
        path = re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule)
        paths.setdefault(path, {})[method.lower()] = {
            "operationId": rule.endpoint.replace(".", "_"),
            "tags": [rule.endpoint.partition(".")[0]],
            **_texts(inspect.getdoc(view) or ""),
            "parameters": [
                *_path_parameters(rule),
                *_query_parameters(operation, definitions),
                *_header_parameters(operation),
            ],
            **_body(operation, references, definitions),
            "responses": _responses(method, operation, references),
            "security": [{}, {"token": [operation.scope]}],
        }
    taken = ((operation.query, operation.form) for _, _, operation in found)
    queries = {model.__name__ for models in taken for model in models if model}
    schemas = {name: schema for name, schema in definitions.items() if name not in queries}
    return {
        "openapi": OPENAPI,
        "info": {"title": "Music Explore", "version": VERSION, "description": DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in _tags(app).items()],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "mex_..."}},
        },
    }


def _tags(app: Flask) -> dict[str, str]:
    """Blueprints that have operations, and what the files of their routes say they are about."""
    found = {}
    for rule, _, _ in _operations(app):
        name = rule.endpoint.partition(".")[0]
        module = inspect.getmodule(inspect.unwrap(app.view_functions[rule.endpoint]))
        found[name] = (inspect.getdoc(module) or "").partition("\n")[0]
    return found


def _operations(app: Flask) -> Iterator[tuple[Rule, str, Operation]]:
    """Return all operations, those of the API before pages and audio."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: not rule.rule.startswith("/api/")):
        operation = operation_of(app, rule.endpoint)
        if operation is not None:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method, operation


def _schemas(operations: list[Operation]) -> tuple[References, dict[str, Any]]:
    """Return what to write where a model is meant, and the schemas of all models by name."""
    keys: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(ErrorAnswer, "serialization"): None}
    for operation in operations:
        keys |= {
            (model, "validation"): None
            for model in (operation.query, operation.body, operation.form)
            if model
        }
        given = (*operation.answers.values(), *operation.also.values())
        keys |= {(model, "serialization"): None for model in given if model}
    references, document = models_json_schema(list(keys), ref_template=REFERENCE, schema_generator=_Schemas)
    return cast("References", references), document.get("$defs", {})


def _texts(docstring: str) -> dict[str, str]:
    summary, _, rest = docstring.partition("\n")
    text = rest.strip().replace("``", "`")
    return {"summary": summary.replace("``", "`"), **({"description": text} if text else {})}


def _path_parameters(rule: Rule) -> list[dict[str, Any]]:
    parameters = []
    for name in re.findall(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", rule.rule):
        converter = rule._converters[name]  # noqa: SLF001 - the only place that knows
        schema = CONVERTERS.get(type(converter).__name__, TEXT)
        parameters.append({"name": name, "in": "path", "required": True, "schema": dict(schema)})
    return parameters


def _query_parameters(operation: Operation, definitions: dict[str, Any]) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    model = definitions[operation.query.__name__]
    return [
        _query_parameter(name, schema, required=name in model.get("required", ()))
        for name, schema in model.get("properties", {}).items()
    ]


def _header_parameters(operation: Operation) -> list[dict[str, Any]]:
    if HTTPStatus.PRECONDITION_FAILED not in operation.errors:
        return []
    return [
        {
            "name": "If-Match",
            "in": "header",
            "required": False,
            "schema": {"type": "string"},
            "description": "ETag, or version in quotes, of what has been seen: if it has changed since, 412.",
        }
    ]


def _query_parameter(name: str, schema: Mapping[str, Any], *, required: bool) -> dict[str, Any]:
    plain = _without_null(schema)
    description = plain.pop("description", None)
    parameter: dict[str, Any] = {"name": name, "in": "query", "required": required, "schema": plain}
    if description:
        parameter["description"] = description
    if plain.get("type") == "array":
        parameter |= {"style": "form", "explode": False}
    return parameter


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    plain = dict(schema)
    choices = [choice for choice in plain.pop("anyOf", ()) if choice != {"type": "null"}]
    if "default" in plain and plain["default"] is None:
        del plain["default"]
    if len(choices) == 1:
        plain = {**choices[0], **plain}
    elif choices:
        plain["anyOf"] = choices
    if plain.get("type") == "array" and "maxLength" in plain:  # of the values, not of the text they stand in
        plain["maxItems"] = plain.pop("maxLength")
    return plain


def _body(operation: Operation, references: References, definitions: dict[str, Any]) -> dict[str, Any]:
    if operation.upload is not None:
        content = {FORM: {"schema": _form(operation, definitions)}}
    elif operation.body is not None:
        content = {JSON: {"schema": references[operation.body, "validation"]}}
    else:
        return {}
    return {"requestBody": {"required": True, "content": content}}


def _form(operation: Operation, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a form with a file or, where an operation takes several, with files."""
    several = {"type": "array", "items": FILE_CONTENT, "minItems": 1, "maxItems": operation.most_files}
    fields = {operation.upload: several if operation.most_files > 1 else FILE_CONTENT}
    if operation.form is not None:
        texts = definitions[operation.form.__name__]["properties"]
        fields |= {name: _without_null(schema) for name, schema in texts.items()}
    return {"type": "object", "required": [operation.upload], "properties": fields}


def _responses(method: str, operation: Operation, references: References) -> dict[str, Any]:
    content = {kind: _media(kind, model, references) for kind, model in operation.answers.items()}
    responses: dict[int, dict[str, Any]] = {
        operation.status: {"description": HTTPStatus(operation.status).phrase, "content": content}
    }
    if method == "GET":
        responses[operation.status]["headers"] = {
            "ETag": {"description": "Version of the answer, where it has one.", "schema": TEXT}
        }
        responses[304] = {"description": "The answer is the one whose ETag If-None-Match names."}
    statuses = [*ALWAYS, *(WITH_BODY if operation.body or operation.upload else ()), *operation.errors]
    failed = {JSON: {"schema": references[ErrorAnswer, "serialization"]}}
    for status in statuses:
        responses[status] = {"description": HTTPStatus(status).phrase, "content": failed}
    if operation.query is not None:
        responses[431] = {"description": "URL and headers exceed the server's limit."}
    responses[429]["headers"] = {
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}
    }
    for status, model in operation.also.items():
        responses[status] = {"description": HTTPStatus(status).phrase}
        if model is not None:
            responses[status]["content"] = {JSON: _media(JSON, model, references)}
    return {str(status): responses[status] for status in sorted(responses)}


def _media(kind: str, model: type[BaseModel] | None, references: References) -> dict[str, Any]:
    if model is not None:
        return {"schema": references[model, "serialization"]}
    is_text = kind.startswith("text/") and kind != "text/event-stream"
    if is_text:
        return {"schema": {"type": "string"}}
    return {} if kind == "text/event-stream" else {"schema": FILE_CONTENT}
