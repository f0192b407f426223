"""EventBridge Scheduler in memory: one-time and recurring schedules, in virtual time."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from taskmill.aws.scheduler import FIRE_TIME
from taskmill.model.clock import Clock, to_ms
from taskmill.model.recurrence.timetable import as_text, check_expression, check_timezone, next_fire
from taskmill.testing.client_errors import client_error

_NAME = re.compile(r"[0-9A-Za-z_.-]{1,64}")
_EARLIEST_START_MS = -300_000  # AWS accepts no start date longer ago than this


@dataclass
class Schedules:
    """One schedule group; all targets are work queues.

    Attributes:
        send: Sends a message: ARN of the queue, body, and when it becomes visible, in epoch ms.
        clock: The virtual time, in epoch ms.
        names: Names of one-time schedules, including those that have fired.
        recurring: The create or update request of each recurring schedule, by name, with the
            time of the request as `since`.
    """

    send: Callable[[str, str, int], None]
    clock: Clock
    names: set[str] = field(default_factory=set)
    recurring: dict[str, dict[str, Any]] = field(default_factory=dict)

    def create_schedule(self, **request: Any) -> dict[str, Any]:
        name = request["Name"]
        if name in self.names or name in self.recurring:
            raise client_error("ConflictException")
        if not _NAME.fullmatch(name):
            raise client_error("ValidationException")
        expression = request["ScheduleExpression"]
        if not expression.startswith("at("):
            return self._store(request)
        self.names.add(name)
        moment = datetime.fromisoformat(expression[3:-1]).replace(tzinfo=UTC)
        self.send(request["Target"]["Arn"], request["Target"]["Input"], to_ms(moment))
        return {}

    def update_schedule(self, **request: Any) -> dict[str, Any]:
        if request["Name"] not in self.recurring:
            raise client_error("ResourceNotFoundException")
        return self._store(request)

    def delete_schedule(self, *, Name: str, GroupName: str) -> dict[str, Any]:
        if Name not in self.recurring:
            raise client_error("ResourceNotFoundException")
        del self.recurring[Name]
        return {}

    def next_due(self, *, after: int) -> int | None:
        """When a recurring schedule fires next, later than `after`, in epoch ms; None for never."""
        times = (_next(entry, after) for entry in self.recurring.values())
        return min((time for time in times if time is not None), default=None)

    def fire(self, moment: int, *, times: int = 1) -> None:
        """Send the messages due at exactly this time (epoch ms).

        Args:
            times: How often to send each; AWS guarantees at least once.
        """
        for entry in self.recurring.values():
            if _next(entry, moment - 1) == moment:
                body = entry["Target"]["Input"].replace(FIRE_TIME, as_text(moment))
                for _ in range(times):
                    self.send(entry["Target"]["Arn"], body, self.clock())

    def _store(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Store a schedule if AWS would accept it."""
        check_expression(request["ScheduleExpression"])
        check_timezone(request["ScheduleExpressionTimezone"])
        start = _start(request)
        if start is not None and start < self.clock() + _EARLIEST_START_MS:
            raise client_error("ValidationException")
        self.recurring[request["Name"]] = {**request, "since": self.clock()}
        return {}


def _next(entry: Mapping[str, Any], after: int) -> int | None:
    """When a schedule fires next; a rate first fires at its start date, or without one at once."""
    if entry["State"] != "ENABLED":
        return None
    expression, timezone = entry["ScheduleExpression"], entry["ScheduleExpressionTimezone"]
    since: int = entry["since"]
    start = _start(entry)
    begin = since if start is None else start
    if expression.startswith("rate") and after < begin:
        return begin
    return next_fire(expression, timezone, after=max(after, since), anchor=begin)


def _start(entry: Mapping[str, Any]) -> int | None:
    start = entry.get("StartDate")
    return None if start is None else to_ms(start)
