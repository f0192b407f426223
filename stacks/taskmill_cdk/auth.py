"""Authorizers of the HTTP API: the values of the ``auth`` prop."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cognito as cognito_
from aws_cdk.aws_apigatewayv2_authorizers import (
    HttpIamAuthorizer,
    HttpJwtAuthorizer,
    HttpUserPoolAuthorizer,
)

from taskmill_cdk.tenant_attribute import caution_about, check_tenant_attribute


@dataclass(frozen=True)
class Auth:
    """An authorizer, and the token claim that must name the tenant in the path.

    Args:
        authorizer: Checks the requests to every route except ``/health`` and preflights.
        tenant_claim: None if IAM policies, rather than tokens, limit callers to tenants; with any
            other authorizer than IAM's, callers then reach all tenants, which is a warning. The
            tenant is the whole value of the claim; of ``cognito:groups`` it is one of the groups.
        caution: A warning for whoever synthesises the API.

    Raises:
        ValueError: The claim has no name.
    """

    authorizer: apigateway.IHttpRouteAuthorizer
    tenant_claim: str | None = None
    caution: str | None = None

    def __post_init__(self) -> None:
        if self.tenant_claim is not None and not self.tenant_claim.strip():
            raise ValueError("tenant_claim is empty: any token would reach every tenant")

    @property
    def cautions(self) -> dict[str, str]:
        """What to warn of at synthesis, by the id of the warning."""
        found = {}
        if self.caution is not None:
            found["taskmill:tenant-claim"] = self.caution
        if self.tenant_claim is None and not isinstance(self.authorizer, HttpIamAuthorizer):
            found["taskmill:no-tenant-claim"] = (
                "Nothing confines callers: without a tenant_claim, whoever passes the authorizer"
                " reaches the tasks of every tenant"
            )
        return found


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

    Custom attributes are claims of ID tokens only. Callers who send access tokens need
    ``tenant_claim="cognito:groups"``, with a group for each tenant, or a claim of their own that a
    pre-token-generation trigger adds to access tokens.

    A client that lets its users change the attribute of the claim, and so their tenant, is an
    error: see ``check_tenant_attribute``.

    Args:
        user_pool: Issues the tokens.
        clients: App clients of the pool whose tokens are accepted.
        tenant_claim: Name of the claim that holds the tenant.
    """
    _check_text(tenant_claim=tenant_claim)
    check_tenant_attribute(user_pool, clients, tenant_claim)
    return Auth(
        HttpUserPoolAuthorizer("Cognito", user_pool, user_pool_clients=list(clients)), tenant_claim
    )


def jwt(issuer: str, audience: str | Sequence[str], tenant_claim: str) -> Auth:
    """Tokens of any OpenID Connect issuer.

    The issuer decides who gets into which tenant: the claim must not be one that users can set.

    Args:
        issuer: URL, as in the ``iss`` claim.
        audience: Accepted values of the ``aud`` claim, or the only one.
        tenant_claim: Name of the claim that holds the tenant.
    """
    _check_text(issuer=issuer, tenant_claim=tenant_claim)
    audiences = [audience] if isinstance(audience, str) else list(audience)
    return Auth(
        HttpJwtAuthorizer("Jwt", issuer, jwt_audience=audiences),
        tenant_claim,
        caution=caution_about(tenant_claim),
    )


def _check_text(**given: object) -> None:
    """Refuse what is no text.

    Raises:
        TypeError: One of them is none; the message names it.
    """
    for name, value in given.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} is {value!r}; give text")
