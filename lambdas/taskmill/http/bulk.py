"""Routes of bulk operations."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import Field

from taskmill.http.bodies import STRICT
from taskmill.http.examples import BULK_EXAMPLES
from taskmill.http.pages import TaskPage, as_answer
from taskmill.http.parameters import BulkCursor, Limit, Tenant
from taskmill.http.request import invoke_context
from taskmill.http.routing import add_route
from taskmill.http.times import Moment
from taskmill.model.api.bulk import BulkCount, BulkFilter, NewBulk
from taskmill.model.api.views import Task
from taskmill.wiring.process import current


class StrictFilter(BulkFilter):
    """Which tasks of the tenant to act on: those to which all of it applies."""

    model_config = STRICT

    created_after: Moment = Field(default=None, description="At this time or later.")
    created_before: Moment = Field(default=None, description="Before this time.")


class PostBulk(NewBulk):
    """A bulk operation: retry or cancel all tasks that a filter matches, or these."""

    model_config = STRICT

    filter: StrictFilter | None = Field(default=None, description="Either this or `keys`.")


def add_to(app: ApiGatewayResolver) -> None:
    add_route(
        app,
        "POST",
        "bulk",
        post_bulk,
        name="bulk_post",
        summary="Retry or cancel all tasks that match, in the background; or count them (dryRun)",
        errors=(409, 422),
        success=202,
        also=(200,),
    )
    add_route(
        app,
        "GET",
        "bulk",
        list_bulks,
        name="bulk_list",
        summary="List bulk operations, newest first",
        errors=(422,),
    )


def post_bulk(
    tenant: Tenant,
    body: Annotated[PostBulk, Body(openapi_examples=BULK_EXAMPLES)],
    request: Request,
) -> Response[BulkCount | Task]:
    done = current().service.bulk(
        tenant_code=tenant, bulk=body, invoke_context=invoke_context(request)
    )
    status = 200 if isinstance(done, BulkCount) else 202
    return Response(status, content_type="application/json", body=done)


def list_bulks(tenant: Tenant, *, limit: Limit = 50, cursor: BulkCursor = None) -> TaskPage:
    found = current().service.list_bulks(tenant_code=tenant, limit=limit, start_from_sk=cursor)
    return as_answer(found)
