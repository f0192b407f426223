"""The stream as the dispatcher's event source filters it: what does not match invokes nothing."""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any


def _filter(*, old: object = None, **new: Any) -> Mapping[str, Any]:
    """An event pattern of string attributes in the new image, and a rule for the old status."""
    images = {"NewImage": {name: {"S": rules} for name, rules in new.items()}}
    return {"dynamodb": images | ({"OldImage": {"status": {"S": [old]}}} if old else {})}


def _but(*statuses: str) -> Mapping[str, Any]:
    return {"anything-but": [*statuses]}


TASKS = ["TASK", "SFN_TASK"]
NOTIFIED = ["each", "progress"]
SENT = ["QUEUED", "SCHEDULED"]
# As the dispatcher's construct has them; a test compares.
FILTERS: Sequence[Mapping[str, Any]] = (
    _filter(row=TASKS, status=[_but(*SENT, "STARTED")]),
    _filter(row=TASKS, notify=NOTIFIED, status=[*SENT, "STARTED"], old={"exists": True}),
    _filter(row=["SUBTASK"], notify=["each"], status=[_but("CREATED")]),
    _filter(row=["BATCH"], tell=[{"exists": True}]),
    _filter(row=["SCHEDULE", "LIMIT"]),
)


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event has, at every place that a pattern names, what one of its rules wants.

    As far as our filters use Lambda's rules, and by these each place that is named must be there.
    """
    for name, wanted in pattern.items():
        if name not in event:
            return False
        found = event[name]
        if isinstance(wanted, Mapping):
            if not isinstance(found, Mapping) or not matches(wanted, found):
                return False
        elif not any(_satisfies(found, rule) for rule in wanted):
            return False
    return True


def _satisfies(value: Any, rule: Any) -> bool:
    if not isinstance(rule, Mapping):
        return bool(value == rule)
    (name, operand), *others = rule.items()
    if others or name not in {"anything-but", "exists"}:
        raise NotImplementedError(f"the filter rule {rule}")
    return operand is True if name == "exists" else value not in operand


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
