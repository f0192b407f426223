"""The task API as Python methods."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from taskmill.client.api import path_of
from taskmill.client.errors import TaskFailed, WaitTimeout
from taskmill.client.polling import intervals
from taskmill.client.reading import Key, Reads, key_of
from taskmill.client.submitting import Submits
from taskmill.client.wire import to_body
from taskmill.models import Task
from taskmill.statuses import FINAL, Status


class TaskClient(Submits, Reads):
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

    def cancel(self, key: Key) -> Task:
        """Cancel a task that has not ended.

        Raises:
            IllegalStatusChange: It has ended.
        """
        return Task.model_validate(self._api.post(f"{path_of(key_of(key))}/cancel"))

    def retry(self, key: Key) -> Task:
        """Run a failed or cancelled task again; of a fan-out only what did not complete.

        Raises:
            IllegalStatusChange: It has neither failed nor been cancelled.
        """
        return Task.model_validate(self._api.post(f"{path_of(key_of(key))}/retry"))

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
        return Task.model_validate(self._api.patch(path_of(key_of(key)), body))

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
