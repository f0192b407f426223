"""Routes of limits and pauses.

Limits that all tenants share have paths of their own, which a policy can grant to operators; a
caller whose token names tenants may not change them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from aws_lambda_powertools.event_handler import Request
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from taskmill.http.bodies import STRICT
from taskmill.http.operators import check_operator
from taskmill.http.parameters import Limit, OpaqueCursor, Tenant, Type
from taskmill.http.request import invoke_context
from taskmill.http.routing import add_route
from taskmill.model.api.limits import LimitList, LimitView, NewLimit, PauseList, PauseView
from taskmill.model.flow_control.limit_ids import MAX_KEY
from taskmill.model.keys import NAME_PATTERN
from taskmill.wiring.process import current

Name = Annotated[str, Path(pattern=NAME_PATTERN, description="The limit's name.")]
NameFilter = Annotated[
    str | None,
    Query(alias="name", pattern=NAME_PATTERN, description="Return only limits of this name."),
]
Key = Annotated[
    str | None,
    Query(min_length=1, max_length=MAX_KEY, description="The key; without it, every key."),
]
KeyFilter = Annotated[
    str | None,
    Query(
        alias="key",
        min_length=1,
        max_length=MAX_KEY,
        description="Return only what applies to this key, used or not.",
    ),
]
_STACK = "/v1/"


class PutLimit(NewLimit):
    """What a limit is to be."""

    model_config = STRICT


def add_to(app: ApiGatewayResolver) -> None:
    for method, path, route, summary, *errors in (
        ("GET", "limits", list_limits, "List limits, and what they hold", 422),
        ("PUT", "limits/<name>", set_limit, "Set a limit, in place of what the code says", 422),
        ("DELETE", "limits/<name>", unset_limit, "Let what the code says apply again", 404, 422),
        ("GET", "pauses", list_pauses, "List what is paused"),
        ("POST", "pause", pause_tenant, "Pause all types of the tenant", 409),
        ("POST", "resume", resume_tenant, "Resume the tenant", 404),
        ("POST", "types/<type>/pause", pause_type, "Pause a task type", 409),
        ("POST", "types/<type>/resume", resume_type, "Resume a task type", 404),
    ):
        add_route(app, method, path, route, name=_id(route), summary=summary, errors=errors)
    _add_of_stack(app)


def _add_of_stack(app: ApiGatewayResolver) -> None:
    for method, path, route, summary, errors in (
        ("GET", "limits", list_stack_limits, "List limits that all tenants share", (422,)),
        ("PUT", "limits/<name>", set_stack_limit, "Set a limit that all tenants share", (422,)),
        ("DELETE", "limits/<name>", unset_stack_limit, "Unset a limit of all", (404, 422)),
    ):
        name = _id(route)
        add_route(app, method, path, route, name=name, summary=summary, errors=errors, below=_STACK)


def _id(route: Callable[..., object]) -> str:
    """The operation id: the noun first, as of all routes."""
    verb, _, noun = route.__name__.partition("_")
    return f"{noun}_{verb}"


def list_limits(
    tenant: Tenant,
    name: NameFilter = None,
    key: KeyFilter = None,
    limit: Limit = 100,
    cursor: OpaqueCursor = None,
) -> LimitList:
    return current().service.list_limits(
        tenant_code=tenant, name=name, key=key, limit=limit, cursor=cursor
    )


def set_limit(
    tenant: Tenant, name: Name, body: Annotated[PutLimit, Body()], request: Request
) -> LimitView:
    return current().service.set_limit(
        tenant_code=tenant, name=name, wanted=body, invoke_context=invoke_context(request)
    )


def unset_limit(tenant: Tenant, name: Name, key: Key = None) -> LimitView:
    return current().service.unset_limit(tenant_code=tenant, name=name, key=key)


def list_stack_limits(
    request: Request,
    name: NameFilter = None,
    key: KeyFilter = None,
    limit: Limit = 100,
    cursor: OpaqueCursor = None,
) -> LimitList:
    check_operator(request, "limits that all tenants share")
    return current().service.list_limits(
        tenant_code=None, name=name, key=key, limit=limit, cursor=cursor
    )


def set_stack_limit(name: Name, body: Annotated[PutLimit, Body()], request: Request) -> LimitView:
    check_operator(request, "limits that all tenants share")
    return current().service.set_limit(
        tenant_code=None, name=name, wanted=body, invoke_context=invoke_context(request)
    )


def unset_stack_limit(name: Name, request: Request, key: Key = None) -> LimitView:
    check_operator(request, "limits that all tenants share")
    return current().service.unset_limit(tenant_code=None, name=name, key=key)


def list_pauses(tenant: Tenant) -> PauseList:
    return current().service.list_pauses(tenant_code=tenant)


def pause_tenant(tenant: Tenant, request: Request) -> PauseView:
    context = invoke_context(request)
    return current().service.pause(tenant_code=tenant, invoke_context=context)


def resume_tenant(tenant: Tenant) -> PauseView:
    return current().service.resume(tenant_code=tenant)


def pause_type(tenant: Tenant, type: Type, request: Request) -> PauseView:  # noqa: A002
    context = invoke_context(request)
    return current().service.pause(tenant_code=tenant, task_type=type, invoke_context=context)


def resume_type(tenant: Tenant, type: Type) -> PauseView:  # noqa: A002
    return current().service.resume(tenant_code=tenant, task_type=type)
