"""The Powertools resolver with all routes, the tenant check and the error handlers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from taskmill.http import (
    access,
    bulk,
    callbacks,
    error_groups,
    fan_outs,
    health,
    limits,
    overviews,
    schedules,
    statistics,
    submits,
    system,
    task_types,
)
from taskmill.http.errors import respond
from taskmill.http.refusals import MethodNotAllowed, NoSuchRoute
from taskmill.http.request import confine, parse_object
from taskmill.http.tasks import TaskRoutes
from taskmill.http.tenant_limits import limit_requests
from taskmill.model.keys import Kind


def build_app() -> APIGatewayHttpResolver:
    """A resolver with every route of the API."""
    app = APIGatewayHttpResolver(
        enable_validation=True,
        json_body_deserializer=parse_object,
        # No ASCII escapes: Lambda limits the size of responses, and an escape takes six bytes.
        serializer=partial(json.dumps, separators=(",", ":"), ensure_ascii=False),
        debug=False,
    )
    app.use([confine, limit_requests])
    system.add_to(app)
    access.add_to(app)
    task_types.add_to(app)
    submits.add_to(app)
    fan_outs.add_to(app)
    overviews.add_to(app)
    schedules.add_to(app)
    callbacks.add_to(app)
    limits.add_to(app)
    statistics.add_to(app)
    error_groups.add_to(app)
    bulk.add_to(app)
    health.add_to(app)
    for kind in Kind:
        TaskRoutes(kind).add_to(app)
    app.exception_handler(Exception)(respond)
    app.exception_handler(NotFoundError)(_no_route_handler(app))
    return app


def _no_route_handler(app: APIGatewayHttpResolver) -> Callable[[NotFoundError], Response[str]]:
    """A handler for requests without a route: 405 if the path has other methods, else 404.

    OPTIONS is answered for any path with a route: API Gateway adds CORS headers to the answer of a
    preflight, but leaves its status to us.
    """

    def answer(_: NotFoundError) -> Response[str]:
        method, path = app.current_event.http_method, app.current_event.path
        allowed = sorted({route.method for route in _routes(app) if route.rule.match(path)})
        if allowed and method == "OPTIONS":
            return Response(204, body="", headers={"Allow": ", ".join([*allowed, method])})
        if allowed:
            return respond(MethodNotAllowed(method, path, allowed=allowed))
        return respond(NoSuchRoute(f"there is no route {method} {path}; see /openapi.json"))

    return answer


def documented_routes(app: APIGatewayHttpResolver) -> Iterator[tuple[str, str]]:
    """Method and path of each route; `<name>` stands for a parameter."""
    return ((route.method, route.path) for route in _routes(app))


def _routes(app: APIGatewayHttpResolver) -> list[Any]:
    # Powertools has no public list of its routes.
    return [*app._static_routes, *app._dynamic_routes]  # noqa: SLF001
