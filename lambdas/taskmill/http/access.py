"""Routes about the caller: who they are, their tenants, and whether they may write."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from taskmill.http.callers import Caller, caller_of
from taskmill.http.features import features_of
from taskmill.http.parameters import Tenant
from taskmill.http.routing import add_route
from taskmill.model.api.callers import DOLLARS_PER_READ_UNIT, StackInfo, Tenants, WhoAmI
from taskmill.wiring.process import current

_V1 = "/v1/"


def add_to(app: ApiGatewayResolver) -> None:
    def whoami(request: Request) -> WhoAmI:
        # Powertools has no public list of its routes.
        routes = [*app._static_routes, *app._dynamic_routes]  # noqa: SLF001
        return _described(_caller(request), features_of(route.path for route in routes))

    summary = "Tell who the caller is, what they may do, and what this API can"
    add_route(app, "GET", "whoami", whoami, name="whoami", summary=summary, below=_V1)
    summary = "List the tenants that the caller may read"
    add_route(app, "GET", "tenants", list_tenants, name="tenant_list", summary=summary, below=_V1)
    add_route(
        app,
        "POST",
        "may-write",
        may_write,
        name="may_write",
        summary="Answer 204 if the caller may change anything; it changes nothing",
        success=204,
    )


def list_tenants(request: Request) -> Tenants:
    tenants = _caller(request).tenants
    if tenants is None:
        tenants = tuple(current().service.list_tenants())
    return Tenants(tenants=tuple(sorted(set(tenants))))


def may_write(tenant: Tenant) -> Response[str]:  # noqa: ARG001  # policies limit callers to it
    return Response(204, body="")


def _caller(request: Request) -> Caller:
    return caller_of(APIGatewayProxyEventV2(request.resolved_event.raw_event))


def _described(caller: Caller, features: tuple[str, ...]) -> WhoAmI:
    settings = current().settings
    return WhoAmI(
        user=caller.user,
        tenants=caller.tenants,
        may_write=caller.may_write,
        may_reveal=caller.may_reveal,
        features=features,
        version=settings.version,
        stack=StackInfo(
            name=settings.stack_name,
            environment=settings.stack_environment,
            region=settings.region,
        ),
        dollars_per_read_unit=DOLLARS_PER_READ_UNIT,
    )
