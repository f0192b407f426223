"""The log lines of the demo, kept in memory and found by task."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

KEPT = 20_000  # lines


class ShopLogs:
    """A stream for the runtime's logger.

    Args:
        clock: The time of the demo's cloud, in epoch ms: the lines themselves have the real one.
    """

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._lines: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def write(self, text: str) -> int:
        for line in text.splitlines():
            try:
                fields = json.loads(line)
            except ValueError:
                continue
            if isinstance(fields, dict) and "key" in fields:
                at = datetime.fromtimestamp(self._clock() / 1000, UTC).isoformat()
                self._lines.append({**fields, "timestamp": at, "at": at})
        return len(text)

    def flush(self) -> None:
        """Lines are kept at once."""

    def read(self, key: str) -> list[dict[str, Any]]:
        """The lines of a task (`pk/sk`) and of its subtasks, oldest first."""
        return [
            line
            for line in list(self._lines)
            if line["key"] == key or str(line["key"]).startswith(f"{key}#")
        ]
