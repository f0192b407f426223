"""Messages of the work queues: run the tasks they name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.wiring.cold_start import Start
from taskmill.wiring.wiring import Wiring

_START = Start(lambda wiring: wiring.worker, Wiring.load_tasks)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """One delivery of a queue; reports record by record what must be delivered again."""
    wiring = _START()
    failures = wiring.worker.handle(event["Records"], context.get_remaining_time_in_millis)
    wiring.logger.info("worked", records=len(event["Records"]), handed_back=len(failures))
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failures]}
