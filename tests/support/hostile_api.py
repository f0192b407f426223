"""An API whose every text would harm whoever prints it as it is."""

from typing import Any

import httpx

TEXT = (
    "a\nb\r\tc\x07\x1b]0;owned\x07\x1b[2J\x9b31m\x85\x00\x7f\u2028\u2029"
    "\u202e\u2066\u200b\u200d\ufeff\u3164\U000e0041[red]z"
)
AT = "2026-01-05T06:00:00Z"
ERROR = {"type": f"Type{TEXT}", "message": TEXT, "stack": TEXT}


class HostileApi(httpx.BaseTransport):
    """A transport that answers every request of the client, with texts as `TEXT`.

    Attributes:
        refuses: Answer with an error whose message is such a text.
    """

    def __init__(self) -> None:
        self.refuses = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if self.refuses:
            refusal = {"code": "conflict", "message": TEXT, "details": [{"message": TEXT}]}
            return httpx.Response(409, json={"error": refusal})
        if b'"dryRun":true' in request.content:
            return httpx.Response(200, json={"count": 1, "exact": True, "sample": []})
        method, path = request.method, request.url.path
        found = _overview(method, path, path.rpartition("/")[2])
        return httpx.Response(200, json=_answer(method, path) if found is None else found)


def _answer(method: str, path: str) -> Any:
    *_, folder, last = path.split("/")
    kind = "SFN_TASK" if "step-function-tasks" in path else "TASK"
    if last == "result":
        return {"pk": "TASK#mbc", "sk": "x#1", "status": "COMPLETED", "result": {TEXT: [TEXT]}}
    if last == "subtasks":
        return {"items": [_task("SFN_TASK", index) for index in range(3)]}
    if "schedules" in path:
        return {"items": [_schedule()] * 3} if last == "schedules" else _schedule()
    if "callbacks" in path:
        return {"items": [_mapping()] * 3} if last == "callbacks" else _mapping()
    if method == "GET" and (folder == "mbc" or last == "children"):
        return {"items": [_task(kind), _task(kind)]}
    return _task(kind)


def _overview(method: str, path: str, last: str) -> Any:
    """Of routes that show many tasks at once, or none; None: it is of another route."""
    at = {"asOf": AT}
    page = {"cursor": None}
    answers = {
        "failures": {"items": [_failure()] * 2, **page},
        "types": {"types": [_type()]},
        "whoami": {
            **dict.fromkeys(("mayWrite", "mayReveal")),
            "user": TEXT,
            "tenants": [TEXT],
            "features": [TEXT],
            "version": TEXT,
            "stack": {"name": TEXT},
            "dollarsPerReadUnit": 1e-7,
        },
        "tenants": {"tenants": [TEXT]},
        "tree": {"root": _task("TASK"), "nodes": [_task("TASK")] * 2, **page},
        "batches": {"batches": [{"index": 0, "first": 0, "last": 1, "status": "OPEN"}], **page},
        "statistics": {"types": [{"type": TEXT, "counts": {"FAILED": 1, TEXT: 2}}], **at},
        "history": {"buckets": [{"start": AT, "type": TEXT}]},
        "errors": {"groups": [_group()] * 2, **page},
        "queues": {
            "queues": [{"name": TEXT, "depth": 1, "inFlight": 1}],
            "deadLetters": [
                {"name": TEXT, "depth": 1, "id": TEXT, "advice": TEXT},
                {"name": "", "depth": 1, "redrive": _redrive()},
            ],
            "parkedChanges": 1,
            **at,
        },
        "redrive": _redrive(),
        "fires": {"fires": [{"at": AT, "task": _task("TASK")}], "next": [AT]},
        "fire": _task("TASK"),
        "backfill": {"name": TEXT, "count": 2, "submitted": 1, "first": AT, "last": AT},
    }
    if "/limits" in path:
        return {"items": [_limit()] * 2, **page} if last == "limits" else _limit()
    if last in ("pauses", "pause", "resume") and "/schedules/" not in path:
        paused = {"type": TEXT, "paused": True, "waiting": 2, "by": TEXT, "at": AT}
        return {"items": [paused] * 2} if last == "pauses" else paused
    if last == "bulk":
        return {"items": [_task("TASK")] * 2, **page} if method == "GET" else _task("TASK")
    return _group() if "/errors/" in path else answers.get(last)


def _redrive() -> dict[str, Any]:
    return {"status": "RUNNING", "moved": 1, "toMove": 2, "reason": TEXT}


def _limit() -> dict[str, Any]:
    text = dict.fromkeys(("name", "key", "setBy"), TEXT)
    return {**text, "kind": "concurrency", "scope": "tenant", "limit": 1, "held": 1, "setAt": AT}


def _failure() -> dict[str, Any]:
    text = dict.fromkeys(("type", "code", "name", "fingerprint", "errorText"), TEXT)
    return {"pk": "TASK#mbc", "sk": "x#1", "updatedAt": AT, **text}


def _type() -> dict[str, Any]:
    text = {"type": TEXT, "description": TEXT, "pool": TEXT}
    schema = {"type": "object", "title": TEXT, "properties": {TEXT: {"type": TEXT}}}
    numbers = {"maxAttempts": 3, "timeoutSeconds": 9, "inputRequired": True}
    return {**text, **numbers, "inputSchema": schema, "secretFields": [TEXT]}


def _group() -> dict[str, Any]:
    text = dict.fromkeys(("fingerprint", "errorType", "message", "lastKey"), TEXT)
    numbers = {"count": 1, "open": 1, "hours": [0] * 24, "firstAt": AT, "lastAt": AT}
    return {**text, **numbers, "types": [TEXT], "sample": ERROR}


def _task(kind: str, index: int | None = None) -> dict[str, Any]:
    return {
        "pk": f"{kind}#mbc",
        "sk": "x#1" if index is None else f"x#1#{index}",
        "kind": kind if index is None else "SUBTASK",
        "tenantCode": "mbc",
        "type": TEXT,
        "code": TEXT,
        "index": index,
        "name": TEXT,
        "status": "FAILED",
        "input": {TEXT: TEXT},
        "attributes": {
            "error": ERROR,
            "progress": {"done": 1, "total": 2, "message": TEXT},
            "callbacksRefused": {"task": TEXT, "count": 1, "types": [TEXT], "reason": TEXT},
            "result": TEXT,
            TEXT: TEXT,
        },
        "parent": TEXT,
        "createdBy": TEXT,
        "childCount": 3,
        "createdAt": AT,
        "finishedAt": AT,
        "logIds": {"order": TEXT},
        "history": [{"status": "FAILED", "at": AT, "attempt": 1}],
    }


def _schedule() -> dict[str, Any]:
    text = dict.fromkeys(
        ("name", "taskType", "expression", "timezone", "taskName", "priority", "notify"), TEXT
    )
    return {
        **text,
        "tenantCode": "mbc",
        "paused": False,
        "nextFireAt": AT,
        "input": [TEXT],
        "onSuccess": [TEXT],
    }


def _mapping() -> dict[str, Any]:
    return {
        **dict.fromkeys(("id", "taskType", "callbackType", "warning"), TEXT),
        "tenantCode": "mbc",
        "event": "success",
        "createdAt": AT,
    }
