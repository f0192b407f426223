"""Messages that nobody could work off: the last resort, so that no task stays open for ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.wiring.cold_start import Start

_START = Start(lambda wiring: wiring.tasks)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """One delivery of the dead letters."""
    wiring = _START()
    failures = wiring.dead_letter_handler.handle(event["Records"])
    wiring.logger.info("dead letters", records=len(event["Records"]), kept=len(failures))
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failures]}
