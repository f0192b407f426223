"""Authentication of HTTP requests: an AWS signature, or a bearer token."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any

import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError

from taskmill.client.errors import NotConfigured

GivenToken = str | Callable[[], str] | Callable[[], Awaitable[str]]
"""A token, or a function that returns one, renewed when it has to be."""

_UNAUTHORIZED = 401


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

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        request.read()
        self._sign(request, self._credentials())
        yield request

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        import asyncio

        await request.aread()
        # In a thread: they may have to be fetched, from SSO, STS or a metadata server.
        self._sign(request, await asyncio.to_thread(self._credentials))
        yield request

    def __str__(self) -> str:
        return f"AWS access key {self._credentials().access_key} in {self._region}"

    def _sign(self, request: httpx.Request, credentials: Any) -> None:
        to_sign = AWSRequest(
            request.method, str(request.url), data=request.content, headers=_signed(request)
        )
        SigV4Auth(credentials, "execute-api", self._region).add_auth(to_sign)
        request.headers.update(dict(to_sign.headers.items()))

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
    """A bearer token of Amazon Cognito or another OpenID Connect issuer.

    Args:
        token: The token, or a function that returns it. The function is called for each request,
            and once more if the API answers 401, as it does to a token that has expired.
    """

    def __init__(self, token: GivenToken) -> None:
        self._token = token

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._now()
        response = yield _with_token(request, token)
        if response.status_code == _UNAUTHORIZED and (renewed := self._now()) != token:
            yield _with_token(request, renewed)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self._now_async()
        response = yield _with_token(request, token)
        if response.status_code == _UNAUTHORIZED:
            renewed = await self._now_async()
            if renewed != token:
                yield _with_token(request, renewed)

    def __str__(self) -> str:
        return "the holder of a token"

    def _now(self) -> str:
        return self._token if isinstance(self._token, str) else _text(self._token())

    async def _now_async(self) -> str:
        if isinstance(self._token, str):
            return self._token
        if inspect.iscoroutinefunction(self._token):
            return _text(await self._token())
        import asyncio

        given = await asyncio.to_thread(self._token)  # it may block
        return _text(await given if inspect.isawaitable(given) else given)


def _with_token(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def _text(token: Any) -> str:
    if isinstance(token, str) and token:
        return token
    raise NotConfigured(f"the function for the token returned {type(token).__name__}, not a text")


def _signed(request: httpx.Request) -> dict[str, str]:
    """The headers to sign; others may be changed by proxies."""
    kind = request.headers.get("content-type")
    return {"Content-Type": kind} if kind else {}
