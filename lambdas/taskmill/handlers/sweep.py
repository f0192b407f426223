"""Handler of the scheduled sweep: gets stuck tasks going again."""

from __future__ import annotations

from typing import Any

from taskmill.wiring.cold_start import Start

_START = Start(lambda wiring: wiring.sweeper)


def handler(_event: object, context: Any) -> dict[str, Any]:
    """Sweep until the table ends or this invocation must; the next one continues there."""
    wiring = _START()
    sweep = wiring.sweeper.resume(remaining_ms=context.get_remaining_time_in_millis)
    told = {"open": sweep.open_tasks, "errors": sweep.errors, "complete": not sweep.left}
    wiring.logger.info("sweep", **told, done=dict(sweep.done))
    if sweep.errors:
        raise SweepIncomplete(f"{sweep.errors} rows could not be swept; the log has each")
    return {**told, "done": dict(sweep.done)}


class SweepIncomplete(RuntimeError):
    """Some rows could not be read or repaired. Raised after the sweep, for the function's alarm."""
