"""Routes of recurring schedules."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Request
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from taskmill.http.bodies import STRICT
from taskmill.http.examples import SCHEDULE_EXAMPLES
from taskmill.http.pages import fitting
from taskmill.http.parameters import Limit, ScheduleCursor, ScheduleName, Tenant
from taskmill.http.request import invoke_context
from taskmill.http.routing import add_route
from taskmill.model.api.base import View
from taskmill.model.api.schedules import NewSchedule, Schedule
from taskmill.wiring.process import current

_SCHEDULE = "schedules/<name>"


class PutSchedule(NewSchedule):
    """A schedule, whole: what is not in it gets its default."""

    model_config = STRICT


class SchedulePage(View):
    """Schedules by name."""

    items: tuple[Schedule, ...]
    cursor: str | None = Field(default=None, description="Where the list goes on; null: nowhere.")


def add_to(app: ApiGatewayResolver) -> None:
    add_route(
        app,
        "GET",
        "schedules",
        list_schedules,
        name="schedule_list",
        summary="List schedules",
        errors=(422,),
    )
    add_route(
        app,
        "PUT",
        _SCHEDULE,
        put_schedule,
        name="schedule_put",
        summary="Submit a task again and again, or from now on in another way",
        errors=(409, 422),
    )
    for method, path, route, summary, *errors in (
        ("GET", _SCHEDULE, get_schedule, "A schedule as it stands", 404),
        ("DELETE", _SCHEDULE, delete_schedule, "Remove a schedule", 404, 409),
        ("POST", f"{_SCHEDULE}/pause", pause_schedule, "Keep a schedule from firing", 404, 409),
        ("POST", f"{_SCHEDULE}/resume", resume_schedule, "Let a schedule fire again", 404, 409),
    ):
        verb = route.__name__.removesuffix("_schedule")
        add_route(app, method, path, route, name=f"schedule_{verb}", summary=summary, errors=errors)


def list_schedules(
    tenant: Tenant, *, limit: Limit = 50, cursor: ScheduleCursor = None
) -> SchedulePage:
    found = current().service.list_schedules(tenant_code=tenant, after=cursor, limit=limit)
    kept = fitting(found)
    more = len(kept) < len(found) or len(found) == limit
    return SchedulePage(items=kept, cursor=kept[-1].name if more else None)


def put_schedule(
    tenant: Tenant,
    name: ScheduleName,
    body: Annotated[PutSchedule, Body(openapi_examples=SCHEDULE_EXAMPLES)],
    request: Request,
) -> Schedule:
    return current().service.schedule(
        tenant_code=tenant, name=name, invoke_context=invoke_context(request), **dict(body)
    )


def get_schedule(tenant: Tenant, name: ScheduleName) -> Schedule:
    return current().service.get_schedule(tenant_code=tenant, name=name)


def delete_schedule(tenant: Tenant, name: ScheduleName) -> Schedule:
    return current().service.delete_schedule(tenant_code=tenant, name=name)


def pause_schedule(tenant: Tenant, name: ScheduleName) -> Schedule:
    return current().service.pause_schedule(tenant_code=tenant, name=name)


def resume_schedule(tenant: Tenant, name: ScheduleName) -> Schedule:
    return current().service.resume_schedule(tenant_code=tenant, name=name)
