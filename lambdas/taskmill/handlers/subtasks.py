"""Handlers of the fan-out workflow, one for each Lambda step: split, batch, finish."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from taskmill.model.keys import TaskKey
from taskmill.wiring.cold_start import Start
from taskmill.wiring.wiring import Wiring

_SPLIT = Start(lambda wiring: wiring.splitter)
_BATCH = Start(lambda wiring: wiring.batch_runner, Wiring.load_tasks)
_FINISH = Start(lambda wiring: wiring.finisher)


def split(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Find where the batches begin in the input.

    `{pk, sk, execution}` → `{batches: [[first, last, offset, length], …], maxConcurrency}`; without
    offset and length for an input that is in the row.
    """
    wiring = _SPLIT()
    plan = wiring.splitter.split(
        TaskKey.of(event), execution=_execution_name(event.get("execution"))
    )
    wiring.logger.info("split", key=str(TaskKey.of(event)), batches=len(plan["batches"]))
    return plan


def batch(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Run the subtasks of one batch.

    `{pk, sk, range: [first, last, …], execution, retry}` → `{}`; a Map collects up to 5,000 of
    these. The range is one of those that split returned.
    """
    wiring = _BATCH()
    key, (first, last, *where) = TaskKey.of(event), event["range"]
    wiring.batch_runner.run(
        key,
        (first, last),
        where=(where[0], where[1]) if where else None,
        owner=event["execution"],
        retry=int(event["retry"]),
        remaining_ms=context.get_remaining_time_in_millis,
    )
    wiring.logger.info("batch", key=str(key), first=first, last=last)
    return {}


def finish(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """End the step function task.

    The event is `{pk, sk, execution, cause?}`, or an EventBridge event about an execution that
    failed, timed out or was aborted.
    """
    wiring = _FINISH()
    if event.get("source") == "aws.states":
        event = _finish_event(event["detail"])
    key = TaskKey.of(event)
    wiring.finisher.finish(
        key, execution=_execution_name(event.get("execution")), cause=event.get("cause")
    )
    wiring.logger.info("finish", key=str(key))
    return {}


def _finish_event(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The event of the finish step, from the `detail` of an EventBridge event."""
    cause = {"Error": f"Execution{detail['status'].title()}", "Cause": detail.get("cause") or ""}
    return {**json.loads(detail["input"]), "execution": detail["name"], "cause": cause}


def _execution_name(execution: str | None) -> str | None:
    """The name of an execution, given its name or its ARN."""
    return execution.rpartition(":")[2] if execution else None
