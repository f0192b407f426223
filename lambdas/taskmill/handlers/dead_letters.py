"""Handler of the dead-letter queue: fails tasks whose messages were received too often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.wiring.cold_start import Start

_START = Start(lambda wiring: wiring.tasks)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Handle one batch of dead letters; report those that must stay on the queue."""
    wiring = _START()
    failures = wiring.dead_letter_handler.handle(event["Records"])
    wiring.logger.info("dead letters", records=len(event["Records"]), kept=len(failures))
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failures]}
