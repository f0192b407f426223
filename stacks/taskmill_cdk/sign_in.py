"""``SignIn``: how people sign in to the hosted console, with an OpenID Connect issuer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aws_cdk import Token


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """A public client of an OpenID Connect issuer: code flow with PKCE, without a secret.

    The issuer must accept the console's address as a callback: the API's URL and
    ``/console/index.html``, below the base path of a custom domain.

    Args:
        issuer: URL; ``/.well-known/openid-configuration`` below it names the issuer's pages.
        client_id: The client.
        scopes: That the page asks for.
        token: Which of the tokens the API gets: its authorizer must accept it, and its claims must
            name the tenant. Cognito has custom attributes in ID tokens only.
        origins: Where else than at the issuer its token endpoint may be, such as a domain of
            sign-in pages: the page may connect there and to the API only.

    Raises:
        ValueError: The issuer is no URL with https.
    """

    issuer: str
    client_id: str
    scopes: Sequence[str] = ("openid",)
    token: Literal["id", "access"] = "id"  # noqa: S105  # the kind of one
    origins: Sequence[str] = ()

    def __post_init__(self) -> None:
        is_known = not Token.is_unresolved(self.issuer)
        if is_known and not self.issuer.startswith(("https://", "http://localhost", "http://127.")):
            raise ValueError(f"issuer is {self.issuer!r}; give its URL, with https")
        if isinstance(self.scopes, str) or "openid" not in self.scopes:
            raise ValueError(f"scopes is {self.scopes!r}; give a list with 'openid' in it")
        if self.token not in ("id", "access"):
            raise ValueError(f"token is {self.token!r}; known are id, access")
