"""Handler of the table's stream that keeps the statistics. It may be minutes behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from taskmill.model.statistics.marks import NO_SHARD
from taskmill.wiring.cold_start import Start

_START = Start(lambda wiring: wiring.tally, services=("dynamodb",))


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Count one delivery of a shard; it comes again, perhaps with more, if this fails.

    The window of the event source is there for the shard's name, which only such events have.
    """
    wiring = _START()
    records = event.get("Records", [])
    rows = wiring.tally.handle(records, str(event.get("shardId") or NO_SHARD))
    wiring.logger.info("counted", records=len(records), rows=rows)
    return {"state": {}}
