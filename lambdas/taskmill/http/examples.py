"""Example bodies of requests, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

# Plain dictionaries: creating Powertools' models of them would make every cold start longer.
Examples = dict[str, Any]

TASK_EXAMPLES: Examples = {
    "one": {
        "summary": "One task",
        "value": {
            "taskType": "data-export",
            "input": {"state": "OR", "format": "csv"},
            "idempotencyKey": "export-17",
        },
    },
    "later": {
        "summary": "One task that starts in an hour",
        "value": {"taskType": "data-export", "input": {"state": "WA"}, "delaySeconds": 3600},
    },
    "at": {
        "summary": "One task with a start time, a priority, callbacks and log ids",
        "value": {
            "taskType": "data-export",
            "input": {"state": "CA"},
            "runAt": "2026-01-05T06:00:00-08:00",
            "priority": "high",
            "onSuccess": "mail-report",
            "onFailure": ["page-somebody", "open-ticket"],
            "logIds": {"order": "4711"},
        },
    },
    "many": {
        "summary": "Several tasks",
        "value": {
            "tasks": [
                {"taskType": "data-export", "input": {"state": "OR"}},
                {"taskType": "data-export", "input": {"state": "WA"}},
            ]
        },
    },
}
FAN_OUT_EXAMPLES: Examples = {
    "elements": {
        "summary": "A subtask for each element",
        "value": {
            "taskType": "airport-import",
            "input": [{"iata": "PDX"}, {"iata": "SEA"}],
            "toleratedFailures": "5%",
            "onCompletion": "airport-summary",
        },
    },
    "uploaded": {
        "summary": "A subtask for each line of an upload",
        "value": {
            "taskType": "airport-import",
            "inputRef": "inputs/mbc/_uploads/01JZ9GQ3M4T5V6W7X8Y9Z0ABCD.jsonl",
            "maxConcurrency": 20,
        },
    },
}
STATUS_EXAMPLES: Examples = {
    "progress": {
        "summary": "In progress",
        "value": {"status": "PROCESSING", "attributes": {"progress": {"done": 3, "total": 10}}},
    },
    "completed": {
        "summary": "Done",
        "value": {"status": "COMPLETED", "attributes": {"result": {"rows": 3364}}},
    },
    "failed": {
        "summary": "Failed",
        "value": {
            "status": "FAILED",
            "attributes": {"error": {"type": "DiskFull", "message": "no space left"}},
        },
    },
}
SCHEDULE_EXAMPLES: Examples = {
    "cron": {
        "summary": "At 6:00 from Monday to Friday, Berlin time",
        "value": {
            "taskType": "data-export",
            "expression": "cron(0 6 ? * MON-FRI *)",
            "timezone": "Europe/Berlin",
            "input": {"state": "OR"},
        },
    },
    "rate": {
        "summary": "Every five minutes; paused for now",
        "value": {"taskType": "poll-feeds", "expression": "rate(5 minutes)", "paused": True},
    },
}
CALLBACK_EXAMPLES: Examples = {
    "success": {
        "summary": "As data-export~success~mail-report: a mail whenever an export completes",
        "value": {"event": "success", "callbackType": "mail-report"},
    },
}
BULK_EXAMPLES: Examples = {
    "count": {
        "summary": "Count what failed of one type",
        "value": {"action": "retry", "filter": {"type": "invoice"}, "dryRun": True},
    },
    "group": {
        "summary": "Retry all that failed with one error",
        "value": {
            "action": "retry",
            "filter": {"fingerprint": "0f3a9b5c7d21"},
            "reason": "fixed in deploy 7",
            "expected": 2000,
        },
    },
    "cancel": {
        "summary": "Cancel what waits since a time",
        "value": {
            "action": "cancel",
            "filter": {"status": ["SCHEDULED"], "createdAfter": "2026-01-05T06:00:00-08:00"},
        },
    },
}
