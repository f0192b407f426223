"""Who may call the HTTP API. Pass one of these as ``auth``."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cognito as cognito_
from aws_cdk.aws_apigatewayv2_authorizers import (
    HttpIamAuthorizer,
    HttpJwtAuthorizer,
    HttpUserPoolAuthorizer,
)


@dataclass(frozen=True)
class Auth:
    """An authorizer, and the token's claim that must equal the path's tenant.

    Args:
        authorizer: Put before every route but health.
        tenant_claim: None where the caller's policy confines it to a tenant's paths.
    """

    authorizer: apigateway.IHttpRouteAuthorizer
    tenant_claim: str | None = None


def sigv4() -> Auth:
    """AWS identities, by signature. A policy on the path confines a caller to a tenant."""
    return Auth(HttpIamAuthorizer())


def cognito(
    user_pool: cognito_.IUserPool,
    clients: Sequence[cognito_.IUserPoolClient],
    *,
    tenant_claim: str = "custom:tenant",
) -> Auth:
    """Tokens of a Cognito user pool, for these of its clients."""
    return Auth(
        HttpUserPoolAuthorizer("Cognito", user_pool, user_pool_clients=list(clients)), tenant_claim
    )


def jwt(issuer: str, audience: str | Sequence[str], tenant_claim: str) -> Auth:
    """Tokens of any OpenID Connect issuer."""
    audiences = [audience] if isinstance(audience, str) else list(audience)
    return Auth(HttpJwtAuthorizer("Jwt", issuer, jwt_audience=audiences), tenant_claim)
