"""Routes of the statistics: present numbers, and history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Query

from taskmill.http.parameters import Tenant, TypeFilter
from taskmill.http.routing import add_route
from taskmill.http.times import Moment
from taskmill.model.api.statistics import History, Statistics
from taskmill.model.clock import to_datetime
from taskmill.wiring.process import current

PAST = timedelta(days=1)  # what is older can change no more: the stream keeps changes for a day
PAST_SECONDS = 86_400
JSON = "application/json"

From = Annotated[Moment, Query(alias="from", description="48 hours before the end by default.")]
To = Annotated[Moment, Query(description="Now by default.")]
By = Annotated[Literal["hour", "day"], Query(description="Length of a bucket; days are UTC days.")]


def add_to(app: ApiGatewayResolver) -> None:
    add_route(
        app,
        "GET",
        "statistics",
        get_statistics,
        name="statistics_get",
        summary="Count the tasks of each type by status; 304 if the ETag is still the same",
    )
    add_route(
        app,
        "GET",
        "statistics/history",
        get_history,
        name="statistics_history",
        summary="Tell what happened in each hour or day, and how long tasks waited and ran",
        errors=(422,),
    )


def get_statistics(tenant: Tenant, request: Request) -> Response[Statistics | None]:
    found, version = current().service.tagged_statistics(tenant_code=tenant)
    headers = {"ETag": f'"{version}"', "Cache-Control": "no-cache"}
    given = request.headers.get("if-none-match") or ""
    if f'"{version}"' in given:
        return Response(304, headers=headers)
    return Response(200, JSON, found, headers=headers)


def get_history(
    tenant: Tenant,
    *,
    since: From = None,
    to: To = None,
    task_type: TypeFilter = None,
    by: By = "hour",
) -> Response[History]:
    wiring = current()
    found = wiring.service.statistics_history(
        tenant_code=tenant, since=since, until=to, type=task_type, by=by
    )
    now = to_datetime(wiring.clock()) or datetime.now(UTC)
    until = to or now
    kept = f"private, max-age={PAST_SECONDS}" if until < now - PAST else "no-cache"
    return Response(200, JSON, found, headers={"Cache-Control": kept})
