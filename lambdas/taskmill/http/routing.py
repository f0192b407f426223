"""Registers functions as routes, and documents the error responses of each route."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

BY_US = "Error"
BY_GATEWAY_TOO = "ErrorOrGatewayError"

_MEANINGS = {
    400: "A name in the path is malformed, or the body is not a JSON object.",
    401: "The gateway rejected the token.",
    403: "The caller may not call this API, or not for this tenant.",
    404: "Not found.",
    409: "The current state does not allow this, or the idempotency key or code is used by another"
    " request.",
    410: "The input or result that this needs has expired, although its task still exists.",
    413: "A size limit is exceeded; the message names the limit.",
    415: "The content type of the body is not JSON.",
    422: "A field is invalid; `details` lists the invalid fields, up to 20.",
    429: "Too many requests; try again after `Retry-After` seconds, or after one if it is missing.",
    500: "An internal error; the log of the API function has details.",
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
    also: Iterable[int] = (),
    below: str = "/v1/tenants/<tenant>/",
) -> None:
    """Register `function` as a route.

    Args:
        app: The resolver.
        method: HTTP method; requests with methods other than GET and DELETE have a body.
        path: The rest of the path, after `below`.
        function: Its parameters are parameters of the request; its result becomes the response.
        name: Operation id of the OpenAPI document; unique.
        summary: Summary of the OpenAPI document.
        errors: Documented statuses of errors, in addition to those of every route.
        success: Status of a successful response.
        also: Further ones, that the function answers with a `Response`.
        below: The beginning of the path; by default, that of a tenant.
    """
    statuses = {*_ALWAYS, *errors, *(() if method in ("GET", "DELETE") else _WITH_BODY)}
    answers: dict[int, OpenAPIResponse] = {}
    for status in (success, *also):
        answers[status] = {"description": "Success."}
    app.route(
        f"{below}{path}",
        method,
        summary=summary,
        operation_id=name,
        status_code=success,
        responses=answers | {status: error_answer(status) for status in sorted(statuses)},
    )(function)


def error_answer(status: int) -> OpenAPIResponse:
    """The documentation of an error response."""
    schema = BY_GATEWAY_TOO if status in _GATEWAY else BY_US
    answer: OpenAPIResponse = {
        "description": _MEANINGS[status],
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
    }
    if status == 429:
        answer["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        }
    return answer
