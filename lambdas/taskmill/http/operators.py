"""Routes that concern all tenants, and so are for operators only."""

from __future__ import annotations

from aws_lambda_powertools.event_handler import Request
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from taskmill.http.callers import caller_of
from taskmill.model.errors import Forbidden


def check_operator(request: Request, what: str) -> None:
    """Refuse callers whose token confines them to tenants; of others, IAM policies decide.

    Args:
        what: What belongs to operators, in the plural.

    Raises:
        Forbidden: The token names tenants.
    """
    caller = caller_of(APIGatewayProxyEventV2(request.resolved_event.raw_event))
    if caller.tenants is not None:
        raise Forbidden(f"{what} are the operators'", field="tenant")
