"""Who may call the HTTP API from where: tenants in IAM policies, and origins of web pages."""

import re
from collections.abc import Iterable, Sequence

from aws_cdk import Duration, Token
from aws_cdk import aws_apigatewayv2 as apigateway

# The form of a tenant's code, as the runtime checks it: no wildcard of IAM, no slash, no variable.
_TENANT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_METHODS = [
    getattr(apigateway.CorsHttpMethod, m) for m in ("GET", "POST", "PATCH", "PUT", "DELETE")
]
# What our client and the signatures of the AWS SDK for JavaScript send.
_HEADERS = [
    "authorization",
    "content-type",
    "x-request-id",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
]

Cors = Sequence[str] | apigateway.CorsPreflightOptions
"""Origins such as ``["https://app.example"]``, or whole settings."""


def cors_preflight(cors: Cors | None) -> apigateway.CorsPreflightOptions | None:
    """What browsers may do from these origins: send all that the API takes, with no cookies.

    Raises:
        ValueError: An origin is more than scheme, host and port; a text was given for a list.
    """
    if cors is None or isinstance(cors, apigateway.CorsPreflightOptions):
        return cors
    return apigateway.CorsPreflightOptions(
        allow_origins=origins(cors),
        allow_methods=_METHODS,
        allow_headers=_HEADERS,
        expose_headers=["retry-after"],
        max_age=Duration.hours(1),
    )


def origins(cors: Cors | None) -> list[str]:
    """The origins that are let in.

    Raises:
        ValueError: An origin is more than scheme, host and port; a text was given for a list.
    """
    if isinstance(cors, apigateway.CorsPreflightOptions):
        return list(cors.allow_origins or ())
    if isinstance(cors, str):
        raise ValueError(f"cors is a text; give a list of origins: [{cors!r}]")  # noqa: TRY004
    for origin in cors or ():
        if origin != "*" and not re.fullmatch(r"https?://[^/\s]+", origin):
            raise ValueError(
                f"cors names {origin!r}; an origin is scheme, host and port without a path,"
                " such as 'https://app.example'"
            )
    return list(cors or ())


def check_tenant(tenant: str, *, reserved: Iterable[str]) -> None:
    """Refuse what would give a policy another meaning than one tenant, or all of them.

    Args:
        tenant: ``"*"`` means all tenants.
        reserved: Words in paths, which a tenant must not be called in a policy.

    Raises:
        ValueError: The tenant cannot be one, or is reserved.
    """
    if tenant == "*" or Token.is_unresolved(tenant):
        return
    if not _TENANT.fullmatch(tenant):
        raise ValueError(
            f"tenant is {tenant!r}; it has 1 to 64 letters, digits and . _ -, the first a letter or"
            ' digit; "*" alone means all tenants'
        )
    if tenant in reserved:
        raise ValueError(
            f"tenant is {tenant!r}, a word in the paths of the API: a policy on paths might take"
            " other requests for those of this tenant; name it differently"
        )
