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
from taskmill.work.triggers.messages import NothingAsked, Trigger
from taskmill.work.triggers.triggered import TriggeredTasks
from taskmill.work.unreadable import Unreadable

# After an error outside the task. How often a message was received says nothing about it: most
# receives are hand-backs.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5.0, 60.0


@dataclass(frozen=True, kw_only=True)
class MessageRunner:
    """Runs the task that a message names, that it asks for, or whose schedule is due."""

    runner: TaskRunner
    fires: Fires
    missing: MissingRows
    triggered: TriggeredTasks
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
        run = _Run(self.runner, remaining_ms, lease_ms, claimed, returned)
        try:
            match self._asked(delivery):
                case Trigger() as trigger:
                    self.triggered.run(trigger, delivery, run)
                case Fire() as fire:
                    self.fires.submit(fire)
                case TaskKey() as key:
                    first, again = partial(run.attempt, key, lease), partial(run.attempt, key)
                    return self.missing.run(key, delivery, first=first, again=again)
        except NothingAsked as test:
            self.logger.info("no task", reason=str(test))
        except ClaimLost as lost:
            self.logger.info("not claimed", reason=str(lost))
            return self._not_claimed(lost, delivery)
        except UnreadableMessage as unreadable:
            return self._set_aside(delivery, unreadable)
        except Exception:  # AWS trouble: deliver again
            self.logger.exception("message failed", message_id=delivery.id)
            return self._pause()
        return None

    def task_of(self, delivery: Delivery) -> tuple[TaskKey | None, bool]:
        """The task that a message names or asks for, and whether it asks for a new one.

        None: it is a fire, or malformed.
        """
        try:
            match self._asked(delivery):
                case TaskKey() as key:
                    return key, False
                case Trigger(key=key):
                    return key, True
        except (UnreadableMessage, NothingAsked):
            pass
        return None, False

    def _not_claimed(self, lost: ClaimLost, delivery: Delivery) -> int | None:
        """When a message comes again that did not get its task. Returns as `run` does.

        That of a task which was put off is replaced by another, if this process can send one.
        """
        if is_hint(delivery.body):
            return None
        if lost.put_off is not None and self.runner.starts.send_again(lost.put_off):
            return None
        return _seconds(lost.again_in_ms)

    def _asked(self, delivery: Delivery) -> Trigger | Fire | TaskKey:
        """What a message is about. A trigger's input may hold anything, so these come first.

        Raises:
            NothingAsked: It is a test of its sender's.
            UnreadableMessage: It is about nothing known.
        """
        trigger = self.triggered.reader.read(delivery)
        return trigger or Fire.in_body(delivery.body) or task_in_body(delivery.body)

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


@dataclass(frozen=True)
class _Run:
    """Runs attempts as the receiver of a message wants it; see `MessageRunner.run`."""

    runner: TaskRunner
    remaining_ms: Callable[[], int]
    lease_ms: int | None
    claimed: Callable[[Lease], None]
    returned: Callable[[], None]

    def lease(self, key: TaskKey) -> Lease:
        return self.runner.lease(key, remaining_ms=self.remaining_ms, lease_ms=self.lease_ms)

    def attempt(self, key: TaskKey, lease: Lease | None = None) -> None:
        self.runner.run(
            key,
            remaining_ms=self.remaining_ms,
            lease_ms=self.lease_ms,
            claimed=self.claimed,
            returned=self.returned,
            lease=lease,
        )


def _seconds(milliseconds: int | None) -> int | None:
    if milliseconds is None:
        return None
    return min(-(-milliseconds // 1000), MAX_HIDDEN_SECONDS)
