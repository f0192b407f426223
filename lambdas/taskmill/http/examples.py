"""Bodies that show how requests look."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.openapi.models import Example

TASK_EXAMPLES = {
    "one": Example(
        summary="One task",
        value={
            "taskType": "data-export",
            "input": {"state": "OR", "format": "csv"},
            "idempotencyKey": "export-17",
        },
    ),
    "later": Example(
        summary="One task that starts in an hour",
        value={"taskType": "data-export", "input": {"state": "WA"}, "delaySeconds": 3600},
    ),
    "many": Example(
        summary="Several tasks",
        value={
            "tasks": [
                {"taskType": "data-export", "input": {"state": "OR"}},
                {"taskType": "data-export", "input": {"state": "WA"}},
            ]
        },
    ),
}
FAN_OUT_EXAMPLES = {
    "elements": Example(
        summary="A subtask for each element",
        value={
            "taskType": "airport-import",
            "input": [{"iata": "PDX"}, {"iata": "SEA"}],
            "toleratedFailures": "5%",
        },
    ),
    "uploaded": Example(
        summary="A subtask for each line of an upload",
        value={
            "taskType": "airport-import",
            "inputRef": "inputs/mbc/_uploads/01JZ9GQ3M4T5V6W7X8Y9Z0ABCD.jsonl",
            "maxConcurrency": 20,
        },
    ),
}
STATUS_EXAMPLES = {
    "progress": Example(
        summary="Under way",
        value={"status": "PROCESSING", "attributes": {"progress": {"done": 3, "total": 10}}},
    ),
    "completed": Example(
        summary="Done", value={"status": "COMPLETED", "attributes": {"result": {"rows": 3364}}}
    ),
    "failed": Example(
        summary="Failed",
        value={
            "status": "FAILED",
            "attributes": {"error": {"type": "DiskFull", "message": "no space left"}},
        },
    ),
}
