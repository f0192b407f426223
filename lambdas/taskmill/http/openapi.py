"""The OpenAPI document: as Powertools generates it, with our errors and security schemes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from pydantic.json_schema import models_json_schema

from taskmill.http.errors import ErrorBody
from taskmill.http.links import add_links
from taskmill.http.routing import BY_GATEWAY_TOO, BY_US, error_answer

_ABOUT = """\
Serverless background tasks: submit a task, or a step function task with up to a million subtasks;
follow its status; get its result. Errors have the form of `Error`, except for those that the
gateway answers itself: these contain only a `message`."""
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
def document_of(app: ApiGatewayResolver, *, tokens: bool, base_path: str = "") -> str:
    """The document as JSON text, generated once per process.

    Args:
        app: The resolver with the routes.
        tokens: Callers authenticate with a bearer token; if false, with an AWS signature.
        base_path: Of the API on its custom domain, with a slash in front.
    """
    document = app.get_openapi_schema(
        title="taskmill", version="1", openapi_version="3.1.0", description=_ABOUT
    ).model_dump(mode="json", by_alias=True, exclude_none=True)
    document["servers"] = [{"url": base_path or "/"}]  # the stage is $default
    schemas = document["components"]["schemas"]
    for name in _POWERTOOLS_ERRORS:
        schemas.pop(name, None)
    schemas |= _error_schemas()
    _secure(document, tokens=tokens)
    for operation in _operations(document):
        _correct(operation)
    add_links(document["paths"])
    for part in ("components", "paths"):
        document[part] = _without_titles(document[part])
    return json.dumps(document, ensure_ascii=False)


def _operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document["paths"].values():
        yield from path.values()


def _secure(document: dict[str, Any], *, tokens: bool) -> None:
    """Add the security scheme; with tokens, also the 401 with which the gateway rejects one."""
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
        "description": "An error that the gateway answers itself.",
        "properties": {"message": {"type": ["string", "null"]}},
        "required": ["message"],
    }
    definitions[BY_GATEWAY_TOO] = {
        "anyOf": [{"$ref": f"#/components/schemas/{each}"} for each in (BY_US, "GatewayError")]
    }
    return definitions


def _correct(operation: dict[str, Any]) -> None:
    """Remove what Powertools adds to every route but is wrong: its 422, bodies of 204, nulls."""
    if "HTTPValidationError" in json.dumps(operation["responses"].get("422", {})):
        del operation["responses"]["422"]
    operation["responses"].get("204", {}).pop("content", None)
    for parameter in operation.get("parameters", []):
        # An optional parameter may be absent, but a query string cannot contain a null.
        choices = parameter["schema"].pop("anyOf", [{"type": "null"}])
        parameter["schema"] |= choices[0] if choices[0] != {"type": "null"} else {}


def _without_titles(node: Any) -> Any:
    """The document without the titles that pydantic derives from names ("Tasktype")."""
    if isinstance(node, list):
        return [_without_titles(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {
        name: _without_titles(each)
        for name, each in node.items()
        if not (name == "title" and isinstance(each, str))
    }
