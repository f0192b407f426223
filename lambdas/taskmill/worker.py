"""Drains deliveries of the work queue and decides what comes again, and when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.errors import ClaimLost, TaskNotFound
from taskmill.events import TaskQueueEvent
from taskmill.queue import Queue
from taskmill.runner import Runner

MAX_HIDDEN_SECONDS = 43_200  # SQS hides a message for 12 hours at most
FIRST_PAUSE_SECONDS = 5  # after trouble that is not the task's, doubled with every receive


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Runs records one after the other; hands back what it has no time for."""

    runner: Runner
    queue: Queue
    logger: Any

    def handle(
        self, records: Sequence[Mapping[str, Any]], remaining_ms: Callable[[], int]
    ) -> list[str]:
        """Work through one delivery.

        Returns:
            Ids of the messages that must be delivered again.
        """
        hidden: dict[str, int] = {}  # message id -> seconds until its next delivery
        for index, record in enumerate(records):
            seconds = self._run(record, remaining_ms, first=index == 0)
            if seconds is not None:
                hidden[record["messageId"]] = seconds
        if hidden:
            receipts = {
                record["receiptHandle"]: hidden[record["messageId"]]
                for record in records
                if record["messageId"] in hidden
            }
            self.queue.show_again(receipts)
        return list(hidden)

    def _run(
        self, record: Mapping[str, Any], remaining_ms: Callable[[], int], *, first: bool
    ) -> int | None:
        """Run one record; None when its message is done with, else seconds until the next try."""
        try:
            key = TaskQueueEvent.from_sqs_record(record).key
            if not first and not self.runner.fits(key, remaining_ms()):
                return 0
            self.runner.run(key, remaining_ms=remaining_ms)
        except ClaimLost as lost:
            self.logger.info("not claimed", reason=str(lost))
            return _seconds(lost.again_in_ms)
        except TaskNotFound as missing:
            self.logger.warning("no such task", reason=str(missing))
        except Exception:  # AWS trouble or a malformed message: deliver again
            self.logger.exception("record failed", message_id=record["messageId"])
            return _pause(record)
        return None


def _seconds(milliseconds: int | None) -> int | None:
    if milliseconds is None:
        return None
    return min(-(-milliseconds // 1000), MAX_HIDDEN_SECONDS)


def _pause(record: Mapping[str, Any]) -> int:
    receives = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
    return int(min(FIRST_PAUSE_SECONDS * 2.0 ** (receives - 1), 900))
