"""The page about the API: what the OpenAPI document says, in the order and form in which people read it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.web.api.operation import JSON

Document = Mapping[str, Any]
INDENT = "  "
DEEPEST = 8


@dataclass(frozen=True)
class Argument:
    """What a request may say: its kind and limits in words."""

    name: str
    required: bool
    kind: str
    default: str
    description: str


@dataclass(frozen=True)
class Outcome:
    """What a request may be answered with, as an outline of its JSON, or the kind of file."""

    status: str
    means: str
    kinds: tuple[str, ...]
    outline: str


@dataclass(frozen=True)
class Route:
    """A route, its arguments and outcomes."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    arguments: tuple[Argument, ...]
    fields: tuple[Argument, ...]
    answers: tuple[Outcome, ...]
    errors: tuple[Outcome, ...]
    curl: str


@dataclass(frozen=True)
class Section:
    """Routes about one subject."""

    name: str
    about: str
    routes: tuple[Route, ...]


def sections(document: Document) -> list[Section]:
    """Return all routes by subject, in the order in which the subjects are listed."""
    routes: dict[str, list[Route]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            routes[operation["tags"][0]].append(_route(document, path, method, operation))
    return [Section(tag["name"], tag["description"], tuple(routes[tag["name"]])) for tag in document["tags"]]


def _route(document: Document, path: str, method: str, operation: Document) -> Route:
    outcomes = [_outcome(document, *item) for item in operation["responses"].items()]
    body = operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema", {})
    return Route(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        scope=operation["security"][-1]["token"][0],
        arguments=tuple(_argument(document, item) for item in operation["parameters"]),
        fields=tuple(_fields(document, body)),
        answers=tuple(one for one in outcomes if one.status < "4"),
        errors=tuple(one for one in outcomes if one.status >= "4"),
        curl=_curl(path, method, operation),
    )


def _argument(document: Document, parameter: Document) -> Argument:
    schema = parameter["schema"]
    return Argument(
        name=parameter["name"],
        required=parameter["required"],
        kind=_kind(document, schema),
        default=_default(schema),
        description=parameter.get("description", ""),
    )


def _fields(document: Document, schema: Document) -> Iterator[Argument]:
    resolved = _resolve(document, schema)
    for name, field in resolved.get("properties", {}).items():
        yield Argument(
            name=name,
            required=name in resolved.get("required", ()),
            kind=_kind(document, field),
            default=_default(field),
            description=field.get("description", ""),
        )


def _default(schema: Document) -> str:
    return "" if schema.get("default") is None else str(schema["default"])


def _kind(document: Document, schema: Document) -> str:
    """Say in a few words what a value may be: ``integer, 1 to 1000``."""
    schema = _resolve(document, schema)
    if "enum" in schema or "const" in schema:
        return " or ".join(map(str, schema.get("enum", [schema.get("const")])))
    choices = schema.get("anyOf", schema.get("oneOf", ()))
    if choices:
        return " or ".join(_kind(document, choice) for choice in choices)
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        items = schema.get("prefixItems") or [schema.get("items", {})]
        return "list of " + ", ".join(_kind(document, item) for item in items)
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is not None and high is not None:
        return f"{kind}, {low} to {high}"
    return f"{kind}, from {low}" if low is not None else kind


def _outcome(document: Document, status: str, response: Document) -> Outcome:
    content = response.get("content", {})
    schema = content.get(JSON, {}).get("schema")
    outline = "" if schema is None else "\n".join(_outline(document, schema))
    return Outcome(status, response["description"], tuple(content), outline)


def _outline(document: Document, schema: Document, depth: int = 0) -> list[str]:
    """Draw JSON as lines: names with what they hold, the inner ones indented."""
    schema = _resolve(document, schema)
    if depth >= DEEPEST:
        return ["..."]
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        *lines, last = _outline(document, choices[0], depth)
        return [*lines, f"{last} or null"]
    if schema.get("type") == "array" and "items" in schema:
        lines = _outline(document, schema["items"], depth)
        lines[0] = f"[{lines[0]}"
        lines[-1] = f"{lines[-1]}, ...]"
        return lines
    fields = dict(schema.get("properties", {}))
    values = schema.get("additionalProperties")
    if isinstance(values, Mapping) and values:
        fields["<name>"] = values
    if not fields:
        return [_kind(document, schema)]
    inner = []
    for name, field in fields.items():
        first, *rest = _outline(document, field, depth + 1)
        inner += [f"{name}: {first}", *rest]
    return ["{", *(INDENT + line for line in inner), "}"]


def _resolve(document: Document, schema: Document) -> Document:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _curl(path: str, method: str, operation: Document) -> str:
    """Return a command line with what must be given."""
    needed = [item["name"] for item in operation["parameters"] if item["required"] and item["in"] == "query"]
    query = "&".join(f"{name}=..." for name in needed)
    parts = ["curl", *([f"-X {method.upper()}"] if method in ("put", "patch", "delete") else [])]
    parts.append(f'"$HOST{path}{"?" if query else ""}{query}"')
    if "requestBody" in operation:
        kind = next(iter(operation["requestBody"]["content"]))
        parts.append(f"-H 'Content-Type: {kind}' -d '{{...}}'" if kind == JSON else "-F ...")
    return " ".join(parts)
