"""Settings of a client: from arguments, then the environment, then the local cloud."""

from __future__ import annotations

import inspect
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskmill.client.errors import NotConfigured
from taskmill.client.outputs import Outputs, are_of, local_session, which_stack
from taskmill.model.errors import WrongOptionType
from taskmill.model.keys import DEFAULT_TENANT
from taskmill.model.new_codes import check_scheme

if TYPE_CHECKING:
    import httpx

    from taskmill.client.auth import GivenToken

_AWS_HOST = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.com")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """URL, tenant and credentials of a client.

    Attributes:
        region: AWS region of the API; found in the URL or AWS's settings if None.
        session: A boto3 or botocore session; the default one if None.
        token: A bearer token or a function for it, used in place of AWS credentials.
    """

    url: str
    tenant: str
    region: str | None = None
    session: Any = None
    token: GivenToken | None = None

    def auth(self) -> httpx.Auth:
        """The authentication of requests: the token if there is one, else an AWS signature.

        Raises:
            NotConfigured: The region of the API is unknown.
        """
        from taskmill.client.auth import SignedByAws, Token

        if self.token:
            return Token(self.token)
        session = self.session or _default_session()
        region = self.region or _region(self.url, session)
        if not region:
            raise NotConfigured("which AWS region? Give it or set AWS_REGION")
        return SignedByAws(session, region)


def find_settings(
    *,
    url: str | None,
    tenant: str | None,
    region: str | None,
    session: Any,
    token: GivenToken | None,
    outputs: Outputs,
) -> Settings:
    """Settings from the arguments; missing ones from the environment, then from a local cloud.

    Raises:
        NotConfigured: The URL or the tenant is missing, or the URL is malformed.
    """
    if not (url := url or os.environ.get("TASKMILL_URL") or outputs.get("ApiUrl")):
        raise NotConfigured(
            which_stack(outputs)
            or "which API? Give its URL (the stack output ApiUrl), set TASKMILL_URL, "
            "start `taskmill dev`, or a local cloud with `taskmill local up`"
        )
    _check_url(url)
    if not (tenant := find_tenant(tenant, url)):
        raise NotConfigured("whose tasks? Give a tenant or set TASKMILL_TENANT")
    if session is None:
        token = token or os.environ.get("TASKMILL_TOKEN")
    if are_of(outputs, url):
        token = token or (None if session else outputs.get("Token"))
        session, region = session or local_session(outputs), region or outputs.get("Region")
    return Settings(url=url.rstrip("/"), tenant=tenant, region=region, session=session, token=token)


def check_token(token: Any, *, awaited: bool) -> None:
    """Refuse what is no token, and for a blocking client an async function.

    Raises:
        WrongOptionType: It is neither text nor a function, or nobody would await it.
    """
    if token is None or isinstance(token, str):
        return
    if not callable(token):
        raise WrongOptionType(
            f"token is {type(token).__name__}; give text, or a function that returns it",
            field="token",
        )
    if inspect.iscoroutinefunction(token) and not awaited:
        raise WrongOptionType(
            "token is an async function; use AsyncTaskClient, or give one that is not async",
            field="token",
        )


def find_tenant(tenant: str | None, url: str) -> str | None:
    """The tenant: the argument, else `TASKMILL_TENANT`, else "default" for an API on this machine.

    None: nothing names one.
    """
    import httpx

    here = httpx.URL(url).host in ("localhost", "127.0.0.1", "::1")
    return tenant or os.environ.get("TASKMILL_TENANT") or (DEFAULT_TENANT if here else None)


def find_ids(ids: str | None) -> str:
    """The scheme of codes: the argument, else `TASKMILL_IDS`, else "ulid".

    Raises:
        NotConfigured: There is no such scheme.
    """
    try:
        return check_scheme(ids or os.environ.get("TASKMILL_IDS") or "ulid")
    except ValueError as error:
        raise NotConfigured(str(error)) from None


def named_session(profile: str) -> Any:
    """A botocore session with an AWS profile.

    Raises:
        NotConfigured: There is no such profile.
    """
    import botocore.session
    from botocore.exceptions import ProfileNotFound

    session = botocore.session.Session(profile=profile)
    try:
        session.get_scoped_config()
    except ProfileNotFound as error:
        raise NotConfigured(f"{error}") from None
    return session


def _check_url(url: str) -> None:
    import httpx

    if not url.startswith(("https://", "http://")):
        raise NotConfigured(f"the URL {url!r} must begin with https://")
    try:
        httpx.URL(url)
    except httpx.InvalidURL as error:
        raise NotConfigured(f"{url!r} is not a URL: {error}") from None


def _default_session() -> Any:
    import botocore.session

    return botocore.session.Session()


def region_in(url: str) -> str | None:
    """The region in the URL of an API; None: a custom domain does not say it."""
    found = _AWS_HOST.search(url)
    return found[1] if found else None


def _region(url: str, session: Any) -> str | None:
    """The region of the API: from its URL, or for a custom domain from AWS's settings."""
    if found := region_in(url):
        return found
    environment = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return environment or _configured_region(session)


def _configured_region(session: Any) -> str | None:
    if hasattr(session, "region_name"):  # of boto3
        return str(session.region_name) if session.region_name else None
    region = session.get_config_variable("region")
    return str(region) if region else None
