"""Callback mappings as callers give and get them, and what a callback is given."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field

from taskmill.model.api.base import Model, Name, View
from taskmill.model.api.views import Task
from taskmill.model.clock import to_datetime

if TYPE_CHECKING:  # neither clients nor callbacks need DynamoDB for their models
    from taskmill.model.rows.mapping_row import MappingRow

Event = Literal["success", "failure", "completion"]


class TaskEnded(View):
    """What a callback is given: the task that has ended, as it ended.

    ```python
    @task("notify")
    def notify(event: TaskEnded) -> None:
        print(event.task.status, event.task.attributes.get("result"))
    ```

    The task has no history here. A large input or result is a reference: `TaskService.get_result`
    has the way to it.
    """

    task: Task


class NewCallback(Model):
    """A callback mapping, without its tenant and id."""

    event: Event = Field(
        description="success: it has completed. failure: it has failed. completion: it has ended,"
        " cancelled or however else."
    )
    callback_type: Name = Field(description="Which task type to submit then.")


class CallbackMapping(View):
    """A callback mapping as it stands.

    Attributes:
        id: Begins with the task type and '~'.
    """

    id: str
    tenant_code: str
    task_type: str
    event: str
    callback_type: str
    created_at: datetime
    created_by: str | None = None

    @classmethod
    def from_row(cls, row: MappingRow) -> Self:
        return cls(
            id=row.id,
            tenant_code=row.tenant,
            task_type=row.task_type,
            event=row.event,
            callback_type=row.callback_type,
            created_at=to_datetime(row.created_at) or row.created_at,
            created_by=row.created_by,
        )
