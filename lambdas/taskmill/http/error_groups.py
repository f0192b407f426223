"""Routes of error groups."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from taskmill.http.parameters import Limit, Tenant
from taskmill.http.routing import add_route
from taskmill.model.api.statistics import ErrorGroup, ErrorGroupPage, GroupState
from taskmill.wiring.process import current

_GROUP = "errors/<fingerprint>"
Fingerprint = Annotated[
    str, Path(pattern="^[0-9a-z]{1,64}$", description="The fingerprint of the group's errors.")
]
State = Annotated[GroupState | None, Query(description="Return only groups in this state.")]
GroupCursor = Annotated[
    str | None,
    Query(pattern="^[0-9]{1,15}-[0-9a-z]{1,64}$", description="Cursor of the previous page."),
]


def add_to(app: ApiGatewayResolver) -> None:
    add_route(
        app,
        "GET",
        "errors",
        list_groups,
        name="error_group_list",
        summary="List groups of equal errors, those that occurred last first",
        errors=(422,),
    )
    for method, path, route, summary in (
        ("GET", _GROUP, get_group, "Get an error group, with one of its errors"),
        ("POST", f"{_GROUP}/resolve", resolve_group, "Resolve a group, until it occurs again"),
        ("POST", f"{_GROUP}/ignore", ignore_group, "Ignore a group, also if it occurs again"),
        ("POST", f"{_GROUP}/reopen", reopen_group, "Reopen a resolved or ignored group"),
    ):
        verb = route.__name__.removesuffix("_group")
        name = f"error_group_{verb}"
        add_route(app, method, path, route, name=name, summary=summary, errors=(404,))


def list_groups(
    tenant: Tenant, *, state: State = None, limit: Limit = 50, cursor: GroupCursor = None
) -> ErrorGroupPage:
    return current().service.list_error_groups(
        tenant_code=tenant, state=state, limit=limit, after=cursor
    )


def get_group(tenant: Tenant, fingerprint: Fingerprint) -> ErrorGroup:
    return current().service.get_error_group(tenant_code=tenant, fingerprint=fingerprint)


def resolve_group(tenant: Tenant, fingerprint: Fingerprint) -> ErrorGroup:
    return _set(tenant, fingerprint, "resolved")


def ignore_group(tenant: Tenant, fingerprint: Fingerprint) -> ErrorGroup:
    return _set(tenant, fingerprint, "ignored")


def reopen_group(tenant: Tenant, fingerprint: Fingerprint) -> ErrorGroup:
    return _set(tenant, fingerprint, "open")


def _set(tenant: str, fingerprint: str, state: GroupState) -> ErrorGroup:
    return current().service.set_error_group(
        tenant_code=tenant, fingerprint=fingerprint, state=state
    )
