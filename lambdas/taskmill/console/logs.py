"""Log lines of one task for the page, read by whoever knows where logs are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from taskmill.console.refusals import refusal
from taskmill.model.errors import TaskmillError

ReadLogs = Callable[[str], Sequence[dict[str, Any]]]
"""The lines of the task with a key (`pk/sk` or `type#code`), oldest first; it blocks."""

MAX_LINES = 2_000  # the newest are kept


async def log_lines(request: Request, read: ReadLogs | None) -> Response:
    """The lines of the task in the parameter `key`."""
    if read is None:
        return refusal(404, "no_logs", "this console cannot read logs")
    if request.method != "GET":
        return refusal(405, "method_not_allowed", "logs can be read only")
    try:
        lines = await run_in_threadpool(read, request.query_params.get("key", ""))
    except TaskmillError as error:
        return refusal(error.http_status, error.code, error.message)
    return JSONResponse({"lines": list(lines[-MAX_LINES:]), "truncated": len(lines) > MAX_LINES})
