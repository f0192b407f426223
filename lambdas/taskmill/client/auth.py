"""Authentication of HTTP requests: an AWS signature, or a bearer token."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError

from taskmill.client.errors import NotConfigured


class SignedByAws(httpx.Auth):
    """AWS Signature Version 4 for API Gateway; renews temporary credentials when they expire.

    Args:
        session: A botocore or boto3 session.
        region: The AWS region of the API.
    """

    requires_request_body = True

    def __init__(self, session: Any, region: str) -> None:
        self._session = session
        self._region = region

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        to_sign = AWSRequest(
            request.method, str(request.url), data=request.content, headers=_signed(request)
        )
        SigV4Auth(self._credentials(), "execute-api", self._region).add_auth(to_sign)
        request.headers.update(dict(to_sign.headers.items()))
        yield request

    def __str__(self) -> str:
        return f"AWS access key {self._credentials().access_key} in {self._region}"

    def _credentials(self) -> Any:
        try:
            found = self._session.get_credentials()
            frozen = found.get_frozen_credentials() if found else None
        except BotoCoreError as error:  # an expired login, an unreachable role
            raise NotConfigured(f"no AWS credentials: {error}") from None
        if frozen is None:
            raise NotConfigured(
                "no AWS credentials found: set AWS_PROFILE, log in with `aws sso login`, "
                "or set TASKMILL_TOKEN for an API with tokens"
            )
        return frozen


class Token(httpx.Auth):
    """A bearer token of Amazon Cognito or another OpenID Connect issuer."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request

    def __str__(self) -> str:
        return "the holder of a token"


def _signed(request: httpx.Request) -> dict[str, str]:
    """The headers to sign; others may be changed by proxies."""
    kind = request.headers.get("content-type")
    return {"Content-Type": kind} if kind else {}
