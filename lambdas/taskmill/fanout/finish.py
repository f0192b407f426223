"""The finish step of a fan-out: sums the batches and ends the parent, also after a failure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.batches import BatchStore
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.aws.dynamodb.tasks import TaskStore
from taskmill.model.batch_plan import batch_spans, tolerates
from taskmill.model.derived_codes import execution_name
from taskmill.model.error_details import describe_error, final_error
from taskmill.model.errors import IllegalStatusChange, TaskmillError
from taskmill.model.fan_out_bounds import expired_subtasks
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import COUNT_NAMES, COUNTED, Status
from taskmill.model.time_bounds import OutOfTime


class SubtasksFailed(TaskmillError):
    """More subtasks failed than the submitter tolerates."""

    code = "subtasks_failed"


class WorkflowFailed(TaskmillError):
    """The state machine failed: one of its functions, or the execution itself."""

    code = "workflow_failed"


@dataclass(frozen=True, kw_only=True)
class Finisher:
    """Ends a step function task. Idempotent."""

    tasks: TaskStore
    subtasks: SubtaskStore
    batches: BatchStore
    logger: Any

    def finish(
        self, key: TaskKey, *, execution: str | None = None, cause: Mapping[str, Any] | None = None
    ) -> None:
        """Store the outcome and the counts of a step function task.

        It becomes COMPLETED; with a `cause`, or more failed subtasks than tolerated, FAILED. One
        that was cancelled, or ended by a report from outside, stays as it is and only gets the
        counts; its open subtasks are cancelled.

        Args:
            execution: The name of the calling execution; that of an earlier run changes nothing.
            cause: `Error` and `Cause` from Step Functions, when the workflow failed.

        Raises:
            TaskNotFound: No task has this key.
        """
        parent = self.tasks.get(key)
        own = execution_name(key, parent.run, parent.created_at)
        if execution is not None and execution != own:
            self.logger.info("stale execution", key=str(key), execution=execution)
            return
        if parent.status in (Status.COMPLETED, Status.FAILED) and _is_counted(parent):
            return
        counts = self._counts(parent, cause)
        error = self._error(parent, counts, cause) or expired_subtasks(
            parent, counts, self.tasks.clock()
        )
        if parent.ended:  # cancelled, or ended by a report from outside
            self.tasks.amend(key, {"counts": counts})
            return
        attributes: dict[str, Any] = {"counts": counts}
        if error is not None:
            attributes["error"] = describe_error(error)
        status = Status.COMPLETED if error is None else Status.FAILED
        if isinstance(error, OutOfTime):
            status = error.ends_as
        try:
            self.tasks.move(key, status, attributes=attributes, run=parent.run)
        except IllegalStatusChange:  # cancelled meanwhile
            return
        self.logger.info("finished", key=str(key), status=str(status), counts=counts)

    def _counts(self, parent: TaskRow, cause: Mapping[str, Any] | None) -> dict[str, int]:
        """Exact counts. Subtasks of batches that did not close are ended here."""
        total = parent.child_count or 0
        closed = {
            batch.first: batch.counts
            for batch in self.batches.of(parent.key)
            if batch.status is Status.COMPLETED
        }
        counts: Counter[str] = Counter()
        for first, last in batch_spans(total, parent.batch_size or 1):
            counts.update(closed.get(first) or self._sweep(parent, first, last, cause))
        # Subtasks without a row: the split failed before it stored them. They count as not run.
        rest = "cancelled" if parent.ended else "failed"
        counts[rest] += total - counts.total()
        return {"total": total, **{name: counts[name] for name in COUNT_NAMES}}

    def _sweep(
        self, parent: TaskRow, first: int, last: int, cause: Mapping[str, Any] | None
    ) -> Counter[str]:
        """End the open subtasks of a batch that was never closed, and count all of its rows."""
        why = f": {_readable(cause)}" if cause else ""
        reason = WorkflowFailed(f"its batch was given up before it ended{why}")
        for _ in range(2):  # a late worker may write a row first: then read again
            open_rows = [
                row for row in self.subtasks.read(parent.key, first, last) if not row.ended
            ]
            if all(
                self.subtasks.write([(row, _given_up(parent, row, reason)) for row in open_rows])
            ):
                break
        rows = self.subtasks.read(parent.key, first, last)
        return Counter(COUNTED[row.status] for row in rows if row.ended)

    def _error(
        self, parent: TaskRow, counts: Mapping[str, int], cause: Mapping[str, Any] | None
    ) -> TaskmillError | None:
        if cause is not None:
            return WorkflowFailed(_readable(cause))
        if parent.split_run != parent.run:
            return WorkflowFailed("the execution ended before the input was split")
        failed, total = counts["failed"], counts["total"]
        if tolerates(parent.tolerated_failures, failed=failed, total=total):
            return None
        return SubtasksFailed(
            f"{failed:,} of {total:,} subtasks failed;"
            f" {parent.tolerated_failures or 0} are tolerated"
        )


def _is_counted(parent: TaskRow) -> bool:
    """Whether the counts of a task that has ended are complete: an earlier finish wrote them.

    Those of an earlier run stand until the next one is split.
    """
    if parent.split_run != parent.run:
        return False
    counts: Mapping[str, int] = parent.attributes.get("counts") or {}
    return sum(counts.get(name, 0) for name in COUNT_NAMES) >= (parent.child_count or 0)


def _given_up(parent: TaskRow, row: TaskRow, reason: WorkflowFailed) -> dict[str, Any]:
    """The end of a subtask whose batch was never closed; its error stays its own."""
    if parent.ended:
        return {"status": Status.CANCELLED}
    error = final_error(row.attributes.get("error"), reason)
    return {"status": Status.FAILED, "attributes.error": error}


def _readable(cause: Mapping[str, Any]) -> str:
    """Step Functions' `Error` and `Cause` in one line; of Lambda's JSON, only `errorMessage`."""
    error, text = cause.get("Error", "unknown"), str(cause.get("Cause", ""))
    with suppress(ValueError, AttributeError):
        text = json.loads(text).get("errorMessage", text)
    return f"{error}: {text}" if text else str(error)
