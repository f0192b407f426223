"""A transport of `httpx` into an in-process cloud: its API function, and its bucket."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import httpx

from taskmill.testing.http import InProcessApi, handler
from taskmill.work.event_loops import without_event_loop

if TYPE_CHECKING:
    from taskmill.testing.cloud import InProcessCloud


_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class InProcessTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers requests as the deployed API and S3 would."""

    def __init__(self, cloud: InProcessCloud) -> None:
        self._cloud = cloud

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._answer(request, request.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        return await asyncio.to_thread(self._answer, request, content)

    def _answer(self, request: httpx.Request, content: bytes) -> httpx.Response:
        if request.url.scheme == "memory":
            return self._bucket(request, content)
        event = InProcessApi().event(
            request.method,
            request.url.raw_path.decode().partition("?")[0],
            content.decode() or None,
            request.url.query.decode(),
            dict(request.headers),
        )
        answer = without_event_loop(lambda: handler(event, self._cloud.context(30)))
        return httpx.Response(
            answer["statusCode"], headers=answer["headers"], content=answer["body"]
        )

    def _bucket(self, request: httpx.Request, content: bytes) -> httpx.Response:
        bucket, key = self._cloud.bucket, request.url.path.lstrip("/")
        if request.method == "PUT":
            tags = request.headers.get("x-amz-tagging", "")
            bucket.put_object(Key=key, Body=content, Tagging=tags)
            return httpx.Response(200)
        found = bucket.objects.get(key)
        return httpx.Response(404) if found is None else _object(found, request)


def _object(content: bytes, request: httpx.Request) -> httpx.Response:
    """An object, or the range of its bytes that was asked for; not read yet, as from a network."""
    status, headers = 200, {}
    if asked := _RANGE.fullmatch(request.headers.get("range", "")):
        first, total = int(asked[1]), len(content)
        content = content[first : int(asked[2]) + 1 if asked[2] else None]
        status = 206
        headers["content-range"] = f"bytes {first}-{first + len(content) - 1}/{total}"
    headers["content-length"] = str(len(content))
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content))
