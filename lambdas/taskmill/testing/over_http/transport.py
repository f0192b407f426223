"""A transport of `httpx` into an in-process cloud: its API function, and its bucket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx

from taskmill.testing.http import InProcessApi, handler
from taskmill.work.event_loops import without_event_loop

if TYPE_CHECKING:
    from taskmill.testing.cloud import InProcessCloud


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
        return httpx.Response(404) if found is None else httpx.Response(200, content=found)
