"""Routes of callback mappings. An id begins with the task type whose ends the mapping is about."""

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
    """A callback mapping; its task type is in its id."""

    model_config = STRICT


class CallbackList(View):
    """The mappings of one task type, all of them, by id."""

    items: tuple[CallbackMapping, ...]


def add_to(app: ApiGatewayResolver) -> None:
    for method, path, route, summary, *errors in (
        ("GET", "callbacks", list_callbacks, "List what is submitted when tasks end", 422),
        ("PUT", _CALLBACK, put_callback, "Submit a task whenever one of a type ends", 409, 422),
        ("GET", _CALLBACK, get_callback, "A callback mapping as it stands", 404),
        ("DELETE", _CALLBACK, delete_callback, "Remove a callback mapping", 404),
    ):
        verb = route.__name__.partition("_")[0]
        add_route(app, method, path, route, name=f"callback_{verb}", summary=summary, errors=errors)


def list_callbacks(tenant: Tenant, task_type: MappedType) -> CallbackList:
    found = current().service.list_callbacks(tenant_code=tenant, task_type=task_type)
    return CallbackList(items=tuple(found))


def put_callback(
    tenant: Tenant,
    id: CallbackId,  # noqa: A002  # the path's name
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
