"""The OpenAPI document: what Powertools derives from the routes, made true to our errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from pydantic.json_schema import models_json_schema

from taskmill.http.errors import ErrorBody
from taskmill.http.routing import BY_GATEWAY_TOO, BY_US, error_answer

_ABOUT = """\
Serverless background tasks: submit a unit of work, or a fan-out of up to a million subtasks; watch
it; get its result. Every error has the shape of `Error`. A few come from the gateway before they
reach the service; these hold a `message` only."""
_POWERTOOLS_ERRORS = ("HTTPValidationError", "ResponseValidationError", "ValidationError")
_SIGV4 = {
    "type": "apiKey",
    "in": "header",
    "name": "Authorization",
    "description": "AWS Signature Version 4 for the service `execute-api`.",
    "x-amazon-apigateway-authtype": "awsSigv4",
}
_TOKEN = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


@cache
def document_of(app: ApiGatewayResolver, *, tokens: bool) -> str:
    """The document as JSON text, made at the first request for it.

    Args:
        app: Whose routes.
        tokens: Whether callers bring tokens; else they sign their requests.
    """
    document = app.get_openapi_schema(
        title="taskmill", version="1", openapi_version="3.1.0", description=_ABOUT
    ).model_dump(mode="json", by_alias=True, exclude_none=True)
    document["servers"] = [{"url": "/"}]  # the stage is $default
    schemas = document["components"]["schemas"]
    for name in _POWERTOOLS_ERRORS:
        schemas.pop(name, None)
    schemas |= _error_schemas()
    _secure(document, tokens=tokens)
    for operation in _operations(document):
        _correct(operation)
    for part in ("components", "paths"):
        document[part] = _without_titles(document[part])
    return json.dumps(document, ensure_ascii=False)


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _secure(document: dict[str, Any], *, tokens: bool) -> None:
    """Name the way callers prove who they are; a token can be refused by the gateway, with 401."""
    name = "token" if tokens else "sigv4"
    document["security"] = [{name: []}]
    document["components"]["securitySchemes"] = {name: _TOKEN if tokens else _SIGV4}
    for operation in _operations(document):
        if tokens and operation.get("security") != []:
            operation["responses"]["401"] = error_answer(401)


def _error_schemas() -> dict[str, Any]:
    _, schema = models_json_schema(
        [(ErrorBody, "serialization")], ref_template="#/components/schemas/{model}"
    )
    definitions: dict[str, Any] = schema["$defs"]
    definitions[BY_US] = definitions.pop(ErrorBody.__name__)
    definitions["GatewayError"] = {
        "type": "object",
        "description": "What the gateway answers by itself.",
        "properties": {"message": {"type": ["string", "null"]}},
        "required": ["message"],
    }
    definitions[BY_GATEWAY_TOO] = {
        "anyOf": [{"$ref": f"#/components/schemas/{each}"} for each in (BY_US, "GatewayError")]
    }
    return definitions


def _correct(operation: dict[str, Any]) -> None:
    """Undo what Powertools and pydantic say of every route, and is not so."""
    if "HTTPValidationError" in json.dumps(operation["responses"].get("422", {})):
        del operation["responses"]["422"]
    for parameter in operation.get("parameters", []):
        # An optional parameter may be absent; a query cannot hold a null.
        choices = parameter["schema"].pop("anyOf", [{"type": "null"}])
        parameter["schema"] |= choices[0] if choices[0] != {"type": "null"} else {}


def _without_titles(node: Any) -> Any:
    """The document without the titles that pydantic makes of names ("Tasktype")."""
    if isinstance(node, list):
        return [_without_titles(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        name: _without_titles(each)
        for name, each in node.items()
        if not (name == "title" and isinstance(each, str))
    }
