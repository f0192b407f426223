"""The client class of the task API."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from taskmill.client.api import path_of
from taskmill.client.callbacks import Callbacks
from taskmill.client.errors import TaskFailed
from taskmill.client.read import Key, Reads, key_of
from taskmill.client.schedules import Schedules
from taskmill.client.submit import Submits
from taskmill.client.wire import to_body
from taskmill.functions.polling import CAP_SECONDS, Pace, check_timeout, looks
from taskmill.model.api.views import Task
from taskmill.model.errors import WrongOptionType
from taskmill.model.keys import check_name
from taskmill.model.options import check_choice, check_mapping, check_number, suggests
from taskmill.model.statuses import Status


class TaskClient(Submits, Reads, Schedules, Callbacks):
    """Submits tasks, reads them and waits for them. Close it, or use it in a `with` statement.

    Missing arguments come from the environment (`TASKMILL_URL`, `TASKMILL_TENANT`,
    `TASKMILL_TOKEN`, `TASKMILL_IDS`, and AWS's own variables), then from the local cloud of this
    folder.

    Reads are retried when the network or the API fails temporarily. Submits are retried, too, and
    store a task only once: each has a code or an idempotency key, yours or a new one.

    Args:
        url: The stack output `ApiUrl`.
        tenant: The tenant that owns the tasks.
        region: AWS region of the API; needed only if the URL does not contain it.
        session: A boto3 or botocore session; by default, AWS's usual chain of credentials.
        token: A bearer token of Cognito or another issuer, in place of an AWS signature.
        ids: How the service makes codes: "ulid" (default), "uuid4", "uuid7" or "integer". The
            client makes new codes in the same way, except for integers, which only the service can
            assign: with "integer" it sends an idempotency key.
        timeout_seconds: Timeout of one request; the API's own is 29 s.
        transport: Replaces the network, for tests.
        sleep: Replaces `time.sleep`, for tests.
        outputs: Outputs of a local cloud, in place of this folder's.

    Raises:
        NotConfigured: The URL, the tenant or the region is missing. Missing credentials raise it
            with the first request.
    """

    @property
    def pace(self) -> Pace:
        """How this client waits between two reads of a task."""
        return Pace(self._sleep)

    def for_tenant(self, tenant: str) -> Self:
        """A copy of the client for another tenant; both share connections, so close only one."""
        other = copy.copy(self)
        other.tenant = check_name("tenant", tenant)
        return other

    def cancel(self, key: Key) -> Task:
        """Cancel a task that has not ended.

        Raises:
            IllegalStatusChange: The task has ended.
        """
        return Task.model_validate(self._api.post(f"{path_of(key_of(key))}/cancel"))

    def retry(self, key: Key) -> Task:
        """Run a failed or cancelled task again.

        A step function task runs only those subtasks again that did not complete.

        Raises:
            IllegalStatusChange: The task is neither FAILED nor CANCELLED.
        """
        return Task.model_validate(self._api.post(f"{path_of(key_of(key))}/retry"))

    @suggests
    def update_status(
        self,
        key: Key,
        status: Status | str,
        *,
        attributes: Mapping[str, Any] | None = None,
        notify_id: str | None = None,
    ) -> Task:
        """Report the status of a task from a worker outside taskmill.

        Args:
            attributes: `result`, `error`, `progress` and others; up to 16 KB without the result.
            notify_id: The `id` of the notification about this change.

        Raises:
            IllegalStatusChange: The status table does not allow this change.
        """
        check_choice("status", status, Status)
        if attributes is not None:
            check_mapping("attributes", attributes, "a dict")
        body = to_body({"status": status, "attributes": attributes, "notifyId": notify_id})
        return Task.model_validate(self._api.patch(path_of(key_of(key)), body))

    @suggests
    def updates(
        self, key: Key, *, timeout_seconds: float | None = None, cap_seconds: float = CAP_SECONDS
    ) -> Iterator[Task]:
        """Read the task repeatedly until it has ended, and yield it each time.

        Args:
            timeout_seconds: None waits without a limit.
            cap_seconds: Longest time between two reads, plus or minus 20 % at random.

        Raises:
            WaitTimeout: The task has not ended in time.
        """
        check_timeout(timeout_seconds)
        check_number("cap_seconds", cap_seconds, above=0, unit="seconds")
        pace = dataclasses.replace(self.pace, cap_seconds=cap_seconds)
        return looks(lambda: self.get(key), pace, timeout_seconds=timeout_seconds)

    @suggests
    def wait(
        self,
        key: Key,
        *,
        timeout_seconds: float | None = 300.0,
        on_update: Callable[[Task], None] | None = None,
    ) -> Task:
        """Wait until the task has completed, and return it.

        Args:
            timeout_seconds: None waits without a limit.
            on_update: Called with the task after each read.

        Raises:
            TaskFailed: The task failed or was cancelled; `error.task` is the task.
            WaitTimeout: The task has not ended in time; it continues to run.
        """
        if on_update is not None and not callable(on_update):
            raise WrongOptionType(f"on_update is {on_update!r}; give a function", field="on_update")
        for task in self.updates(key, timeout_seconds=timeout_seconds):
            if on_update is not None:
                on_update(task)
            if task.status is Status.COMPLETED:
                return task
        raise TaskFailed(task)
