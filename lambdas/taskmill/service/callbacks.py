"""Callback mappings: which task type to submit when a task of another type has ended."""

from __future__ import annotations

from dataclasses import dataclass

from taskmill.model.api.callbacks import CallbackMapping
from taskmill.model.api.requests import InvokeContext
from taskmill.model.built_in import check_free
from taskmill.model.callback_circles import circle_warning, find_circle
from taskmill.model.errors import Conflict, InvalidRequest, TaskNotFound
from taskmill.model.keys import check_name, mapped_type, mapping_id
from taskmill.model.rows.mapping_row import MappingRow
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.task_settings import EVENTS
from taskmill.service.cross_tenant import foreign_source, traced
from taskmill.service.parts import ServiceParts

Shown = MappingRow | UnreadableRow
MAX_MAPPINGS = 50  # per tenant and task type
_TRIES = 5


@dataclass(frozen=True, kw_only=True)
class Callbacks(ServiceParts):
    """Stores callback mappings; the dispatcher reads them when a task ends.

    A mapping applies to every task that is submitted, or retried, after it was registered. For
    tasks submitted before, it takes effect within a minute, the time that dispatchers cache them.
    """

    def register_callback(
        self,
        *,
        tenant_code: str,
        task_type: str,
        event: str,
        callback_type: str,
        id: str | None = None,  # noqa: A002  # as the API's field
        invoke_context: InvokeContext | None = None,
    ) -> CallbackMapping:
        """Submit a task of `callback_type` whenever a task of `task_type` has ended.

        The input of the callback is `{"task": ...}` with the ended task: see `TaskEnded`. Each
        callback type is submitted once per ended task, even if the task type, the submit and
        several mappings name it. Registering the same mapping again changes nothing.

        A mapping that closes a circle of callbacks is stored, and returned with a `warning`.

        Args:
            event: "success", "failure", or "completion" (any end, also by cancel).
            id: `<task type>~<name>`. Default: `<task_type>~<event>~<callback_type>`. Replaces
                another mapping that has the same id.

        Raises:
            InvalidRequest: A field is not valid, or `callback_type` is `task_type` itself.
            Conflict: The task type has 50 mappings already, or the tenant 1,000, or others keep
                changing the mapping.
            Forbidden: A task of another tenant calls it, and the stack refuses that.
        """
        source = foreign_source(tenant_code, allowed=self.cross_tenant)
        context = traced(invoke_context or InvokeContext(), source)
        mapping = id or mapping_id(task_type, event, callback_type)
        _check(task_type, event, callback_type, mapping)
        row = MappingRow(
            tenant=tenant_code,
            task_type=task_type,
            name=mapping.partition("~")[2],
            event=event,
            callback_type=callback_type,
            created_at=self.clock(),
            created_by=context.user,
        )
        stored = CallbackMapping.from_row(self._stored(row))
        circle = find_circle(
            task_type, callback_type, lambda each: self._callback_types(tenant_code, each)
        )
        if circle is None:
            return stored
        return stored.model_copy(update={"warning": circle_warning(circle)})

    def list_callbacks(self, *, tenant_code: str, task_type: str) -> list[CallbackMapping]:
        """All mappings of a task type, by id."""
        found = self.mappings.of_type(tenant_code, task_type)
        return [CallbackMapping.from_row(row) for row in found]

    def get_callback(self, *, tenant_code: str, id: str) -> CallbackMapping:  # noqa: A002
        """The mapping with this id.

        Raises:
            TaskNotFound: No mapping has this id.
        """
        return CallbackMapping.from_row(_found(self.mappings.get(tenant_code, id), id))

    def delete_callback(self, *, tenant_code: str, id: str) -> CallbackMapping:  # noqa: A002
        """Delete a mapping and return it. Callbacks it has already submitted are not affected.

        Raises:
            TaskNotFound: No mapping has this id.
        """
        return CallbackMapping.from_row(_found(self.mappings.delete(tenant_code, id), id))

    def _callback_types(self, tenant: str, task_type: str) -> list[str]:
        """The types that the end of a type submits, by its code as far as it is known here."""
        declared = [target for _, target in self.registry.settings(task_type).callbacks]
        stored = self.mappings.of_type(tenant, task_type)
        mapped = [each.callback_type for each in stored if not isinstance(each, UnreadableRow)]
        return [*declared, *mapped]

    def _check_mapping_count(self, tenant: str) -> None:
        if (count := self.mappings.count(tenant)) >= self.max_mappings:
            raise Conflict(
                f"tenant {tenant!r} has {count:,} callbacks; at most {self.max_mappings:,} are"
                " accepted",
                limit=self.max_mappings,
            )

    def _stored(self, row: MappingRow) -> MappingRow:
        """Store the row and return it, or return an existing row that says the same."""
        for _ in range(_TRIES):
            known = {
                each.values["sk"] if isinstance(each, UnreadableRow) else each.name: each
                for each in self.mappings.of_type(row.tenant, row.task_type)
            }
            before = known.get(row.name)
            if isinstance(before, UnreadableRow):
                raise before  # to be deleted first
            if before and (before.event, before.callback_type) == (row.event, row.callback_type):
                return before
            if before is None and len(known) >= MAX_MAPPINGS:
                raise Conflict(
                    f"{row.task_type!r} has {len(known)} callbacks; at most {MAX_MAPPINGS} are"
                    " accepted",
                    limit=MAX_MAPPINGS,
                )
            if before is None:
                self._check_mapping_count(row.tenant)
            if self.mappings.put(row, over=before):
                return row
        raise Conflict(f"callback {row.id!r} is being changed by others; try again", field="id")


def _check(task_type: str, event: str, callback_type: str, mapping: str) -> None:
    check_name("taskType", task_type)
    check_name("callbackType", callback_type)
    check_free(callback_type, field="callbackType")
    if event not in EVENTS:
        raise InvalidRequest(f"event is one of {', '.join(EVENTS)}, not {event!r}", field="event")
    if callback_type == task_type:
        raise InvalidRequest(
            f"callbackType is {task_type!r}, the type of the task itself: it would never end",
            field="callbackType",
        )
    if mapped_type(mapping) != task_type:
        raise InvalidRequest(f"id {mapping!r} must begin with {task_type + '~'!r}", field="id")


def _found(row: Shown | None, mapping: str) -> Shown:
    if row is None:
        raise TaskNotFound(f"no callback {mapping!r}", field="id")
    return row
