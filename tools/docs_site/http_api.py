"""The reference of the HTTP API, from the OpenAPI document that the API serves."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from taskmill.testing import InProcessCloud
from taskmill.testing.http import InProcessApi

_SCHEMA = "#/components/schemas/"
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "`{}`",
}


def document() -> dict[str, Any]:
    """What `GET /openapi.json` answers."""
    with InProcessCloud(modules=[]):
        body: dict[str, Any] = InProcessApi().get("/openapi.json").body
    return body


def page(api: Mapping[str, Any]) -> str:
    """All routes, then all schemas, in Markdown."""
    return "\n".join([*_routes(api), *_schemas(api["components"]["schemas"])])


def operations(api: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of every route."""
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _routes(api: Mapping[str, Any]) -> Iterator[str]:
    yield f"# HTTP API\n\n{api['info']['description']}\n"
    yield "Programs read the same from `GET /openapi.json`.\n\n## Routes\n"
    for method, path, operation in operations(api):
        yield f"### {operation['summary']} {{ #{operation['operationId']} }}\n"
        yield f"```http\n{method} {path}\n```\n"
        if text := operation.get("description"):
            yield f"{text}\n"
        yield from _parameters(operation.get("parameters", ()))
        yield from _body(operation.get("requestBody"))
        yield from _answers(operation["responses"])


def _parameters(parameters: Any) -> Iterator[str]:
    if parameters:
        yield "| parameter | in | type | |\n|---|---|---|---|"
    for each in parameters:
        needed = "" if each["in"] == "path" or not each.get("required") else " (required)"
        told = _cell(each.get("description", ""), each["schema"])
        yield f"| `{each['name']}` | {each['in']}{needed} | {_type(each['schema'])} | {told} |"
    if parameters:
        yield ""


def _body(body: Mapping[str, Any] | None) -> Iterator[str]:
    if body is None:
        return
    for media, content in body["content"].items():
        yield f"Body, `{media}`: {_type(content['schema'])}\n"
        for example in content.get("examples", {}).values():
            value = json.dumps(example["value"], indent=2)
            yield f"{example.get('summary', 'Example')}:\n\n```json\n{value}\n```\n"


def _answers(responses: Mapping[str, Any]) -> Iterator[str]:
    yield "| answer | body | |\n|---|---|---|"
    for status, answer in sorted(responses.items()):
        bodies = [_type(each["schema"]) for each in answer.get("content", {}).values()]
        yield f"| {status} | {', '.join(bodies)} | {_line(answer['description'])} |"
    yield ""


def _schemas(schemas: Mapping[str, Any]) -> Iterator[str]:
    yield "## Schemas\n"
    for name, schema in sorted(schemas.items()):
        yield f"### {name}\n"
        if text := schema.get("description"):
            yield f"{text}\n"
        if "properties" not in schema:
            yield f"{_cell(_type(schema), schema)}\n"
            continue
        yield "| field | type | |\n|---|---|---|"
        for field, inner in schema["properties"].items():
            needed = " (required)" if field in schema.get("required", ()) else ""
            told = _cell(inner.get("description", ""), inner)
            yield f"| `{field}`{needed} | {_type(inner)} | {told} |"
        yield ""


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a word or two, with links to those that have a name."""
    if reference := schema.get("$ref"):
        name = reference.removeprefix(_SCHEMA)
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(map(_type, schema[several])))
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    named = schema.get("type", "any JSON value")
    return named if isinstance(named, str) else " or ".join(named)


def _cell(text: str, schema: Mapping[str, Any]) -> str:
    bounds = [
        told.format(f"{value:g}" if isinstance(value, float) else value)
        for bound, told in _BOUNDS.items()
        if (value := schema.get(bound)) is not None
    ]
    if schema.get("default") is not None:
        bounds.append(f"default `{json.dumps(schema['default'])}`")
    return _line(" ".join([text, f"({'; '.join(bounds)})" if bounds else ""])).strip()


def _line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
