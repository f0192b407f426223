"""Handles one message of a work queue, for the Lambda worker and the consumer alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from taskmill.aws.sqs.protocol import MAX_HIDDEN_SECONDS, Delivery
from taskmill.functions.events import task_in_body
from taskmill.model.errors import ClaimLost, TaskNotFound, UnreadableMessage
from taskmill.model.keys import TaskKey
from taskmill.work.fires import Fire, Fires
from taskmill.work.leases import Lease
from taskmill.work.task_runner import TaskRunner
from taskmill.work.unreadable import Unreadable

FIRST_PAUSE_SECONDS = 5  # after an error outside the task; doubled with every receive, up to 15 min


@dataclass(frozen=True, kw_only=True)
class MessageRunner:
    """Runs the task that a message names, or submits the task of a schedule that is due."""

    runner: TaskRunner
    fires: Fires
    unreadable: Unreadable
    logger: Any

    def run(
        self,
        delivery: Delivery,
        *,
        remaining_ms: Callable[[], int],
        lease_ms: int | None = None,
        claimed: Callable[[Lease], None] = lambda _: None,
        returned: Callable[[], None] = lambda: None,
        lease: Lease | None = None,
    ) -> int | None:
        """Handle one message. The keyword arguments are those of `TaskRunner.run`.

        Returns:
            None: delete the message. Else: deliver it again after this many seconds.
        """
        try:
            if (fire := Fire.in_body(delivery.body)) is not None:
                self.fires.submit(fire)
                return None
            key = task_in_body(delivery.body)
            self.runner.run(
                key,
                remaining_ms=remaining_ms,
                lease_ms=lease_ms,
                claimed=claimed,
                returned=returned,
                lease=lease,
            )
        except ClaimLost as lost:
            self.logger.info("not claimed", reason=str(lost))
            return _seconds(lost.again_in_ms)
        except TaskNotFound as missing:
            self.logger.warning("no such task", reason=str(missing))
        except UnreadableMessage as unreadable:
            return self._set_aside(delivery, unreadable)
        except Exception:  # AWS trouble: deliver again
            self.logger.exception("message failed", message_id=delivery.id)
            return _pause(delivery.receives)
        return None

    def _set_aside(self, delivery: Delivery, reason: UnreadableMessage) -> int | None:
        """Put a malformed message where people look at it. Returns as `run` does."""
        try:
            taken = self.unreadable.take(delivery, reason)
        except Exception:  # any error of the network or of AWS
            self.logger.exception("message failed", message_id=delivery.id)
            taken = False
        return None if taken else _pause(delivery.receives)

    def fits(self, delivery: Delivery, remaining_ms: int) -> bool:
        """Whether the task could use its whole timeout if it started now; True without a task."""
        key = task_of(delivery)
        return key is None or self.runner.fits(key, remaining_ms)

    def is_async(self, delivery: Delivery) -> bool:
        """Whether the message's task is async, and so can run at the same time as others."""
        key = task_of(delivery)
        return key is not None and self.runner.attempt.registry.is_async(key.type)


def task_of(delivery: Delivery) -> TaskKey | None:
    """The task that a message names; None: it is a schedule's fire, or malformed."""
    try:
        return None if Fire.in_body(delivery.body) else task_in_body(delivery.body)
    except UnreadableMessage:
        return None


def _seconds(milliseconds: int | None) -> int | None:
    if milliseconds is None:
        return None
    return min(-(-milliseconds // 1000), MAX_HIDDEN_SECONDS)


def _pause(receives: int) -> int:
    return int(min(FIRST_PAUSE_SECONDS * 2.0 ** (receives - 1), 900))
