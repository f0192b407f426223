"""The application of a console: its page, its data, and what is asked before either."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from taskmill.console.about import About
from taskmill.console.allowed import Allowed
from taskmill.console.forwarding import Forwarder
from taskmill.console.keyed import Keyed, new_key
from taskmill.console.local_only import LocalOnly
from taskmill.console.logs import ReadLogs, log_lines
from taskmill.console.payloads import Payloads
from taskmill.console.plain_requests import PlainRequests
from taskmill.console.refusals import refusal
from taskmill.console.safe_answers import SafeAnswers
from taskmill.console.static_files import FOLDER, StaticFiles
from taskmill.console.upstream import Upstream

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]


@dataclass(frozen=True, kw_only=True)
class Console:
    """A console for one API.

    Attributes:
        read_logs: None: the page offers no logs.
        static: Folder of the page.
    """

    upstream: Upstream
    about: About
    key: str = field(default_factory=new_key, repr=False)
    read_logs: ReadLogs | None = None
    static: Path = FOLDER

    def application(self, port: int) -> Starlette:
        """The ASGI application for a server on this port."""
        allowed = Allowed(read_only=self.about.read_only)
        payloads = Payloads(self.upstream)
        forwarder, files = Forwarder(self.upstream, allowed, payloads), StaticFiles(self.static)

        async def about(request: Request) -> Response:
            if request.method != "GET":
                return refusal(405, "method_not_allowed", "this can be read only")
            return JSONResponse(self.about.as_json())

        async def forward(request: Request) -> Response:
            await run_in_threadpool(lambda: allowed.routes)  # imports them, the first time
            return await forwarder.answer(request)

        async def payload(request: Request) -> Response:
            return await payloads.answer(request)

        async def logs(request: Request) -> Response:
            return await log_lines(request, self.read_logs)

        async def page(request: Request) -> Response:
            return await run_in_threadpool(files.answer, request)

        return Starlette(
            routes=[
                Route("/v1/{path:path}", forward, methods=METHODS),
                Route("/console.json", about, methods=METHODS),
                Route("/payload", payload, methods=METHODS),
                Route("/logs", logs, methods=METHODS),
                Route("/{path:path}", page, methods=METHODS),
            ],
            middleware=[
                Middleware(SafeAnswers),
                Middleware(PlainRequests),
                Middleware(LocalOnly, port=port, command="taskmill console"),
                Middleware(Keyed, key=self.key),
            ],
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await self.upstream.close()
