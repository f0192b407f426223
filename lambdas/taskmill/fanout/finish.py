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
from taskmill.fanout.final_counts import FinalCounts, Stale
from taskmill.fanout.stored_sweep import StoredSweep
from taskmill.model.batch_plan import tolerates
from taskmill.model.derived_codes import execution_name
from taskmill.model.error_details import describe_error
from taskmill.model.errors import IllegalStatusChange, TaskmillError
from taskmill.model.fan_out_bounds import expired_subtasks
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statistics.failures import Failures
from taskmill.model.statistics.settling import is_settled, settled_as
from taskmill.model.statuses import COUNT_NAMES, Status
from taskmill.model.subtask_layout import on_demand
from taskmill.model.subtask_states import WorkflowFailed, is_counted
from taskmill.model.time_bounds import OutOfTime


class SubtasksFailed(TaskmillError):
    """More subtasks failed than the submitter tolerates."""

    code = "subtasks_failed"


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
        if parent.ended and is_counted(parent) and is_settled(parent):
            return
        try:
            counts, settled = self._counts(parent, cause)
        except Stale:
            self.logger.info("stale finish", key=str(key), run=parent.run)
            return
        if parent.ended:  # cancelled, or ended by a report from outside
            self._amend(parent, counts, settled)
            return
        error = self._error(parent, counts, cause) or expired_subtasks(
            parent, counts, self.tasks.clock()
        )
        attributes: dict[str, Any] = {"counts": counts}
        if error is not None:
            attributes["error"] = describe_error(error)
        status = Status.COMPLETED if error is None else Status.FAILED
        if isinstance(error, OutOfTime):
            status = error.ends_as
        try:
            self.tasks.move(
                key, status, attributes=attributes, extra={"settled": settled}, run=parent.run
            )
        except IllegalStatusChange:  # cancelled meanwhile
            return
        self.logger.info("finished", key=str(key), status=str(status), counts=counts)

    def _amend(
        self, parent: TaskRow, counts: Mapping[str, int], settled: Mapping[str, Any]
    ) -> None:
        """Store the counts of a fan-out that had ended before, in the run that they are of."""
        try:
            self.tasks.amend(
                parent.key,
                {"counts": counts},
                extra={"settled": settled},
                status=parent.status,
                where={"run": parent.run},
            )
        except IllegalStatusChange:  # started again meanwhile
            self.logger.info("stale finish", key=str(parent.key), run=parent.run)

    def _counts(
        self, parent: TaskRow, cause: Mapping[str, Any] | None
    ) -> tuple[dict[str, int], dict[str, Any]]:
        """Exact counts, and what the statistics need of them.

        Subtasks of batches that did not close are ended here.

        Raises:
            Stale: The fan-out is in a later run.
        """
        why = f": {_readable(cause)}" if cause else ""
        reason = f"its batch was given up before it ended{why}"
        errors: Failures = {}
        stood: Counter[str] = Counter()
        if on_demand(parent):
            counter = FinalCounts(subtasks=self.subtasks, batches=self.batches)
            counts, errors, stood = counter.of(parent, reason)
        else:
            sweep = StoredSweep(subtasks=self.subtasks, batches=self.batches)
            counts = sweep.counts(parent, reason)
        given_up = describe_error(WorkflowFailed(reason))
        whole = {"total": parent.child_count or 0, **{name: counts[name] for name in COUNT_NAMES}}
        return whole, settled_as(parent, whole, errors, given_up, stood)

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


def _readable(cause: Mapping[str, Any]) -> str:
    """Step Functions' `Error` and `Cause` in one line; of Lambda's JSON, only `errorMessage`."""
    error, text = cause.get("Error", "unknown"), str(cause.get("Cause", ""))
    with suppress(ValueError, AttributeError):
        text = json.loads(text).get("errorMessage", text)
    return f"{error}: {text}" if text else str(error)
