"""What the API tells about the caller, its tenants and its task types."""

from __future__ import annotations

from taskmill.client.calls.operations import operation
from taskmill.client.calls.steps import Request, Steps, getting
from taskmill.client.connection import Connection
from taskmill.client.paths import tenant_path
from taskmill.model.api.callers import Tenants, WhoAmI
from taskmill.model.api.health import QueuesHealth, Redrive
from taskmill.model.api.task_types import TaskTypes
from taskmill.model.errors import Forbidden
from taskmill.model.keys import check_name


class Access(Connection):
    """The client's methods that tell what there is, and what the caller may do."""

    @operation
    def whoami(self) -> Steps[WhoAmI]:
        """Who the caller is, what their token lets them do, and what this API can."""
        return WhoAmI.model_validate((yield getting("/v1/whoami")))

    @operation
    def tenants(self) -> Steps[tuple[str, ...]]:
        """The tenants that the token names; of signed callers, all that have had a task.

        Raises:
            Forbidden: A signed caller needs a grant of its own: `grant_list_tenants`.
        """
        return Tenants.model_validate((yield getting("/v1/tenants"))).tenants

    @operation
    def queue_health(self) -> Steps[QueuesHealth]:
        """How full the stack's queues are, of all tenants together."""
        return QueuesHealth.model_validate((yield getting("/v1/health/queues")))

    @operation
    def redrive(self, queue: str = "dead-changes") -> Steps[Redrive]:
        """Have the messages of a dead-letter queue handled again; `queue_health` tells how it goes.

        Args:
            queue: The `id` of a queue that `queue_health` tells to be `redrivable`.

        Raises:
            TaskNotFound: There is no such queue.
            Conflict: Its messages cannot be redriven, or are being redriven.
            Forbidden: The queues are those of all tenants; the token names tenants.
        """
        return Redrive.model_validate((yield Request("POST", _redrive(queue))))

    @operation
    def cancel_redrive(self, queue: str = "dead-changes") -> Steps[Redrive]:
        """Stop a redrive; messages that it has moved are handled.

        Raises:
            TaskNotFound: There is no such queue.
            Conflict: It is not being redriven.
            Forbidden: The queues are those of all tenants; the token names tenants.
        """
        return Redrive.model_validate((yield Request("POST", f"{_redrive(queue)}/cancel")))

    @operation
    def may_write(self) -> Steps[bool]:
        """Whether the caller may change tasks of the tenant; asking changes nothing."""
        try:
            yield Request("POST", f"{tenant_path(self.tenant)}/may-write", repeatable=True)
        except Forbidden:
            return False
        return True

    @operation
    def types(self) -> Steps[TaskTypes]:
        """The task types that the stack's modules declare, with JSON Schemas of their inputs."""
        return TaskTypes.model_validate((yield getting(f"{tenant_path(self.tenant)}/types")))


def _redrive(queue: str) -> str:
    return f"/v1/health/queues/{check_name('queue', queue)}/redrive"
