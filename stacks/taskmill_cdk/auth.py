"""Authorizers of the HTTP API: the values of the ``auth`` prop."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_cognito as cognito_
from aws_cdk.aws_apigatewayv2_authorizers import (
    HttpIamAuthorizer,
    HttpJwtAuthorizer,
    HttpUserPoolAuthorizer,
)

from taskmill_cdk.sign_in import SignIn
from taskmill_cdk.tenant_attribute import caution_about, check_tenant_attribute

_ROLE = r"[^\s,\[\]]+"


@dataclass(frozen=True)
class Auth:
    """An authorizer, and the token claim that must name the tenant in the path.

    Args:
        authorizer: Checks the requests to every route except ``/health`` and preflights.
        tenant_claim: None if IAM policies, rather than tokens, limit callers to tenants; with any
            other authorizer than IAM's, callers then reach all tenants, which is a warning. The
            tenant is the whole value of the claim; of ``cognito:groups`` it is one of the groups.
        caution: A warning for whoever synthesises the API.
        several_tenants: The claim may name several, in a list or between spaces or commas. The
            issuer must be the only one who sets its members.
        role_claim: Claim of a caller's roles, one or several; None: all tokens may do everything.
        write_roles: Roles that may change anything; tokens with none of them may only read.
        reveal_roles: Roles that may read secrets in the clear.
        sign_in: How people sign in with a browser; None: they cannot.

    Raises:
        ValueError: A claim has no name, or a role cannot be one.
    """

    authorizer: apigateway.IHttpRouteAuthorizer
    tenant_claim: str | None = None
    caution: str | None = None
    several_tenants: bool = False
    role_claim: str | None = None
    write_roles: Sequence[str] = ()
    reveal_roles: Sequence[str] = ()
    sign_in: SignIn | None = None

    def __post_init__(self) -> None:
        if self.tenant_claim is not None and not self.tenant_claim.strip():
            raise ValueError("tenant_claim is empty: any token would reach every tenant")
        if self.role_claim is not None and not self.role_claim.strip():
            raise ValueError("role_claim is empty: no token could write")
        for name in ("write_roles", "reveal_roles"):
            roles = getattr(self, name)
            if isinstance(roles, str) or not all(re.fullmatch(_ROLE, each) for each in roles):
                raise ValueError(f"{name} is {roles!r}; give a list of names without , and spaces")

    @property
    def settings(self) -> dict[str, str]:
        """The variables by which the API's function reads tokens."""
        found = {}
        if self.tenant_claim:
            found["TASKMILL_TENANT_CLAIM"] = self.tenant_claim
        if self.several_tenants:
            found["TASKMILL_SEVERAL_TENANTS"] = "1"
        if self.role_claim:
            found["TASKMILL_ROLE_CLAIM"] = self.role_claim
            found["TASKMILL_WRITE_ROLES"] = ",".join(self.write_roles)
            found["TASKMILL_REVEAL_ROLES"] = ",".join(self.reveal_roles)
        return found

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
    several_tenants: bool = False,
    role_claim: str | None = None,
    write_roles: Sequence[str] = ("writer",),
    reveal_roles: Sequence[str] = ("revealer",),
    sign_in: SignIn | None = None,
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
        several_tenants: Whether the claim may name several tenants, see ``Auth``.
        role_claim: Name of the claim that holds the caller's roles, see ``Auth``; users must
            not be able to change it.
        write_roles: Roles that may change something.
        reveal_roles: Roles that may read secrets.
        sign_in: For the console; by default, the first client on the pool's own pages. The client
            must be public, and allow the code grant with the console's address as its callback.
    """
    _check_text(tenant_claim=tenant_claim)
    check_tenant_attribute(user_pool, clients, tenant_claim)
    if role_claim is not None:
        check_tenant_attribute(user_pool, clients, role_claim)
    return Auth(
        HttpUserPoolAuthorizer("Cognito", user_pool, user_pool_clients=list(clients)),
        tenant_claim,
        several_tenants=several_tenants,
        role_claim=role_claim,
        write_roles=write_roles,
        reveal_roles=reveal_roles,
        sign_in=sign_in or _of_pool(user_pool, clients),
    )


def _of_pool(
    user_pool: cognito_.IUserPool, clients: Sequence[cognito_.IUserPoolClient]
) -> SignIn | None:
    if not clients:
        return None
    region = Stack.of(user_pool).region
    return SignIn(
        issuer=f"https://cognito-idp.{region}.amazonaws.com/{user_pool.user_pool_id}",
        client_id=clients[0].user_pool_client_id,
        origins=(f"https://*.auth.{region}.amazoncognito.com",),
    )


def jwt(
    issuer: str,
    audience: str | Sequence[str],
    tenant_claim: str,
    *,
    several_tenants: bool = False,
    role_claim: str | None = None,
    write_roles: Sequence[str] = ("writer",),
    reveal_roles: Sequence[str] = ("revealer",),
    sign_in: SignIn | None = None,
) -> Auth:
    """Tokens of any OpenID Connect issuer.

    The issuer decides who gets into which tenant: the claim must not be one that users can set.

    Args:
        issuer: URL, as in the ``iss`` claim.
        audience: Accepted values of the ``aud`` claim, or the only one.
        tenant_claim: Name of the claim that holds the tenant.
        several_tenants: Whether the claim may name several tenants, see ``Auth``.
        role_claim: Name of the claim that holds the caller's roles, see ``Auth``.
        write_roles: Roles that may change something.
        reveal_roles: Roles that may read secrets.
        sign_in: For the console; by default, with the first audience as the client, whose ID
            tokens have it as their audience.
    """
    _check_text(issuer=issuer, tenant_claim=tenant_claim)
    audiences = [audience] if isinstance(audience, str) else list(audience)
    return Auth(
        HttpJwtAuthorizer("Jwt", issuer, jwt_audience=audiences),
        tenant_claim,
        caution=caution_about(tenant_claim),
        several_tenants=several_tenants,
        role_claim=role_claim,
        write_roles=write_roles,
        reveal_roles=reveal_roles,
        sign_in=sign_in or SignIn(issuer=issuer, client_id=audiences[0]),
    )


def _check_text(**given: object) -> None:
    """Refuse what is no text.

    Raises:
        TypeError: One of them is none; the message names it.
    """
    for name, value in given.items():
        if not isinstance(value, str):
            raise TypeError(f"{name} is {value!r}; give text")
