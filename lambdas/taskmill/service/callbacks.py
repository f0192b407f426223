"""Stored callback mappings: which task type to submit when tasks of another one have ended."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.model.api.callbacks import CallbackMapping
from taskmill.model.api.requests import InvokeContext
from taskmill.model.errors import Conflict, InvalidRequest, TaskNotFound
from taskmill.model.keys import check_name, mapped_type, mapping_id
from taskmill.model.rows.mapping_row import MappingRow
from taskmill.model.task_settings import EVENTS
from taskmill.service.parts import ServiceParts

MAX_MAPPINGS = 50  # of one task type
_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Callbacks(ServiceParts):
    """Keeps mappings; the dispatcher looks at them when a task ends.

    A mapping goes for every task that is submitted, or started again by a retry, after it was
    registered; for others from a minute later on at the latest.
    """

    def register_callback(
        self,
        *,
        tenant_code: str,
        task_type: str,
        event: str,
        callback_type: str,
        id: str | None = None,  # noqa: A002  # the field's word
        invoke_context: InvokeContext | None = None,
    ) -> CallbackMapping:
        """Submit a task of `callback_type` whenever one of `task_type` has ended.

        Its input is `{"task": ...}`, the task that has ended: see `TaskEnded`. However many
        mappings, types and submits name a callback type, one end submits it once. Registering the
        same again changes nothing.

        Args:
            event: "success", "failure", or "completion", which a cancelled task has too.
            id: `<task type>~<name>`; one made of the other fields by default. Another mapping
                under the same id is replaced.

        Raises:
            InvalidRequest: A field is not valid, or the type is to be its own callback.
            Conflict: The task type has 50 mappings already.
        """
        mapping = id or mapping_id(task_type, event, callback_type)
        _check(task_type, event, callback_type, mapping)
        row = MappingRow(
            tenant=tenant_code,
            task_type=task_type,
            name=mapping.partition("~")[2],
            event=event,
            callback_type=callback_type,
            created_at=self.clock(),
            created_by=invoke_context.user if invoke_context else None,
        )
        return CallbackMapping.from_row(self._stored(row))

    def list_callbacks(self, *, tenant_code: str, task_type: str) -> list[CallbackMapping]:
        """All mappings of a task type, by id."""
        found = self.mappings.of_type(tenant_code, task_type)
        return [CallbackMapping.from_row(row) for row in found]

    def get_callback(self, *, tenant_code: str, id: str) -> CallbackMapping:  # noqa: A002
        """A mapping as it stands.

        Raises:
            TaskNotFound: None has this id.
        """
        return CallbackMapping.from_row(_found(self.mappings.get(tenant_code, id), id))

    def delete_callback(self, *, tenant_code: str, id: str) -> CallbackMapping:  # noqa: A002
        """Remove a mapping and return it as it was. Callbacks that it has submitted go on.

        Raises:
            TaskNotFound: None has this id.
        """
        return CallbackMapping.from_row(_found(self.mappings.delete(tenant_code, id), id))

    def _stored(self, row: MappingRow) -> MappingRow:
        """The row once it is stored, or the one that says the same."""
        for _ in range(_TRIES):
            known = {each.id: each for each in self.mappings.of_type(row.tenant, row.task_type)}
            before = known.get(row.id)
            if before and (before.event, before.callback_type) == (row.event, row.callback_type):
                return before
            if before is None and len(known) >= MAX_MAPPINGS:
                raise Conflict(
                    f"{row.task_type!r} has {len(known)} callbacks; at most {MAX_MAPPINGS} are"
                    " accepted",
                    limit=MAX_MAPPINGS,
                )
            if self.mappings.put(row, over=before):
                return row
        raise Conflict(f"callback {row.id!r} is being changed by others; try again", field="id")


def _check(task_type: str, event: str, callback_type: str, mapping: str) -> None:
    check_name("taskType", task_type)
    check_name("callbackType", callback_type)
    if event not in EVENTS:
        raise InvalidRequest(f"event is one of {', '.join(EVENTS)}, not {event!r}", field="event")
    if callback_type == task_type:
        raise InvalidRequest(
            f"callbackType is {task_type!r}, the type of the task itself: it would never end",
            field="callbackType",
        )
    if mapped_type(mapping) != task_type:
        raise InvalidRequest(f"id {mapping!r} must begin with {task_type + '~'!r}", field="id")


def _found(row: MappingRow | None, mapping: str) -> MappingRow:
    if row is None:
        raise TaskNotFound(f"no callback {mapping!r}", field="id")
    return row
