"""Handles one message of a work queue, for the Lambda worker and the consumer alike."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from taskmill.aws.sqs.protocol import MAX_HIDDEN_SECONDS, Delivery, is_hint
from taskmill.functions.events import task_in_body
from taskmill.model.errors import ClaimLost, UnreadableMessage
from taskmill.model.keys import TaskKey
from taskmill.work.fires import Fire, Fires
from taskmill.work.leases import Lease
from taskmill.work.missing_rows import MissingRows
from taskmill.work.task_runner import TaskRunner
from taskmill.work.unreadable import Unreadable

# After an error outside the task. How often a message was received says nothing about it: most
# receives are hand-backs.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5.0, 60.0


@dataclass(frozen=True, kw_only=True)
class MessageRunner:
    """Runs the task that a message names, or submits the task of a schedule that is due."""

    runner: TaskRunner
    fires: Fires
    missing: MissingRows
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
            run = partial(
                self.runner.run,
                key,
                remaining_ms=remaining_ms,
                lease_ms=lease_ms,
                claimed=claimed,
                returned=returned,
            )
            return self.missing.run(key, delivery, first=partial(run, lease=lease), again=run)
        except ClaimLost as lost:
            self.logger.info("not claimed", reason=str(lost))
            return None if is_hint(delivery.body) else _seconds(lost.again_in_ms)
        except UnreadableMessage as unreadable:
            return self._set_aside(delivery, unreadable)
        except Exception:  # AWS trouble: deliver again
            self.logger.exception("message failed", message_id=delivery.id)
            return self._pause()

    def _pause(self) -> int:
        """Seconds after which a message that met trouble comes again, spread by chance."""
        return round(random.uniform(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS))  # noqa: S311

    def _set_aside(self, delivery: Delivery, reason: UnreadableMessage) -> int | None:
        """Put a malformed message where people look at it. Returns as `run` does."""
        try:
            taken = self.unreadable.take(delivery, reason)
        except Exception:  # any error of the network or of AWS
            self.logger.exception("message failed", message_id=delivery.id)
            taken = False
        return None if taken else self._pause()


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
