"""The task API as Python methods."""

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
from taskmill.functions.polling import CAP_SECONDS, Pace, looks
from taskmill.model.api.views import Task
from taskmill.model.keys import check_name
from taskmill.model.statuses import Status


class TaskClient(Submits, Reads, Schedules, Callbacks):
    """Submits tasks, reads them and waits for them. Close it, or use it in a `with` statement.

    What is not given comes from the environment (`TASKMILL_URL`, `TASKMILL_TENANT`,
    `TASKMILL_TOKEN`, `TASKMILL_IDS`, AWS's own variables), then from the local cloud of this
    folder.

    Reading is repeated when the network or the API fails for a moment. So is submitting: every
    submit names its task by a code, yours or a new one, so that it never doubles.

    Args:
        url: The stack output `ApiUrl`.
        tenant: Whose tasks.
        region: Of the API; needed only when its address does not tell.
        session: A boto3 or botocore session; AWS's usual chain of credentials by default.
        token: Of Cognito or another issuer, instead of an AWS signature.
        ids: How the service names tasks: "ulid", "uuid4", "uuid7" or "integer". The client does it
            likewise, but for numbers: there it sends an idempotency key instead.
        timeout_seconds: For one request; the API itself gives up after 29.
        transport: Instead of the network, for tests.
        sleep: Waits so many seconds, for tests.
        outputs: Of a local cloud, instead of this folder's.

    Raises:
        NotConfigured: URL, tenant, region or credentials are missing.
    """

    @property
    def pace(self) -> Pace:
        """How this client waits."""
        return Pace(self._sleep)

    def for_tenant(self, tenant: str) -> Self:
        """The same client for another tenant's tasks; both share connections, so close one."""
        other = copy.copy(self)
        other.tenant = check_name("tenant", tenant)
        return other

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
        self, key: Key, *, timeout_seconds: float | None = None, cap_seconds: float = CAP_SECONDS
    ) -> Iterator[Task]:
        """The task as it stands, again and again, at the latest when it has ended.

        Args:
            cap_seconds: The longest time between two looks, give or take 20 %.

        Raises:
            WaitTimeout: It has not ended in time.
        """
        pace = dataclasses.replace(self.pace, cap_seconds=cap_seconds)
        return looks(lambda: self.get(key), pace, timeout_seconds=timeout_seconds)

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
