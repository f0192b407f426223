"""The task API as Python methods."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from taskmill.client.api import Api, collection_of, path_of
from taskmill.client.batches import batches
from taskmill.client.elements import read_elements
from taskmill.client.errors import NotConfigured, TaskFailed, WaitTimeout
from taskmill.client.outputs import Outputs, local_outputs, read_outputs
from taskmill.client.polling import intervals
from taskmill.client.settings import find_settings
from taskmill.client.spool import Spool
from taskmill.client.wire import to_body
from taskmill.errors import InvalidRequest, TaskNotFound
from taskmill.ids import new_code
from taskmill.keys import Kind, TaskKey, check_name
from taskmill.models import NewTask, Notify, Progress, Result, Task, Upload
from taskmill.statuses import FINAL, Status

if TYPE_CHECKING:
    import httpx

    from taskmill.client.retries import Sleep

Key = Task | TaskKey | Mapping[str, str]
"""A task as any method returned it, its key, or a mapping with `pk` and `sk`."""


class TaskClient:
    """Submits tasks, reads them and waits for them. Close it, or use it in a `with` statement.

    What is not given comes from the environment (`TASKMILL_URL`, `TASKMILL_TENANT`,
    `TASKMILL_TOKEN`, AWS's own variables), then from the local cloud of this folder.

    Reading is repeated when the network or the API fails for a moment. So is submitting: every
    submit names its task by a code, yours or a new one, so that it never doubles.

    Args:
        url: The stack output `ApiUrl`.
        tenant: Whose tasks.
        region: Of the API; needed only when its address does not tell.
        session: A boto3 or botocore session; AWS's usual chain of credentials by default.
        token: Of Cognito or another issuer, instead of an AWS signature.
        timeout_seconds: For one request; the API itself gives up after 29.
        transport: Instead of the network, for tests.
        sleep: Waits so many seconds, for tests.
        outputs: Of a local cloud, instead of this folder's.

    Raises:
        NotConfigured: URL, tenant, region or credentials are missing.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        tenant: str | None = None,
        region: str | None = None,
        session: Any = None,
        token: str | None = None,
        timeout_seconds: float = 35.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Sleep = time.sleep,
        outputs: Outputs | None = None,
    ) -> None:
        settings = find_settings(
            url=url,
            tenant=tenant,
            region=region,
            session=session,
            token=token,
            outputs=local_outputs() if outputs is None else outputs,
        )
        self.url = settings.url
        self.tenant = check_name("tenant", settings.tenant)
        self._sleep = sleep
        self._api = Api(
            self.url,
            auth=settings.auth(),
            timeout_seconds=timeout_seconds,
            transport=transport,
            sleep=sleep,
        )

    @classmethod
    def from_environment(cls, tenant: str | None = None) -> Self:
        """A client of the API that the environment, or else this folder's local cloud, names."""
        return cls(tenant=tenant)

    @classmethod
    def from_outputs(cls, path: Path, *, tenant: str) -> Self:
        """A client of the local cloud that wrote this outputs file."""
        outputs = read_outputs(path)
        if "ApiUrl" not in outputs:
            raise NotConfigured(f"{path} names no ApiUrl: no task stack is deployed there")
        return cls(outputs["ApiUrl"], tenant=tenant, outputs=outputs)

    def close(self) -> None:
        self._api.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # Submit

    def submit(
        self,
        task_type: str,
        input: Any = None,  # noqa: A002  # the field's word
        *,
        name: str | None = None,
        delay_seconds: int = 0,
        code: str | None = None,
        idempotency_key: str | None = None,
        notify: Notify | None = None,
    ) -> Task:
        """Store a single task; it runs from there by itself.

        Args:
            input: Whatever JSON can hold; pydantic models and dataclasses too.
            code: Names the task within its type; the same task again under one code gives the
                stored one. A new ULID by default.
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
                "code": code or _new_code(idempotency_key),
                "idempotencyKey": idempotency_key,
                "notify": notify,
            }
        )
        return self._submit(Kind.TASK, body)

    def submit_many(self, tasks: Iterable[NewTask]) -> Sequence[Task]:
        """Store many single tasks, up to 100 a request.

        Raises:
            TaskmillError: As for `submit`; tasks of earlier requests are stored by then.
        """
        stored: list[Task] = []
        for body in batches(tasks):
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
            batch_size: Subtasks that one Lambda call works through.
            max_concurrency: Batches worked on at once.

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
            "code": code or _new_code(idempotency_key),
            "idempotencyKey": idempotency_key,
        }
        with Spool(_elements(inputs)) as spool:
            if spool.fits_inline:
                return self._submit(Kind.SFN_TASK, to_body(fields, array=spool.array()))
            fields["inputRef"] = self._upload(spool)
        return self._submit(Kind.SFN_TASK, to_body(fields))

    # Read

    def get(self, key: Key | str, code: str | None = None, *, index: int | None = None) -> Task:
        """A task as it stands.

        Args:
            key: A key; or a task type, with the code. What has this type and code is then
                looked for among the single tasks, then among the step function tasks.
            index: Of a subtask.

        Raises:
            TaskNotFound: There is none.
        """
        if not isinstance(key, str):
            return Task.model_validate(self._api.get(path_of(_key(key))))
        if code is None:
            raise InvalidRequest("a task type needs a code with it", field="code")
        if index is not None:
            return self.get(TaskKey(Kind.SFN_TASK, self.tenant, key, code, index))
        try:
            return self.get(TaskKey(Kind.TASK, self.tenant, key, code))
        except TaskNotFound:
            return self.get(TaskKey(Kind.SFN_TASK, self.tenant, key, code))

    def list(
        self,
        task_type: str | None = None,
        *,
        kind: Kind = Kind.TASK,
        status: Status | None = None,
        order: str = "desc",
        page_size: int = 100,
    ) -> Iterator[Task]:
        """A tenant's tasks by type and code, newest first; further pages as they are needed."""
        path = collection_of(kind, self.tenant)
        found = self._api.pages(path, type=task_type, status=status, order=order, limit=page_size)
        return map(Task.model_validate, found)

    def subtasks(
        self, key: Key, *, status: Status | None = None, page_size: int = 100
    ) -> Iterator[Task]:
        """The subtasks of a step function task by index; further pages as they are needed."""
        path = f"{path_of(_key(key).parent)}/subtasks"
        return map(Task.model_validate, self._api.pages(path, status=status, limit=page_size))

    def children(self, key: Key) -> Iterator[Task]:
        """The tasks that this task started; further pages as they are needed."""
        return map(Task.model_validate, self._api.pages(f"{path_of(_key(key))}/children"))

    def progress(self, key: Key) -> Progress:
        """How far a step function task is."""
        return Progress.model_validate(self._api.get(f"{path_of(_key(key).parent)}/progress"))

    def result(self, key: Key) -> Any:
        """What the task function returned; a large result is fetched from the bucket.

        Raises:
            Conflict: The task has not completed.
        """
        result = Result.model_validate(self._api.get(f"{path_of(_key(key))}/result"))
        return self._api.download(result.result_url) if result.result_url else result.result

    # Change

    def cancel(self, key: Key) -> Task:
        """Cancel a task that has not ended.

        Raises:
            IllegalStatusChange: It has ended.
        """
        return Task.model_validate(self._api.post(f"{path_of(_key(key))}/cancel"))

    def retry(self, key: Key) -> Task:
        """Run a failed or cancelled task again; of a fan-out only what did not complete.

        Raises:
            IllegalStatusChange: It has neither failed nor been cancelled.
        """
        return Task.model_validate(self._api.post(f"{path_of(_key(key))}/retry"))

    def update_status(
        self,
        key: Key,
        status: Status | str,
        *,
        attributes: Mapping[str, Any] | None = None,
        notify_id: str | None = None,
    ) -> Task:
        """Move a task from outside, as the status table allows.

        Raises:
            IllegalStatusChange: The table has no such move.
        """
        body = to_body({"status": status, "attributes": attributes, "notifyId": notify_id})
        return Task.model_validate(self._api.patch(path_of(_key(key)), body))

    # Wait

    def updates(
        self, key: Key, *, timeout_seconds: float | None = None, cap_seconds: float = 5.0
    ) -> Iterator[Task]:
        """The task as it stands, again and again, at the latest when it has ended.

        Args:
            cap_seconds: The longest time between two looks, give or take 20 %.

        Raises:
            WaitTimeout: It has not ended in time.
        """
        began = time.monotonic()
        for seconds in intervals(cap_seconds=cap_seconds):
            task = self.get(key)
            yield task
            if task.status in FINAL:
                return
            left = float("inf")
            if timeout_seconds is not None:
                left = began + timeout_seconds - time.monotonic()
                if left <= 0:
                    raise WaitTimeout(task, timeout_seconds)
            self._sleep(min(seconds, left))

    def wait(
        self,
        key: Key,
        *,
        timeout_seconds: float | None = 300.0,
        on_update: Callable[[Task], None] | None = None,
    ) -> Task:
        """The task once it has completed.

        Args:
            timeout_seconds: None waits for ever.
            on_update: Called with the task each time it was looked at.

        Raises:
            TaskFailed: It ended otherwise; the error holds the task.
            WaitTimeout: It has not ended in time; it goes on.
        """
        for task in self.updates(key, timeout_seconds=timeout_seconds):
            if on_update is not None:
                on_update(task)
            if task.status is Status.COMPLETED:
                return task
        raise TaskFailed(task)

    def _submit(self, kind: Kind, body: bytes) -> Task:
        path = collection_of(kind, self.tenant)
        return Task.model_validate(self._api.post(path, body, repeatable=True))

    def _upload(self, spool: Spool) -> str:
        path = f"/v1/tenants/{self.tenant}/uploads"
        upload = Upload.model_validate(self._api.post(path, repeatable=True))
        self._api.upload(upload, spool)
        return upload.input_ref


def _key(key: Key) -> TaskKey:
    return key.key if isinstance(key, Task) else TaskKey.of(key)


def _elements(inputs: Iterable[Any] | Path) -> Iterable[Any]:
    if isinstance(inputs, Path):
        return read_elements(inputs)
    if isinstance(inputs, str | bytes | Mapping):
        raise InvalidRequest(
            f"inputs is {type(inputs).__name__}: give a list, an iterator or a Path",
            field="inputs",
        )
    return inputs


def _new_code(idempotency_key: str | None) -> str | None:
    """A name for a submit, so that it can be repeated; a key of the caller's does that too."""
    return new_code() if idempotency_key is None else None
