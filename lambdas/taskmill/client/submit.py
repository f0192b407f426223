"""Submits: single tasks, many of them, fan-outs of any size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from taskmill.client.api import collection_of
from taskmill.client.batches import batches
from taskmill.client.connection import Connection
from taskmill.client.elements import read_elements
from taskmill.client.names import repeatable
from taskmill.client.spool import Spool
from taskmill.client.wire import to_body, to_moment, to_names
from taskmill.model.api.base import Notify, Priority
from taskmill.model.api.requests import NewTask
from taskmill.model.api.views import Task, Upload
from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import Kind


class Submits(Connection):
    """What a client may submit."""

    def submit(
        self,
        task_type: str,
        input: Any = None,  # noqa: A002  # the field's word
        *,
        name: str | None = None,
        delay_seconds: int = 0,
        run_at: datetime | None = None,
        priority: Priority | None = None,
        on_success: str | Sequence[str] = (),
        on_failure: str | Sequence[str] = (),
        on_completion: str | Sequence[str] = (),
        log_ids: Mapping[str, str] | None = None,
        code: str | None = None,
        idempotency_key: str | None = None,
        notify: Notify | None = None,
    ) -> Task:
        """Store a single task; it runs from there by itself.

        Args:
            input: Whatever JSON can hold; pydantic models and dataclasses too.
            run_at: Start then, at most a year from now; the past means now.
            priority: "low", "normal", "high" or "urgent"; that of its type by default.
            on_success: Task types to submit when it has completed, beside those of its type.
            on_failure: When it has failed.
            on_completion: When it has ended, however it did.
            log_ids: Names of yours, on every log line of the task, its children and callbacks.
            code: Names the task within its type; the same task again under one code gives the
                stored one. A new one by default, as `ids` says.
            idempotency_key: The same key within 24 hours gives the same task.

        Raises:
            InvalidRequest: A field is refused; the message names it.
            LimitExceeded: The input is larger than the API takes.
            IdempotencyConflict: The key was used for another request.
        """
        body = to_body(
            {
                "taskType": task_type,
                "input": input,
                "name": name,
                "delaySeconds": delay_seconds or None,
                "runAt": to_moment(run_at),
                "priority": priority,
                "onSuccess": to_names(on_success),
                "onFailure": to_names(on_failure),
                "onCompletion": to_names(on_completion),
                "logIds": log_ids,
                "notify": notify,
                **repeatable(self._ids, code, idempotency_key),
            }
        )
        return self._submit(Kind.TASK, body)

    def submit_many(self, tasks: Iterable[NewTask]) -> Sequence[Task]:
        """Store many single tasks, up to 100 a request.

        Raises:
            TaskmillError: As for `submit`; tasks of earlier requests are stored by then.
        """
        stored: list[Task] = []
        for body in batches(tasks, ids=self._ids):
            path = collection_of(Kind.TASK, self.tenant)
            answer = self._api.post(path, body, repeatable=True)
            stored += [Task.model_validate(each) for each in answer["tasks"]]
        return stored

    def map(
        self,
        task_type: str,
        inputs: Iterable[Any] | Path,
        *,
        tolerated_failures: int | str | None = None,
        batch_size: int | None = None,
        max_concurrency: int | None = None,
        notify: Notify | None = None,
        priority: Priority | None = None,
        on_success: str | Sequence[str] = (),
        on_failure: str | Sequence[str] = (),
        on_completion: str | Sequence[str] = (),
        log_ids: Mapping[str, str] | None = None,
        code: str | None = None,
        idempotency_key: str | None = None,
        name: str | None = None,
    ) -> Task:
        """Store a step function task: each element becomes a subtask, up to 1,000,000.

        Inputs of more than some 4 MB go by way of an upload. Memory use is constant for
        iterators and for .jsonl and .csv files.

        Args:
            inputs: Elements, or a .json, .jsonl or .csv file of them.
            tolerated_failures: Failed subtasks that still count as success: 10 or "5%".
            batch_size: Subtasks that one Lambda call works through, one after the other. By
                default as many as there are batches, at most 100: 10 of 100, 32 of 1,000.
            max_concurrency: Batches worked on at once.

        The other arguments are those of `submit`.

        Raises:
            TaskmillError: As for `submit`.
        """
        fields = {
            "taskType": task_type,
            "name": name,
            "toleratedFailures": tolerated_failures,
            "batchSize": batch_size,
            "maxConcurrency": max_concurrency,
            "notify": notify,
            "priority": priority,
            "onSuccess": to_names(on_success),
            "onFailure": to_names(on_failure),
            "onCompletion": to_names(on_completion),
            "logIds": log_ids,
            **repeatable(self._ids, code, idempotency_key),
        }
        with Spool(_elements(inputs)) as spool:
            if spool.fits_inline:
                return self._submit(Kind.SFN_TASK, to_body(fields, array=spool.array()))
            fields["inputRef"] = self._upload(spool)
        return self._submit(Kind.SFN_TASK, to_body(fields))

    def _submit(self, kind: Kind, body: bytes) -> Task:
        path = collection_of(kind, self.tenant)
        return Task.model_validate(self._api.post(path, body, repeatable=True))

    def _upload(self, spool: Spool) -> str:
        path = f"/v1/tenants/{self.tenant}/uploads"
        upload = Upload.model_validate(self._api.post(path, repeatable=True))
        self._api.upload(upload, spool)
        return upload.input_ref


def _elements(inputs: Iterable[Any] | Path) -> Iterable[Any]:
    if isinstance(inputs, Path):
        return read_elements(inputs)
    if isinstance(inputs, str | bytes | Mapping):
        raise InvalidRequest(
            f"inputs is {type(inputs).__name__}: give a list, an iterator or a Path",
            field="inputs",
        )
    return inputs
