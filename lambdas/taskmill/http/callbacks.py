"""Routes of callback mappings: tasks that are submitted whenever a task of a type ends.

The id of a mapping begins with that task type.
"""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Request
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body

from taskmill.http.bodies import STRICT
from taskmill.http.examples import CALLBACK_EXAMPLES
from taskmill.http.parameters import CallbackId, MappedType, Tenant
from taskmill.http.request import invoke_context
from taskmill.http.routing import add_route
from taskmill.model.api.base import View
from taskmill.model.api.callbacks import CallbackMapping, NewCallback
from taskmill.model.keys import mapped_type
from taskmill.wiring.process import current

_CALLBACK = "callbacks/<id>"


class PutCallback(NewCallback):
    """A callback mapping; the task type is part of the id in the path."""

    model_config = STRICT


class CallbackList(View):
    """All callback mappings of one task type, sorted by id."""

    items: tuple[CallbackMapping, ...]


def add_to(app: ApiGatewayResolver) -> None:
    for method, path, route, summary, *errors in (
        ("GET", "callbacks", list_callbacks, "List the callback mappings of a task type", 422),
        ("PUT", _CALLBACK, put_callback, "Create or replace a callback mapping", 409, 422),
        ("GET", _CALLBACK, get_callback, "Get a callback mapping", 404),
        ("DELETE", _CALLBACK, delete_callback, "Remove a callback mapping", 404),
    ):
        verb = route.__name__.partition("_")[0]
        add_route(app, method, path, route, name=f"callback_{verb}", summary=summary, errors=errors)


def list_callbacks(tenant: Tenant, task_type: MappedType) -> CallbackList:
    found = current().service.list_callbacks(tenant_code=tenant, task_type=task_type)
    return CallbackList(items=tuple(found))


def put_callback(
    tenant: Tenant,
    id: CallbackId,  # noqa: A002  # the name in the path
    body: Annotated[PutCallback, Body(openapi_examples=CALLBACK_EXAMPLES)],
    request: Request,
) -> CallbackMapping:
    return current().service.register_callback(
        tenant_code=tenant,
        task_type=mapped_type(id),
        id=id,
        invoke_context=invoke_context(request),
        **dict(body),
    )


def get_callback(tenant: Tenant, id: CallbackId) -> CallbackMapping:  # noqa: A002
    return current().service.get_callback(tenant_code=tenant, id=id)


def delete_callback(tenant: Tenant, id: CallbackId) -> CallbackMapping:  # noqa: A002
    return current().service.delete_callback(tenant_code=tenant, id=id)
