"""Submits callbacks: tasks that run because another task has ended."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taskmill.aws.dynamodb.callback_mappings import MappingStore
from taskmill.aws.dynamodb.repeats import BATCH_STATEMENTS
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.aws.s3.inputs import with_input
from taskmill.aws.s3.payloads import PayloadStore
from taskmill.aws.sns import Topic, alarm_notification
from taskmill.dispatch.callback_rows import callback_row, snapshot, submitted_at, targets_of
from taskmill.dispatch.emitters.stream_delivery import Caused, StreamDelivery
from taskmill.dispatch.reactions import RunCallbacks
from taskmill.model.chunks import chunked
from taskmill.model.clock import Clock, now_ms
from taskmill.model.error_details import describe_error
from taskmill.model.errors import InvalidRequest, LimitExceeded
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow

if TYPE_CHECKING:
    from taskmill.functions.registry import Registry


class AlarmRefused(RuntimeError):
    """The alarm topic refused an alarm."""


@dataclass(frozen=True, kw_only=True)
class CallbackEmitter:
    """Submits the callbacks of tasks that have ended, each once per run of the task.

    Attributes:
        registry: Returns the registry of the user's task types; called only when there is a
            callback to submit, as it imports the task modules.
    """

    tasks: TaskStore
    mappings: MappingStore
    payloads: PayloadStore
    registry: Callable[[], Registry]
    alarm_topic: Topic
    clock: Clock = now_ms

    def emit(self, delivery: StreamDelivery) -> None:
        wanted: dict[TaskKey, Caused] = {}
        for each in delivery.of(RunCallbacks):
            with delivery.parking([each.record]):
                rows = self._callbacks(each.reaction.row, delivery.logger)
                wanted |= {row.key: Caused(each.record, row) for row in rows}
        for chunk in chunked(list(wanted.values()), BATCH_STATEMENTS):
            delivery.together(chunk, self._put)

    def _put(self, caused: Sequence[Caused]) -> None:
        self.tasks.put_many([each.reaction for each in caused])

    def _callbacks(self, source: TaskRow, logger: Any) -> list[TaskRow]:
        """The rows of a task's callbacks. If they are invalid: an alarm, and no rows."""
        key = source.key
        mappings = self.mappings.as_of(key.tenant, key.type, submitted_at(source))
        if not (targets := targets_of(source, mappings)):
            return []
        try:
            return self._rows(source, targets)
        except (InvalidRequest, LimitExceeded) as refused:  # a retry would be refused again
            logger.error("callbacks refused", key=str(key), error=refused.message)  # noqa: TRY400
            self._alarm(source, refused)
            return []

    def _rows(self, source: TaskRow, targets: tuple[str, ...]) -> list[TaskRow]:
        registry, now = self.registry(), self.clock()
        first, *others = (
            callback_row(source, target, settings=registry.settings(target), now=now)
            for target in targets
        )
        first = with_input(self.payloads, first, {"task": snapshot(source)})
        text, ref = first.input, first.input_ref  # all callbacks get the same input
        return [first, *(dataclasses.replace(row, input=text, input_ref=ref) for row in others)]

    def _alarm(self, source: TaskRow, error: Exception) -> None:
        # An id of its own: the alarm that the task failed has the id without `#callbacks`.
        subject = dataclasses.replace(
            source, notify_id=f"{source.key.sk}@{source.version}#callbacks"
        )
        notification = alarm_notification(
            subject, table=self.tasks.table.name, error_details=describe_error(error)
        )
        if not all(self.alarm_topic.publish([notification])):
            raise AlarmRefused(f"no alarm about the callbacks of {source.key}")
