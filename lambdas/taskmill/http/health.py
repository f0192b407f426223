"""Routes for the health of the queues, which are those of all tenants, and for redrives."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Request
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Path

from taskmill.http.operators import check_operator
from taskmill.http.routing import add_route
from taskmill.model.api.health import QueuesHealth, Redrive
from taskmill.model.keys import NAME_PATTERN
from taskmill.wiring.process import current

Queue = Annotated[
    str, Path(pattern=NAME_PATTERN, description="`id` of a queue that is `redrivable`.")
]
_STACK = "/v1/"
_REDRIVES = "queues of all tenants, and their redrives,"


def add_to(app: ApiGatewayResolver) -> None:
    summary = "Tell how full the queues are, and how many messages are dead letters"
    add_route(
        *(app, "GET", "health/queues", read_queues),
        name="health_queues",
        summary=summary,
        below=_STACK,
    )
    for path, route, name, summary in (
        ("", redrive, "queue_redrive", "Have the messages of a dead-letter queue handled again"),
        ("/cancel", cancel_redrive, "queue_redrive_cancel", "Stop a redrive"),
    ):
        add_route(
            *(app, "POST", f"health/queues/<queue>/redrive{path}", route),
            name=name,
            summary=summary,
            errors=(404, 409),
            below=_STACK,
        )


def read_queues() -> QueuesHealth:
    return current().queue_health.read()


def redrive(queue: Queue, request: Request) -> Redrive:
    check_operator(request, _REDRIVES)
    return current().queue_redrive.start(queue)


def cancel_redrive(queue: Queue, request: Request) -> Redrive:
    check_operator(request, _REDRIVES)
    return current().queue_redrive.cancel(queue)
