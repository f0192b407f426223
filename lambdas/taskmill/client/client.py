"""The client class of the task API for code that may block."""

from __future__ import annotations

from collections.abc import Iterator

from taskmill.client.access import Access
from taskmill.client.bulk import Bulks
from taskmill.client.callbacks import Callbacks
from taskmill.client.changes import Changes
from taskmill.client.connection import BlockingConnection
from taskmill.client.limits import LimitCalls
from taskmill.client.overviews import Overviews
from taskmill.client.read import Key, Reads
from taskmill.client.schedules import Schedules
from taskmill.client.statistics import StatisticsCalls
from taskmill.client.submit import Submits
from taskmill.functions.polling import CAP_SECONDS, looks
from taskmill.model.api.views import Task
from taskmill.model.options import suggests


class TaskClient(
    Submits,
    Reads,
    Overviews,
    Changes,
    Schedules,
    Callbacks,
    Access,
    Bulks,
    StatisticsCalls,
    LimitCalls,
    BlockingConnection,
):
    """Submits tasks, reads them and waits for them. Close it, or use it in a `with` statement.

    Missing arguments come from the environment (`TASKMILL_URL`, `TASKMILL_TENANT`,
    `TASKMILL_TOKEN`, `TASKMILL_IDS`, and AWS's own variables), then from the local cloud of this
    folder.

    Reads are retried when the network or the API fails temporarily. Submits are retried, too, and
    store a task only once: each has a code or an idempotency key, yours or a new one.

    Threads and forked processes may share a client; each process has its own connections.
    `AsyncTaskClient` has the same methods for an event loop.

    Args:
        url: The stack output `ApiUrl`, or an address of your own for it, also with a base path.
        tenant: The tenant that owns the tasks.
        region: AWS region of the API; needed only if the URL does not contain it.
        session: A boto3 or botocore session; by default, AWS's usual chain of credentials.
        token: A bearer token of Cognito or another issuer, in place of an AWS signature. Or a
            function that returns one: it is called for every request, so that it can renew it.
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
        pace = self._pace_of(timeout_seconds, cap_seconds)
        return looks(lambda: self.get(key), pace, timeout_seconds=timeout_seconds)
