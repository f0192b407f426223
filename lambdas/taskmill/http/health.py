"""The route for the health of the queues, which are those of all tenants."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver

from taskmill.http.routing import add_route
from taskmill.model.api.health import QueuesHealth
from taskmill.wiring.process import current


def add_to(app: ApiGatewayResolver) -> None:
    add_route(
        app,
        "GET",
        "health/queues",
        read_queues,
        name="health_queues",
        summary="Tell how full the queues are, and how many messages are dead letters",
        below="/v1/",
    )


def read_queues() -> QueuesHealth:
    return current().queue_health.read()
