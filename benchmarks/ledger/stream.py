"""The stream as the dispatcher's event source filters it: what does not match invokes nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

# As the dispatcher's construct has them; a test compares.
FILTERS: Sequence[Mapping[str, Any]] = (
    {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"NewImage": {"row": {"S": ["TASK", "SFN_TASK"]}}},
    },
    {
        "eventName": ["MODIFY"],
        "dynamodb": {"NewImage": {"row": {"S": ["SUBTASK"]}, "notify": {"S": ["each"]}}},
    },
    {
        "eventName": ["INSERT"],
        "dynamodb": {
            "NewImage": {
                "row": {"S": ["SUBTASK"]},
                "notify": {"S": ["each"]},
                "status": {"S": ["FAILED"]},
            }
        },
    },
    {
        "eventName": ["MODIFY"],
        "dynamodb": {
            "NewImage": {"row": {"S": ["BATCH"]}, "status": {"S": ["COMPLETED"]}},
            "OldImage": {"status": {"S": ["STARTED"]}},
        },
    },
    {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"NewImage": {"row": {"S": ["SCHEDULE"]}}},
    },
)


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event has, at every place that a pattern names, one of the values there."""
    for name, wanted in pattern.items():
        found = event.get(name)
        if isinstance(wanted, Mapping):
            if not isinstance(found, Mapping) or not matches(wanted, found):
                return False
        elif found not in wanted:
            return False
    return True


class FilteredStream:
    """Takes the place of the driver's stream."""

    def __init__(self, source: Sequence[dict[str, Any]]) -> None:
        self._source = source
        self._read_up_to = 0
        self._waiting: deque[dict[str, Any]] = deque()

    def pending(self) -> bool:
        self._read()
        return bool(self._waiting)

    def take(self, count: int) -> list[dict[str, Any]]:
        self._read()
        return [self._waiting.popleft() for _ in range(min(count, len(self._waiting)))]

    def _read(self) -> None:
        for record in self._source[self._read_up_to :]:
            if any(matches(pattern, record) for pattern in FILTERS):
                self._waiting.append(record)
        self._read_up_to = len(self._source)
