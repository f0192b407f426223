"""Submitting single tasks, many single tasks, and step function tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from taskmill.client.batches import batches
from taskmill.client.calls.operations import operation
from taskmill.client.calls.steps import Aside, Breath, Request, Steps, Uploading
from taskmill.client.connection import Connection
from taskmill.client.inputs.elements import read_elements
from taskmill.client.inputs.spool import Spool
from taskmill.client.names import repeatable
from taskmill.client.paths import collection_of, tenant_path
from taskmill.client.wire import to_body, to_moment, to_names
from taskmill.functions.hooks.submits import submitted_log_ids
from taskmill.model.api.base import Notify, Priority
from taskmill.model.api.requests import NewTask
from taskmill.model.api.views import Task, Upload
from taskmill.model.flow_control.uniqueness import Debounce, Unique
from taskmill.model.given_elements import given_elements
from taskmill.model.keys import Kind
from taskmill.model.left_out import LEFT_OUT
from taskmill.model.options import check_named, suggests
from taskmill.model.submit_checks import checked_options

_AT_ONCE = 100  # elements that are written before other work of the event loop goes on


class Submits(Connection):
    """The client's methods that submit tasks."""

    @operation
    @suggests
    def submit(
        self,
        task_type: str,
        input: Any = LEFT_OUT,  # noqa: A002  # the field's word
        *,
        name: str | None = None,
        delay_seconds: int = 0,
        run_at: datetime | None = None,
        priority: Priority | None = None,
        expires_seconds: int | None = None,
        deadline_seconds: int | None = None,
        on_success: str | Sequence[str] = (),
        on_failure: str | Sequence[str] = (),
        on_completion: str | Sequence[str] = (),
        log_ids: Mapping[str, str] | None = None,
        code: str | None = None,
        idempotency_key: str | None = None,
        notify: Notify | None = None,
        unique: Unique | Mapping[str, Any] | None = None,
        debounce: Debounce | Mapping[str, Any] | None = None,
    ) -> Steps[Task]:
        """Store a single task and return it; the service then runs it in the background.

        Args:
            input: Any JSON value; also pydantic models and dataclasses. Left out, it is the
                default of the task function; None is null.
            name: A name for people; the task type by default.
            delay_seconds: Start so many seconds from now; up to a year.
            run_at: Start time with a time zone, up to a year from now; a past time means now.
            priority: "low", "normal", "high" or "urgent"; by default, that of the task type.
            expires_seconds: If it has not begun so many seconds after it was due, it ends as
                CANCELLED; by default that of the task type.
            deadline_seconds: If it has not ended so many seconds after it was due, it ends as
                FAILED; by default that of the task type.
            on_success: Task types to submit when the task completes, in addition to those that
                are declared for its type.
            on_failure: The same when the task fails.
            on_completion: The same when the task ends in any way.
            log_ids: Names and values to add to all log lines of the task, its children and
                callbacks; up to 10.
            code: Identifies the task within its type. Submitting the same task with the same code
                again returns the stored one. By default, the client makes a new code, see `ids`.
            idempotency_key: Submits with the same key within 24 hours return the same task.
            notify: Notifications to publish: "each", "progress" or "none".
            unique: One task of a key at a time, and what becomes of further submits: a
                `taskmill.Unique`, or its fields. Returns the task that stands.
            debounce: Start only when no other task of the key was submitted for a while, once,
                with the last input: a `taskmill.Debounce`, or its fields.

        Raises:
            InvalidRequest: A field is invalid; the message names it.
            LimitExceeded: The input is larger than a request may be.
            Conflict: Another task has this code, or the key of `unique`.
            IdempotencyConflict: The idempotency key was used for a different request.
        """
        given = checked_options(
            {
                "name": name,
                "delay_seconds": delay_seconds,
                "run_at": run_at,
                "priority": priority,
                "expires_seconds": expires_seconds,
                "deadline_seconds": deadline_seconds,
                "on_success": on_success,
                "on_failure": on_failure,
                "on_completion": on_completion,
                "log_ids": log_ids,
                "code": code,
                "idempotency_key": idempotency_key,
                "notify": notify,
                "unique": unique,
                "debounce": debounce,
            },
            wire_names=True,
        )
        body = to_body(
            {
                "taskType": check_named("task_type", task_type),
                "input": input,
                "name": name,
                "delaySeconds": delay_seconds or None,
                "runAt": to_moment(run_at),
                "priority": priority,
                "expiresSeconds": expires_seconds,
                "deadlineSeconds": deadline_seconds,
                "onSuccess": to_names(given["on_success"]),
                "onFailure": to_names(given["on_failure"]),
                "onCompletion": to_names(given["on_completion"]),
                "logIds": submitted_log_ids(task_type, log_ids, tenant=self.tenant),
                "notify": notify,
                "unique": given["unique"] and given["unique"].form,
                "debounce": given["debounce"] and given["debounce"].form,
                **repeatable(self._ids, code, idempotency_key),
            }
        )
        return (yield from self._submit(Kind.TASK, body))

    @operation
    def submit_many(self, tasks: Iterable[NewTask]) -> Steps[Sequence[Task]]:
        """Store many single tasks, with up to 100 in one request.

        Raises:
            TaskmillError: As for `submit`; tasks of earlier requests are stored by then.
        """
        stored: list[Task] = []
        for body in batches(tasks, ids=self._ids, tenant=self.tenant):
            path = collection_of(Kind.TASK, self.tenant)
            answer = yield Request("POST", path, body, repeatable=True)
            stored += [Task.model_validate(each) for each in answer["tasks"]]
        return stored

    @operation
    @suggests
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
        expires_seconds: int | None = None,
        deadline_seconds: int | None = None,
        on_success: str | Sequence[str] = (),
        on_failure: str | Sequence[str] = (),
        on_completion: str | Sequence[str] = (),
        log_ids: Mapping[str, str] | None = None,
        code: str | None = None,
        idempotency_key: str | None = None,
        name: str | None = None,
    ) -> Steps[Task]:
        """Store a step function task: each input becomes a subtask, up to 1,000,000.

        Inputs of more than 4 MB in all are uploaded to S3. Memory use is constant for iterators
        and for .jsonl and .csv files.

        Args:
            inputs: The inputs of the subtasks, or a .json, .jsonl or .csv file with them.
            tolerated_failures: How many subtasks may fail without failing the whole task: a
                number, or a share such as "5%". None by default.
            batch_size: Subtasks that one Lambda invocation runs one after the other. By default
                the square root of the number of subtasks, up to 100: 10 of 100, 32 of 1,000. More
                if there would be more than 5,000 batches: 200 of 1,000,000.
            max_concurrency: Batches that run at the same time; by default as the stack is
                configured, 100 if it is not.

        The other arguments are those of `submit`.

        Raises:
            TaskmillError: As for `submit`.
        """
        given = checked_options(
            {
                "tolerated_failures": tolerated_failures,
                "batch_size": batch_size,
                "max_concurrency": max_concurrency,
                "notify": notify,
                "priority": priority,
                "expires_seconds": expires_seconds,
                "deadline_seconds": deadline_seconds,
                "on_success": on_success,
                "on_failure": on_failure,
                "on_completion": on_completion,
                "log_ids": log_ids,
                "code": code,
                "idempotency_key": idempotency_key,
                "name": name,
            },
            wire_names=True,
        )
        fields = {
            "taskType": check_named("task_type", task_type),
            "name": name,
            "toleratedFailures": tolerated_failures,
            "batchSize": batch_size,
            "maxConcurrency": max_concurrency,
            "notify": notify,
            "priority": priority,
            "expiresSeconds": expires_seconds,
            "deadlineSeconds": deadline_seconds,
            "onSuccess": to_names(given["on_success"]),
            "onFailure": to_names(given["on_failure"]),
            "onCompletion": to_names(given["on_completion"]),
            "logIds": submitted_log_ids(task_type, log_ids, tenant=self.tenant, is_fan_out=True),
            **repeatable(self._ids, code, idempotency_key),
        }
        with Spool() as spool:
            yield from _filled(spool, inputs)
            if spool.fits_inline:
                body = to_body(fields, array=spool.array())
            else:
                fields["inputRef"] = yield from self._upload(spool)
                body = to_body(fields)
        return (yield from self._submit(Kind.SFN_TASK, body))

    def _submit(self, kind: Kind, body: bytes) -> Steps[Task]:
        request = Request("POST", collection_of(kind, self.tenant), body, repeatable=True)
        return Task.model_validate((yield request))

    def _upload(self, spool: Spool) -> Steps[str]:
        size = to_body({"size": spool.size})
        request = Request("POST", f"{tenant_path(self.tenant)}/uploads", size, repeatable=True)
        upload = Upload.model_validate((yield request))
        yield Uploading(upload, spool)
        return upload.input_ref


def _filled(spool: Spool, inputs: Iterable[Any] | Path) -> Steps[None]:
    """Write the inputs of a fan-out to a spool, with regard to an event loop that waits."""
    if isinstance(inputs, Path):
        elements = given_elements(read_elements(inputs))
        yield Aside(lambda: spool.extend(elements))
        return
    for number, element in enumerate(given_elements(inputs, kinds="a list, an iterator or a Path")):
        if number and number % _AT_ONCE == 0:
            yield Breath()
        spool.append(element)
