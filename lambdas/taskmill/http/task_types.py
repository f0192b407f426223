"""The route of the task types, which imports the task modules."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver

from taskmill.http.parameters import Tenant
from taskmill.http.routing import add_route
from taskmill.model.api.task_types import TaskTypes
from taskmill.wiring.process import current


def add_to(app: ApiGatewayResolver) -> None:
    summary = "List the task types, with JSON Schemas of their inputs"
    add_route(app, "GET", "types", list_types, name="type_list", summary=summary)


def list_types(tenant: Tenant) -> TaskTypes:
    from taskmill.functions.descriptions import described_types

    types = described_types(current().registry)  # all tenants have the same
    return current().service.with_pauses(types, tenant_code=tenant)
