"""Routes for views of many tasks: failures, and tasks looked up by their keys."""

from __future__ import annotations

from typing import Annotated, Literal

from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from taskmill.http.bodies import STRICT
from taskmill.http.pages import fitting
from taskmill.http.parameters import Fingerprint, Limit, OpaqueCursor, Tenant, TypeFilter
from taskmill.http.routing import add_route
from taskmill.model.api.base import Model
from taskmill.model.api.overviews import FailurePage, LookedUp, TaskPlace
from taskmill.service.lookup import MAX_KEYS
from taskmill.wiring.process import current


class WantedKey(Model):
    """The key of a task."""

    model_config = STRICT

    pk: str = Field(max_length=256)
    sk: str = Field(max_length=256)


class Lookup(Model):
    """The tasks to look up."""

    model_config = STRICT

    keys: list[WantedKey] = Field(min_length=1, max_length=MAX_KEYS)
    versions: list[int | None] | None = Field(
        default=None,
        max_length=MAX_KEYS,
        description="For each key the version that is known, or null: a task that still has it is"
        " in `unchanged` only.",
    )
    fields: Literal["summary"] | None = Field(
        default=None, description="`summary` leaves out input, result and history."
    )


def add_to(app: ApiGatewayResolver) -> None:
    add_route(
        app,
        "GET",
        "failures",
        list_failures,
        name="failure_list",
        summary="List failed tasks and subtasks, newest first",
        errors=(422,),
    )
    add_route(
        app,
        "POST",
        "lookup",
        look_up,
        name="lookup",
        summary="Get up to 100 tasks by their keys",
        errors=(422,),
    )


def list_failures(
    tenant: Tenant,
    *,
    task_type: TypeFilter = None,
    fingerprint: Fingerprint = None,
    limit: Limit = 50,
    cursor: OpaqueCursor = None,
) -> FailurePage:
    return current().service.list_failures(
        tenant_code=tenant, type=task_type, fingerprint=fingerprint, limit=limit, cursor=cursor
    )


def look_up(tenant: Tenant, body: Annotated[Lookup, Body()]) -> LookedUp:
    found = current().service.lookup(
        tenant_code=tenant,
        keys=[each.model_dump() for each in body.keys],
        versions=body.versions,
        fields=body.fields,
    )
    kept = fitting(found.items)
    rest = (TaskPlace(pk=each.pk, sk=each.sk) for each in found.items[len(kept) :])
    return found.model_copy(update={"items": kept, "left_out": tuple(rest)})
