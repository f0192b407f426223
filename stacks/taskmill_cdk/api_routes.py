"""The routes of the HTTP API: those that the runtime serves, but for ``/health``."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import aws_apigatewayv2 as apigateway

_OF_NO_TENANT = (
    "GET /openapi.json",
    "GET /v1/whoami",
    "GET /v1/tenants",
    "GET /v1/health/queues",
    "POST /v1/health/queues/{queue}/redrive",
    "POST /v1/health/queues/{queue}/redrive/cancel",
    "GET /v1/limits",
    "PUT /v1/limits/{name}",
    "DELETE /v1/limits/{name}",
)
_OF_A_TENANT = (  # below /v1/tenants/{tenant}
    "POST /may-write",
    "GET /types",
    "POST /types/{type}/pause",
    "POST /types/{type}/resume",
    "GET /pauses",
    "POST /pause",
    "POST /resume",
    "GET /limits",
    "PUT /limits/{name}",
    "DELETE /limits/{name}",
    "POST /uploads",
    "GET /failures",
    "POST /lookup",
    "GET /statistics",
    "GET /statistics/history",
    "GET /errors",
    "GET /errors/{fingerprint}",
    "POST /errors/{fingerprint}/resolve",
    "POST /errors/{fingerprint}/ignore",
    "POST /errors/{fingerprint}/reopen",
    "GET /bulk",
    "POST /bulk",
    "GET /schedules",
    "GET /schedules/{name}",
    "PUT /schedules/{name}",
    "DELETE /schedules/{name}",
    "GET /schedules/{name}/fires",
    "POST /schedules/{name}/fire",
    "POST /schedules/{name}/backfill",
    "POST /schedules/{name}/pause",
    "POST /schedules/{name}/resume",
    "GET /callbacks",
    "GET /callbacks/{id}",
    "PUT /callbacks/{id}",
    "DELETE /callbacks/{id}",
    "GET /tasks/{type}/{code}/input",
    "GET /tasks/{type}/{code}/input/revealed",
    "GET /step-function-tasks/{type}/{code}/batches",
    "GET /step-function-tasks/{type}/{code}/subtasks",
    "GET /step-function-tasks/{type}/{code}/subtasks/{index}",
    "POST /step-function-tasks/{type}/{code}/subtasks/{index}/retry",
    "GET /step-function-tasks/{type}/{code}/subtasks/{index}/input",
    "GET /step-function-tasks/{type}/{code}/subtasks/{index}/input/revealed",
    "GET /step-function-tasks/{type}/{code}/subtasks/{index}/result",
    "GET /step-function-tasks/{type}/{code}/subtasks/{index}/result/revealed",
)
_OF_BOTH_KINDS = (  # of tasks and of step function tasks
    "POST /{kind}",
    "GET /{kind}",
    "GET /{kind}/{type}/{code}",
    "PATCH /{kind}/{type}/{code}",
    "POST /{kind}/{type}/{code}/cancel",
    "POST /{kind}/{type}/{code}/retry",
    "GET /{kind}/{type}/{code}/children",
    "GET /{kind}/{type}/{code}/progress",
    "GET /{kind}/{type}/{code}/result",
    "GET /{kind}/{type}/{code}/result/revealed",
    "GET /{kind}/{type}/{code}/tree",
)


def authorised_routes() -> Iterator[tuple[apigateway.HttpMethod, str]]:
    """Method and path of each route except ``/health``."""
    for route in _OF_NO_TENANT:
        yield _parsed(route)
    for route in _OF_A_TENANT:
        yield _parsed(route, below="/v1/tenants/{tenant}")
    for kind in ("tasks", "step-function-tasks"):
        for route in _OF_BOTH_KINDS:
            yield _parsed(route.replace("{kind}", kind), below="/v1/tenants/{tenant}")


def _parsed(route: str, *, below: str = "") -> tuple[apigateway.HttpMethod, str]:
    method, path = route.split()
    return apigateway.HttpMethod[method], below + path
