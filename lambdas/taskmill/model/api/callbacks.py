"""Models of callback mappings, and of the input that a callback receives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field

from taskmill.model.api.base import Model, Name, Unreadable, View
from taskmill.model.api.views import Task
from taskmill.model.clock import to_datetime
from taskmill.model.rows.readable import UnreadableRow, reason_of

if TYPE_CHECKING:  # clients and callbacks need the models without the rows
    from taskmill.model.rows.mapping_row import MappingRow

Event = Literal["success", "failure", "completion"]


class TaskEnded(View):
    """The input of a callback: a snapshot of the task that has ended.

    ```python
    @task("notify")
    def notify(event: TaskEnded) -> None:
        print(event.task.status, event.task.attributes.get("result"))
    ```

    The snapshot has no history. A large input or result is only a reference (`inputRef`,
    `resultRef`); `TaskService.get_result` fetches a result.
    """

    task: Task


class NewCallback(Model):
    """A callback mapping to store; the request path names its tenant and id."""

    event: Event = Field(
        description="Which end of a task triggers the callback. success: COMPLETED."
        " failure: FAILED. completion: any of these, or CANCELLED."
    )
    callback_type: Name = Field(description="The task type to submit as the callback.")


class CallbackMapping(View):
    """A stored callback mapping.

    Attributes:
        id: The task type, '~', and a name that is unique for this type.
        unreadable: Why the stored row cannot be read; None if it can.
        warning: Only in the answer to storing it, if its callbacks and others submit each other.
    """

    id: str
    tenant_code: str
    task_type: str
    event: str
    callback_type: str
    created_at: datetime | None = None
    created_by: str | None = None
    unreadable: Unreadable = None
    warning: str | None = Field(
        default=None,
        exclude_if=lambda warning: warning is None,
        description="Set when a mapping is stored that closes a circle: callbacks that submit each"
        " other.",
    )

    @classmethod
    def from_row(cls, row: MappingRow | UnreadableRow) -> Self:
        """The mapping of a row; of an unreadable one what can be shown, and the reason."""
        if isinstance(row, UnreadableRow):
            return cls._of_unreadable(row.values, row.reason)
        try:
            created_at = to_datetime(row.created_at)
        except (ValueError, OverflowError, OSError) as error:
            return cls._of_unreadable(row.to_values(), f"createdAt: {reason_of(error)}")
        return cls(
            id=row.id,
            tenant_code=row.tenant,
            task_type=row.task_type,
            event=row.event,
            callback_type=row.callback_type,
            created_at=created_at,
            created_by=row.created_by,
        )

    @classmethod
    def _of_unreadable(cls, values: Mapping[str, Any], reason: str) -> Self:
        tenant, _, task_type = str(values.get("pk", "")).partition("#")[2].partition("#")
        return cls(
            id=f"{task_type}~{values.get('sk', '')}",
            tenant_code=tenant,
            task_type=task_type,
            event=str(values.get("event", "")),
            callback_type=str(values.get("callbackType", "")),
            unreadable=reason,
        )
