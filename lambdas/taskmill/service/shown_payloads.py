"""Reads inputs and results of any size, with their secrets masked or in the clear."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from taskmill.aws.s3.expiry import expired, naming
from taskmill.aws.s3.payloads import PayloadRef
from taskmill.model.api.views import Input, Result, Task
from taskmill.model.errors import Conflict, Forbidden, InvalidRequest
from taskmill.model.keys import TaskKey
from taskmill.model.rows.task_row import TaskRow, is_fan_out
from taskmill.model.statuses import Status
from taskmill.model.wait_errors import no_result
from taskmill.service.parts import Key, ServiceParts
from taskmill.service.shown_inputs import with_inputs_shown

MASKED_BYTES = 4_000_000  # of a payload that is masked or revealed in an answer: Lambda has 6 MB


@dataclass(frozen=True, kw_only=True)
class ShownPayloads(ServiceParts):
    """Reads inputs and results, which may be in S3.

    A presigned URL gives the payload as it is stored. So where a type has secrets, there is one
    only for callers who may see them.
    """

    def get_input(self, *, key: Key, reveal: bool = False) -> Input:
        """The input of a single task or subtask, of any size: its value, or a download URL.

        Args:
            reveal: Show secrets in the clear, in place of `"***"`.

        Raises:
            TaskNotFound: No task has this key.
            InvalidRequest: It is a step function task: each of its subtasks has an input.
            Forbidden: It is to be masked, and too large for that.
            PayloadMissing: The input has expired.
        """
        row = self._row(TaskKey.of(key))
        if is_fan_out(row.key):
            raise InvalidRequest(
                f"{row.key.label} is a step function task: read the inputs of its subtasks",
                field="key",
            )
        known = {**row.key.as_dict(), "status": row.status}
        value = json.loads(row.input) if row.input is not None else None
        if (ref := row.input_ref) is not None:
            if not self.payloads.exists(ref):
                raise expired(row.key, "input")
            found = self._input_behind(row, ref, reveal=reveal)
            if found is None:
                return Input(**known, input_url=self.payloads.download_url(ref))
            (value,) = found
        if reveal or not self.registry.masks_input(row.key.type):
            return Input(**known, input=value)
        return Input(**known, input=self.registry.masked_input(row.key.type, value))

    def get_result(self, *, key: Key, reveal: bool = False) -> Result:
        """The result of a completed task: its value, or a download URL if it is large.

        Args:
            reveal: Show secrets in the clear, in place of `"***"`.

        Raises:
            TaskNotFound: No task has this key.
            Conflict: The task is not COMPLETED.
            Forbidden: It is to be masked, and too large for that.
            PayloadMissing: The result has expired.
        """
        row = self._row(TaskKey.of(key))
        if row.status is not Status.COMPLETED:
            raise Conflict(no_result(row), status=row.status)
        ref = row.attributes.get("resultRef")
        known = {**row.key.as_dict(), "status": row.status}
        masks = not reveal and self.registry.masks_result(row.key.type)
        if ref is None:
            value = Task.from_row(row).attributes.get("result")
        elif not self.payloads.exists(ref):
            raise expired(row.key, "result")
        elif not masks and not self._fits_answer(ref, reveal=reveal):
            return Result(**known, result_url=self.payloads.download_url(ref))
        elif masks:
            value = self._to_be_masked(row, ref, "result")
        else:
            value = json.loads(self.payloads.get(ref))
        if masks:
            value = self.registry.masked_result(row.key.type, value)
        return Result(**known, result=value)

    def _input_behind(self, row: TaskRow, ref: str, *, reveal: bool) -> tuple[Any] | None:
        """The input that a row refers to; None: it is to be downloaded."""
        (shown,) = with_inputs_shown(self.payloads, [row], masks=None)
        if isinstance(shown, TaskRow) and shown.input is not None:
            return (json.loads(shown.input),)
        if self._fits_answer(ref, reveal=reveal):
            return (json.loads(self.payloads.get(ref)),)
        if not reveal and self.registry.masks_input(row.key.type):
            return (self._to_be_masked(row, ref, "input"),)
        if PayloadRef.parse(ref).length:  # a part of an object has no URL of its own
            with naming(row.key, "input"):
                return (json.loads(self.payloads.get(ref)),)
        return None

    def _fits_answer(self, ref: str, *, reveal: bool) -> bool:
        """Whether a payload is told as it is, in the place where it is otherwise masked."""
        return reveal and self.payloads.size(ref) <= MASKED_BYTES

    def _to_be_masked(self, row: TaskRow, ref: str, what: str) -> Any:
        """A payload that holds secrets.

        Raises:
            Forbidden: It is too large.
        """
        if self.payloads.size(ref) > MASKED_BYTES:
            raise Forbidden(
                f"the {what} of {row.key.label} may hold secrets, and is too large to be masked:"
                f" only {what}/revealed gives it"
            )
        with naming(row.key, what):
            return json.loads(self.payloads.get(ref))
