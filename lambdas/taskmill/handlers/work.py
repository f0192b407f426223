"""Handler of the work queues: runs the tasks that SQS messages name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.wiring.cold_start import Start
from taskmill.wiring.wiring import Wiring

_START = Start(lambda wiring: wiring.worker, Wiring.load_tasks)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Run the tasks of one batch of messages; report the messages that SQS must deliver again."""
    wiring = _START()
    failures = wiring.worker.handle(event["Records"], context.get_remaining_time_in_millis)
    wiring.logger.info("worked", records=len(event["Records"]), handed_back=len(failures))
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failures]}
