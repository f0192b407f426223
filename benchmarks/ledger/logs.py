"""Logs and traces: what CloudWatch Logs and X-Ray bill beside the work.

Our own log lines are counted as the handlers write them. Lines that AWS writes, and how many traces
it takes, are computed by the rules stated here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from benchmarks.ledger.usage import GATEWAY, Usage, What

if TYPE_CHECKING:
    from benchmarks.ledger.cloud import LedgerCloud

# Python keeps one logger for a name, with the stream that it was first given: so the ledger's lines
# have a name of their own, as long as the functions' ("taskmill"), and one stream.
SERVICE = "ledgered"

TRACE_ID = "1-5759e988-bd862e3fe1be46a994272793"
_TRACE = {
    "spanId": "54565fb41ac79632",
    "type": "X-Amzn-Trace-Id",
    "value": f"Root={TRACE_ID};Parent=7d710ba5ee5be5a3;Sampled=0;Lineage=1:a87bd80c:0",
}
_TIME, _REQUEST = "2026-11-26T20:00:00.123Z", "6d68ca91-49c9-448d-89b8-7ca3e6dc66aa"
# What Lambda writes for every invocation at the system log level INFO, the default (Lambda guide,
# "System log level event mapping"), in the form of the Telemetry API's reference.
PLATFORM_LINES = (
    {
        "time": _TIME,
        "type": "platform.start",
        "record": {"requestId": _REQUEST, "version": "$LATEST", "tracing": _TRACE},
    },
    {
        "time": _TIME,
        "type": "platform.report",
        "record": {
            "requestId": _REQUEST,
            "metrics": {
                "durationMs": 101.51,
                "billedDurationMs": 102,
                "memorySizeMB": 512,
                "maxMemoryUsedMB": 127,
            },
            "tracing": _TRACE,
            "status": "success",
        },
    },
)
# The line of an API's access log: the fields that the API's construct asks for, with values as API
# Gateway fills them in; a test compares.
ACCESS_LINE: Mapping[str, tuple[str, str]] = {
    "requestId": ("$context.requestId", "JKJaXmPLvHcESHA="),
    "time": ("$context.requestTime", "26/Nov/2026:20:00:00 +0000"),
    "ip": ("$context.identity.sourceIp", "203.0.113.177"),
    "caller": ("$context.identity.userArn", "arn:aws:sts::123456789012:assumed-role/shop/session"),
    "route": ("$context.routeKey", "$default"),
    "path": ("$context.path", "/v1/tenants/acme/tasks"),
    "status": ("$context.status", "202"),
    "latency": ("$context.responseLatency", "37"),
    "error": ("$context.error.responseType", "-"),
}
# Lambda traces one request a second and 5 % of the others (Lambda guide, "Visualize Lambda function
# invocations using AWS X-Ray"). Under load the first share is as good as nothing; where nothing
# else happens, it is all.
SAMPLED_UNDER_LOAD, SAMPLED_ALONE = 0.05, 1.0


def with_logs(usage: Usage, *, sampled: float = SAMPLED_UNDER_LOAD) -> Usage:
    """The same usage, with the lines that AWS writes, and traces.

    Args:
        sampled: The share of invocations that is traced.
    """
    logged = usage.copy()
    platform = sum(len(json.dumps(line, separators=(",", ":"))) for line in PLATFORM_LINES)
    calls = usage.total(What.FUNCTION_CALLS)
    logged.add(What.LOG_BYTES, "Lambda", "start and report", calls * platform)
    access = len(json.dumps({name: value for name, (_, value) in ACCESS_LINE.items()}))
    requests = usage.total(What.API_REQUESTS)
    logged.add(What.LOG_BYTES, GATEWAY, "access log", requests * access)
    logged.add(What.TRACES, "Lambda", "trace", calls * sampled)
    return logged


class LogStream:
    """Enters each log line of the cloud in use under the function that writes it.

    In a function, Powertools adds the id of the trace, which there is none of in process.
    """

    def __init__(self) -> None:
        self.cloud: LedgerCloud | None = None

    def write(self, text: str) -> int:
        if self.cloud is not None and text.strip():
            added = len(f',"xray_trace_id":"{TRACE_ID}"')
            with self.cloud.ledger.lock:
                self.cloud.ledger.enter("own lines", What.LOG_BYTES, len(text.encode()) + added)
        return len(text)

    def flush(self) -> None:
        """Nothing is kept."""


STREAM = LogStream()
