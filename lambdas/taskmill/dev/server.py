"""The HTTP API of `taskmill dev`: requests become the events that API Gateway would send."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from taskmill.console.local_only import LocalOnly
from taskmill.dev.objects import PATH

if TYPE_CHECKING:
    from taskmill.dev.cloud import RealTimeCloud

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def build_server(cloud: RealTimeCloud, port: int) -> Starlette:
    """The application: the API, and the payloads that its answers name."""

    async def payload(request: Request) -> Response:
        return await run_in_threadpool(_payload, cloud, request, await request.body())

    async def call(request: Request) -> Response:
        answer = await run_in_threadpool(_answer, request, await request.body())
        return Response(answer["body"], answer["statusCode"], answer["headers"])

    return Starlette(
        routes=[
            Route(f"{PATH}{{key:path}}", payload, methods=["GET", "PUT"]),
            Route("/{path:path}", call, methods=METHODS),
        ],
        middleware=[Middleware(LocalOnly, port=port, command="taskmill dev")],
    )


def warm_up() -> None:
    """Import the API's function, which takes half a second, before the first request does."""
    import taskmill.testing.http  # noqa: F401


def _answer(request: Request, body: bytes) -> dict[str, Any]:
    from taskmill.testing.http import InProcessApi, handler

    event = InProcessApi().event(
        request.method,
        request.scope["raw_path"].decode("latin-1").partition("?")[0],
        body or None,
        request.url.query,
        dict(request.headers),
    )
    return handler(event, None)


def _payload(cloud: RealTimeCloud, request: Request, body: bytes) -> Response:
    bucket, method, key = cloud.bucket, request.method, request.path_params["key"]
    if not bucket.is_signed(method, key, request.query_params.get("signature", "")):
        return _refusal(403, "forbidden", "the URL is not one of those that this API has signed")
    with cloud.meter.lock:
        if method == "PUT":
            bucket.put_object(Key=key, Body=body, Tagging=request.headers.get("x-amz-tagging", ""))
            return Response(headers={"ETag": f'"{hashlib.sha256(body).hexdigest()}"'})
        found = bucket.objects.get(key)
    if found is None:
        return _refusal(404, "not_found", "there is no such payload")
    return Response(found, media_type="application/json")


def _refusal(status: int, code: str, message: str) -> Response:
    error: dict[str, Any] = {"code": code, "message": message}
    return JSONResponse({"error": error}, status)
