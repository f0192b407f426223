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
from taskmill.http.times import RequiredMoment
from taskmill.model.api.base import Model, View
from taskmill.model.api.schedules import Backfill, NewSchedule, Schedule, ScheduleFires
from taskmill.model.api.views import Task
from taskmill.wiring.process import current

_SCHEDULE = "schedules/<name>"


class PutSchedule(NewSchedule):
    """A complete schedule; a missing field is set to its default."""

    model_config = STRICT


class NewBackfill(Model):
    """The span of a backfill; both ends are in it."""

    model_config = STRICT

    since: RequiredMoment = Field(alias="from", description="The first due time.")
    until: RequiredMoment = Field(alias="to", description="The last due time, not later than now.")
    dry_run: bool = Field(default=False, description="Only count.")


class SchedulePage(View):
    """Schedules in the order of their names."""

    items: tuple[Schedule, ...]
    cursor: str | None = Field(
        default=None, description="Cursor of the next page; null on the last page."
    )


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
        summary="Create or replace a schedule, which submits tasks at recurring times",
        errors=(409, 422),
    )
    for method, path, route, summary, *errors in (
        ("GET", _SCHEDULE, get_schedule, "Get a schedule", 404),
        ("DELETE", _SCHEDULE, delete_schedule, "Remove a schedule", 404, 409),
        ("POST", f"{_SCHEDULE}/pause", pause_schedule, "Pause a schedule", 404, 409),
        ("POST", f"{_SCHEDULE}/resume", resume_schedule, "Resume a paused schedule", 404, 409),
        ("GET", f"{_SCHEDULE}/fires", list_schedule_fires, "List the last and next fires", 404),
    ):
        verb = route.__name__.removesuffix("_schedule")
        name = f"schedule_{verb.replace('schedule_', '')}"
        add_route(app, method, path, route, name=name, summary=summary, errors=errors)
    add_route(
        app,
        "POST",
        f"{_SCHEDULE}/fire",
        fire_schedule,
        name="schedule_fire",
        summary="Submit a task of a schedule now",
        errors=(404, 422),
        success=202,
    )
    add_route(
        app,
        "POST",
        f"{_SCHEDULE}/backfill",
        backfill_schedule,
        name="schedule_backfill",
        summary="Submit tasks for past due times of a schedule",
        errors=(404, 422),
        success=202,
    )


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
    given = {each: getattr(body, each) for each in body.model_fields_set}
    return current().service.schedule(
        tenant_code=tenant, name=name, invoke_context=invoke_context(request), **given
    )


def get_schedule(tenant: Tenant, name: ScheduleName) -> Schedule:
    return current().service.get_schedule(tenant_code=tenant, name=name)


def delete_schedule(tenant: Tenant, name: ScheduleName) -> Schedule:
    return current().service.delete_schedule(tenant_code=tenant, name=name)


def pause_schedule(tenant: Tenant, name: ScheduleName) -> Schedule:
    return current().service.pause_schedule(tenant_code=tenant, name=name)


def resume_schedule(tenant: Tenant, name: ScheduleName) -> Schedule:
    return current().service.resume_schedule(tenant_code=tenant, name=name)


def list_schedule_fires(tenant: Tenant, name: ScheduleName) -> ScheduleFires:
    return current().service.list_fires(tenant_code=tenant, name=name)


def fire_schedule(tenant: Tenant, name: ScheduleName, request: Request) -> Task:
    return current().service.fire_schedule(
        tenant_code=tenant, name=name, invoke_context=invoke_context(request)
    )


def backfill_schedule(
    tenant: Tenant, name: ScheduleName, body: NewBackfill, request: Request
) -> Backfill:
    return current().service.backfill(
        tenant_code=tenant,
        name=name,
        since=body.since,
        until=body.until,
        dry_run=body.dry_run,
        invoke_context=invoke_context(request),
    )
