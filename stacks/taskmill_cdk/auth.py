"""Authorizers of the HTTP API: the values of the ``auth`` prop."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cognito as cognito_
from aws_cdk.aws_apigatewayv2_authorizers import (
    HttpIamAuthorizer,
    HttpJwtAuthorizer,
    HttpUserPoolAuthorizer,
)


@dataclass(frozen=True)
class Auth:
    """An authorizer, and the token claim that must equal the tenant in the path.

    Args:
        authorizer: Checks the requests to every route except ``/health``.
        tenant_claim: None if IAM policies, rather than tokens, limit callers to tenants.
    """

    authorizer: apigateway.IHttpRouteAuthorizer
    tenant_claim: str | None = None


def _check_text(name: str, value: Any) -> None:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{name} is {value!r}; give text")


def sigv4() -> Auth:
    """IAM identities, by Signature Version 4. A policy on the path limits a caller to a tenant."""
    return Auth(HttpIamAuthorizer())


def cognito(
    user_pool: cognito_.IUserPool,
    clients: Sequence[cognito_.IUserPoolClient],
    *,
    tenant_claim: str = "custom:tenant",
) -> Auth:
    """Tokens of a Cognito user pool.

    Args:
        user_pool: Issues the tokens.
        clients: App clients of the pool whose tokens are accepted.
        tenant_claim: Name of the claim that holds the tenant.
    """
    _check_text("tenant_claim", tenant_claim)
    return Auth(
        HttpUserPoolAuthorizer("Cognito", user_pool, user_pool_clients=list(clients)), tenant_claim
    )


def jwt(issuer: str, audience: str | Sequence[str], tenant_claim: str) -> Auth:
    """Tokens of any OpenID Connect issuer.

    Args:
        issuer: URL, as in the ``iss`` claim.
        audience: Accepted values of the ``aud`` claim, or the only one.
        tenant_claim: Name of the claim that holds the tenant.
    """
    for name, value in {"issuer": issuer, "tenant_claim": tenant_claim}.items():
        _check_text(name, value)
    audiences = [audience] if isinstance(audience, str) else list(audience)
    return Auth(HttpJwtAuthorizer("Jwt", issuer, jwt_audience=audiences), tenant_claim)
