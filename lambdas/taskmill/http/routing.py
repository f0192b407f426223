"""How a function becomes a route, and what routes answer besides their result."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

BY_US = "Error"
BY_GATEWAY_TOO = "ErrorOrGatewayError"

_MEANINGS = {
    400: "A key is not of the documented form, or the body is no JSON object.",
    401: "The gateway knows no such token.",
    403: "The caller may not speak for this tenant, or not at all.",
    404: "Nothing has this key.",
    409: "What the task is now does not allow this, or the idempotency key was used.",
    413: "Larger than a limit; the message names it.",
    415: "The body is declared as something else than JSON.",
    422: "A field is not valid; `details` names each.",
    429: "Too many requests; try again after `Retry-After` seconds, or a second.",
    500: "Our fault; the log has more.",
    503: "The gateway cannot reach the service.",
}
_GATEWAY = frozenset({401, 403, 413, 429, 500, 503})
_ALWAYS = (400, 403, 429, 500, 503)
_WITH_BODY = (413, 415)


def add_route(
    app: ApiGatewayResolver,
    method: str,
    path: str,
    function: Callable[..., Any],
    *,
    name: str,
    summary: str,
    errors: Iterable[int] = (),
    success: int = 200,
) -> None:
    """Let `function` answer a method of a tenant's path.

    Args:
        app: Where to.
        method: Of the request; all but GET and DELETE bring a body.
        path: Below the tenant's.
        function: Its parameters are those of the request, what it returns is the answer.
        name: The operation's, unique.
        summary: Also says what the answer is.
        errors: Statuses beyond those that every route has.
        success: The status of what it returns.
    """
    statuses = {*_ALWAYS, *errors, *(() if method in ("GET", "DELETE") else _WITH_BODY)}
    answers: dict[int, OpenAPIResponse] = {success: {"description": "As asked."}}
    app.route(
        f"/v1/tenants/<tenant>/{path}",
        method,
        summary=summary,
        operation_id=name,
        status_code=success,
        responses=answers | {status: error_answer(status) for status in sorted(statuses)},
    )(function)


def error_answer(status: int) -> OpenAPIResponse:
    schema = BY_GATEWAY_TOO if status in _GATEWAY else BY_US
    answer: OpenAPIResponse = {
        "description": _MEANINGS[status],
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }
    if status == 429:
        answer["headers"] = {
            "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
        }
    return answer
