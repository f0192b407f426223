"""A web app that imports price lists in the background.

``uvicorn --factory examples.fastapi_app.web:create_app``, where TASKMILL_URL names the API or
beside a local cloud.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

import taskmill
from taskmill import Middleware, Submission
from taskmill.client import AsyncTaskClient, Task
from taskmill.errors import TaskmillError
from taskmill.keys import Kind, TaskKey

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)


class RequestIds(Middleware):
    """Puts the id of the web request on the log lines of the tasks that it submits."""

    def before_submit(self, submission: Submission) -> None:
        if (request_id := REQUEST_ID.get()) is not None:
            submission.log_ids.setdefault("web_request", request_id)


class Row(BaseModel):
    """A row of a price list, as the browser sends it."""

    item: str
    cents: int


class Import(BaseModel):
    """An import, as the browser sees it."""

    id: str
    status: str
    completed: int
    total: int


def tasks_of(request: Request, tenant: Annotated[str, Header(alias="X-Tenant")]) -> AsyncTaskClient:
    """The client for the tenant of a request. A real app takes the tenant from the login."""
    client: AsyncTaskClient = request.app.state.tasks
    return client.for_tenant(tenant)


Tasks = Annotated[AsyncTaskClient, Depends(tasks_of)]


def create_app(connect: Callable[[], AsyncTaskClient] | None = None) -> FastAPI:
    """The application.

    Args:
        connect: Makes the client; by default from the environment. Each request says for whom.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        client = connect() if connect else AsyncTaskClient(tenant="nobody")
        async with client:
            app.state.tasks = client
            yield

    taskmill.middleware(RequestIds())
    app = FastAPI(lifespan=lifespan)
    app.middleware("http")(with_request_id)
    app.exception_handler(TaskmillError)(refused)
    app.post("/imports", status_code=202)(start)
    app.get("/imports/{import_id}")(show)
    app.get("/imports/{import_id}/events", response_class=EventSourceResponse)(events)
    app.delete("/imports/{import_id}")(stop)
    return app


async def with_request_id(
    request: Request, call_next: Callable[[Request], Awaitable[Response]]
) -> Response:
    """Take the request's id, or give it one, and tell it in the answer."""
    request_id = request.headers.get("X-Request-Id") or uuid.uuid4().hex
    REQUEST_ID.set(request_id)
    response = await call_next(request)
    response.headers["X-Request-Id"] = request_id
    return response


async def refused(_: Request, error: Exception) -> Response:
    """The answer for an error of taskmill: not found, conflict, throttled and so on."""
    status = error.http_status if isinstance(error, TaskmillError) else 500
    return JSONResponse({"error": str(error)}, status_code=status)


async def start(rows: list[Row], tasks: Tasks) -> Import:
    """Begin an import; the answer does not wait for it."""
    task = await tasks.submit("import-rows", rows)
    return Import(id=task.code or "", status=task.status, completed=0, total=len(rows))


async def show(import_id: str, tasks: Tasks) -> Import:
    """How far an import is."""
    return await seen(tasks, key_of(tasks, import_id))


async def events(import_id: str, tasks: Tasks) -> AsyncIterator[ServerSentEvent]:
    """The progress of an import until its end, as server-sent events."""
    key = key_of(tasks, import_id)
    async for task in tasks.updates(key, cap_seconds=1):
        yield ServerSentEvent(event="progress", data=await seen(tasks, key))
        if task.status == "COMPLETED":
            yield ServerSentEvent(event="completed", data=await tasks.result(key))
        elif task.status in ("FAILED", "CANCELLED"):
            yield ServerSentEvent(event="failed", data=why(task))


async def stop(import_id: str, tasks: Tasks) -> Import:
    """Cancel an import."""
    key = key_of(tasks, import_id)
    await tasks.cancel(key)
    return await seen(tasks, key)


async def seen(tasks: AsyncTaskClient, key: TaskKey) -> Import:
    progress = await tasks.progress(key)
    return Import(
        id=key.code, status=progress.status, completed=progress.completed, total=progress.total
    )


def key_of(tasks: AsyncTaskClient, import_id: str) -> TaskKey:
    return TaskKey(Kind.TASK, tasks.tenant, "import-rows", import_id)


def why(task: Task) -> str:
    error: Any = task.attributes.get("error") or {}
    return str(error.get("message", task.status))
