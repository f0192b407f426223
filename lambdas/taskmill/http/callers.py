"""Who sends a request, and what the claims of their token let them do.

Of AWS identities nothing is known here but their name: IAM policies on paths decide about them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from taskmill.wiring.process import current
from taskmill.wiring.settings import Settings

_GROUPS_CLAIM = "cognito:groups"


@dataclass(frozen=True)
class Caller:
    """The caller of a request.

    Attributes:
        user: ARN or id of an AWS identity, or the subject of a token.
        tenants: That the token names; None: IAM policies confine the caller, or nothing does.
        may_write: Whether the roles of the token allow it; None: IAM policies decide.
        may_reveal: The same of secrets in the clear.
    """

    user: str | None
    tenants: tuple[str, ...] | None
    may_write: bool | None
    may_reveal: bool | None

    @classmethod
    def of(cls, event: APIGatewayProxyEventV2, settings: Settings) -> Self:
        authorizer = event.request_context.authorizer
        identity, claims = authorizer.iam, authorizer.jwt_claim
        user = identity.user_arn or identity.user_id or claims.get("sub")
        if settings.tenant_claim is None and settings.role_claim is None and not claims:
            return cls(user, None, may_write=None, may_reveal=None)
        writes = reveals = True
        if settings.role_claim is not None:
            roles = set(_members(claims.get(settings.role_claim)))
            writes, reveals = (
                bool(roles & {*settings.write_roles}),
                bool(roles & {*settings.reveal_roles}),
            )
        tenants = None if settings.tenant_claim is None else _tenants(claims, settings)
        return cls(user, tenants, may_write=writes, may_reveal=reveals)


def caller_of(event: APIGatewayProxyEventV2) -> Caller:
    """The caller of a request to this process."""
    return Caller.of(event, current().settings)


def _tenants(claims: dict[str, object], settings: Settings) -> tuple[str, ...]:
    """The tenants in the claim.

    Of most claims the whole value is one tenant, as users might choose the members of a list.
    Names of Cognito's groups contain no spaces (API reference, `CreateGroup`).
    """
    claim = settings.tenant_claim or ""
    value = claims.get(claim)
    if claim == _GROUPS_CLAIM:
        return _members(value, between=r"\s+")
    if settings.several_tenants:
        return _members(value)
    return (value,) if isinstance(value, str) and value else ()


def _members(value: object, *, between: str = r"[\s,]+") -> tuple[str, ...]:
    """The members of a claim; an HTTP API passes on a list as text, `[one two]`."""
    if isinstance(value, str):
        return tuple(filter(None, re.split(between, value.removeprefix("[").removesuffix("]"))))
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
