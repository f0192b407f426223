"""Forwards a request of the page to the API, and its answer to the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from taskmill.client.errors import NotConfigured
from taskmill.console.allowed import Allowed
from taskmill.console.payloads import Payloads
from taskmill.console.refusals import refusal
from taskmill.console.upstream import Upstream, is_expired

if TYPE_CHECKING:
    import httpx

MAX_BODY_BYTES = 6 * 1024 * 1024  # Lambda's limit for a request
TO_API = ("content-type", "if-none-match", "x-request-id")
_NOT_MODIFIED = 304
FROM_API = ("apigw-requestid", "etag", "retry-after", "x-taskmill-read-units")


class BodyTooLarge(Exception):
    """The body is larger than the API would take."""


class Forwarder:
    """Forwards the requests that are allowed, with three of their headers and their body."""

    def __init__(self, upstream: Upstream, allowed: Allowed, payloads: Payloads) -> None:
        self._upstream = upstream
        self._allowed = allowed
        self._payloads = payloads

    async def answer(self, request: Request) -> Response:
        path = request.scope["raw_path"].decode("latin-1")
        if refused := self._allowed.refused(request.method, path):
            return refusal(refused.status, refused.code, refused.message)
        try:
            content = await body_of(request)
        except BodyTooLarge:
            return refusal(413, "too_large", f"a request has {MAX_BODY_BYTES:,} bytes at most")
        try:
            response = await self._upstream.send(
                request.method,
                path + query_of(request.scope["query_string"]),
                headers=_headers(request, content),
                content=content,
            )
        except Exception as error:  # noqa: BLE001  # of the network: named, or raised again
            return _no_answer(error, self._upstream.url)
        self._payloads.remember(path, response)
        return _passed_on(response)


async def body_of(request: Request) -> bytes:
    """The body of a request.

    Raises:
        BodyTooLarge: It has more than `MAX_BODY_BYTES`.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
    return bytes(body)


def query_of(query: bytes) -> str:
    """A query as AWS signatures require it: spaces are %20, not +. With its question mark."""
    parameters = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    return f"?{urlencode(parameters, quote_via=quote)}" if parameters else ""


def _headers(request: Request, content: bytes) -> Mapping[str, str]:
    given = {name: request.headers[name] for name in TO_API if name in request.headers}
    if not content:
        given.pop("content-type", None)
    return given


def _passed_on(response: httpx.Response) -> Response:
    if is_expired(response):
        return refusal(401, "credentials_expired", _EXPIRED_ADVICE)
    if response.is_redirect and response.status_code != _NOT_MODIFIED:
        where = "the API answered with a redirect, which is not followed; is its URL right?"
        return refusal(502, "not_the_api", where)
    kind = response.headers.get("content-type", "")
    if response.content and not kind.startswith("application/json"):
        return refusal(502, "not_the_api", "what answers at the URL of the API sends no JSON")
    headers = {name: response.headers[name] for name in FROM_API if name in response.headers}
    if response.content:
        headers["content-type"] = "application/json"
    return Response(response.content, response.status_code, headers)


def _no_answer(error: Exception, url: str) -> Response:
    import httpx

    if isinstance(error, NotConfigured):
        return refusal(401, _code_of(error), error.message)
    if isinstance(error, httpx.TimeoutException):
        return refusal(504, "unreachable", f"no answer from {url} in time")
    if isinstance(error, httpx.TransportError):
        from taskmill.client.answers import no_answer

        return refusal(502, "unreachable", no_answer(error).message)
    raise error


def _code_of(error: NotConfigured) -> str:
    """What is wrong with the credentials; the page has advice for each."""
    if "no AWS credentials found" in error.message:
        return "credentials_missing"
    return "credentials_expired" if "no AWS credentials:" in error.message else error.code


_EXPIRED_ADVICE = (
    "the AWS credentials or the token have expired: log in again, as with `aws sso login`;"
    " the console then goes on by itself"
)
