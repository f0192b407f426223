"""Submits callbacks: tasks that run because another task has ended."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from taskmill.aws.dynamodb.callback_mappings import MappingStore
from taskmill.aws.dynamodb.repeats import BATCH_STATEMENTS
from taskmill.aws.s3.inputs import with_input
from taskmill.aws.s3.payloads import PayloadStore
from taskmill.aws.starts import Starts
from taskmill.dispatch.callback_rows import callback_rows, snapshot, submitted_at, targets_of
from taskmill.dispatch.emitters.callback_refusals import CallbackRefusals
from taskmill.dispatch.emitters.stream_delivery import Caused, StreamDelivery
from taskmill.dispatch.reactions import RunCallbacks
from taskmill.model.callback_budget import DEFAULT_BUDGET
from taskmill.model.chunks import chunked
from taskmill.model.clock import Clock, now_ms
from taskmill.model.errors import InvalidRequest, LimitExceeded
from taskmill.model.keys import TaskKey
from taskmill.model.redaction import RedactedNames
from taskmill.model.rows.task_row import TaskRow

if TYPE_CHECKING:
    from taskmill.functions.registry import Registry


@dataclass(frozen=True, kw_only=True)
class CallbackEmitter:
    """Submits the callbacks of tasks that have ended, each once per run of the task.

    Attributes:
        registry: Returns the registry of the user's task types; called only when there is a
            callback to submit, as it imports the task modules.
        refusals: Tells people about callbacks that are not submitted.
        budget: How many callbacks one submitted task may cause in all.
        redacted: What is masked in the snapshot that they get.
    """

    starts: Starts
    mappings: MappingStore
    payloads: PayloadStore
    registry: Callable[[], Registry]
    refusals: CallbackRefusals
    budget: int = DEFAULT_BUDGET
    redacted: RedactedNames = field(default_factory=RedactedNames)
    clock: Clock = now_ms

    def emit(self, delivery: StreamDelivery) -> None:
        wanted: dict[TaskKey, Caused] = {}
        for each in delivery.of(RunCallbacks):
            with delivery.parking([each.record]):
                rows = self._callbacks(each.reaction.row)
                wanted |= {row.key: Caused(each.record, row) for row in rows}
        for chunk in chunked(list(wanted.values()), BATCH_STATEMENTS):
            delivery.together(chunk, self._put)

    def _put(self, caused: Sequence[Caused]) -> None:
        self.starts.put_many([each.reaction for each in caused])

    def _callbacks(self, source: TaskRow) -> list[TaskRow]:
        """The rows of a task's callbacks: of those that are refused, an alarm tells instead."""
        key = source.key
        mappings = self.mappings.as_of(key.tenant, key.type, submitted_at(source))
        if not (targets := targets_of(source, mappings)):
            return []
        targets = self._with_known_pools(source, targets)
        try:
            rows = self._rows(source, targets)
        except (InvalidRequest, LimitExceeded) as refused:  # a retry would be refused again
            self.refusals.tell(source, targets, refused)
            return []
        return rows

    def _with_known_pools(self, source: TaskRow, targets: tuple[str, ...]) -> tuple[str, ...]:
        """Those types that can run; an alarm tells of the others."""
        runnable = []
        for target in targets:
            try:
                self.registry().settings_of_new(target)
            except InvalidRequest as refused:  # no such pool, or a type of taskmill's own
                self.refusals.tell(source, [target], refused)
            else:
                runnable.append(target)
        return tuple(runnable)

    def _rows(self, source: TaskRow, targets: tuple[str, ...]) -> list[TaskRow]:
        rows = callback_rows(
            source,
            targets,
            settings=self.registry().settings_of_new,
            now=self.clock(),
            per_root=self.budget,
        )
        if len(rows) < len(targets):
            self.refusals.tell_spent(source, targets[len(rows) :], budget=self.budget)
        if not rows:
            return []
        shown = self.redacted.masked_parts(snapshot(source), ("input", "attributes"))
        first = with_input(self.payloads, rows[0], {"task": shown})
        text, ref = first.input, first.input_ref  # all callbacks get the same input
        rows = [dataclasses.replace(row, input=text, input_ref=ref) for row in rows]
        return [row for each in rows if (row := self._limited(source, each, {"task": shown}))]

    def _limited(self, source: TaskRow, row: TaskRow, value: Any) -> TaskRow | None:
        """The row with the limits of its type; None: they cannot be told, as an alarm says."""
        try:
            return self.registry().limited(row, value)
        except InvalidRequest as refused:
            self.refusals.tell(source, [row.key.type], refused)
            return None
