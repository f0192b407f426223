"""Callback mappings: tasks that are submitted whenever a task of a type ends."""

from __future__ import annotations

from typing import get_args

from taskmill.client.calls.operations import listing, operation
from taskmill.client.calls.steps import Listing, Request, Steps, getting
from taskmill.client.connection import Connection
from taskmill.client.paths import tenant_path
from taskmill.client.wire import to_body
from taskmill.model.api.callbacks import CallbackMapping, Event
from taskmill.model.errors import InvalidKey
from taskmill.model.keys import check_name, mapped_type, mapping_id
from taskmill.model.options import check_choice, suggests


class Callbacks(Connection):
    """The client's methods for callback mappings."""

    @operation
    @suggests
    def register_callback(
        self,
        task_type: str,
        event: Event,
        callback_type: str,
        *,
        id: str | None = None,  # noqa: A002  # the field's word
    ) -> Steps[CallbackMapping]:
        """Submit a task of `callback_type` whenever one of `task_type` has ended.

        The input of the submitted task is `{"task": ...}`, the task that has ended. Repeating the
        call changes nothing. The mapping applies to tasks that are submitted after it.

        Args:
            event: "success", "failure", or "completion" (any end, also cancelled).
            id: `<task type>~<name>`; by default `<task type>~<event>~<callback type>`. An existing
                mapping with this id is replaced.

        Raises:
            InvalidRequest: A field is invalid; the message names it.
            InvalidKey: The id does not begin with the task type.
            Conflict: The task type already has 50 mappings.
        """
        check_choice("event", event, get_args(Event))
        mapping = id or mapping_id(
            check_name("taskType", task_type), event, check_name("callbackType", callback_type)
        )
        if mapped_type(mapping) != task_type:
            raise InvalidKey(f"id {mapping!r} must begin with {task_type + '~'!r}", field="id")
        body = to_body({"event": event, "callbackType": callback_type})
        request = Request("PUT", self._path_of(mapping), body, repeatable=True)
        return CallbackMapping.model_validate((yield request))

    @operation
    def callback(self, id: str) -> Steps[CallbackMapping]:  # noqa: A002
        """Get a callback mapping.

        Raises:
            TaskNotFound: No mapping has this id.
        """
        return CallbackMapping.model_validate((yield getting(self._path_of(id))))

    @listing
    def callbacks(self, task_type: str) -> Listing[CallbackMapping]:
        """The callback mappings of a task type, sorted by id."""
        return Listing(self._callbacks, CallbackMapping.model_validate, {"type": task_type})

    @operation
    def delete_callback(self, id: str) -> Steps[CallbackMapping]:  # noqa: A002
        """Remove a callback mapping and return it.

        Raises:
            TaskNotFound: No mapping has this id.
        """
        return CallbackMapping.model_validate((yield Request("DELETE", self._path_of(id))))

    @property
    def _callbacks(self) -> str:
        return f"{tenant_path(self.tenant)}/callbacks"

    def _path_of(self, mapping: str) -> str:
        mapped_type(mapping)  # raises InvalidKey if the id is malformed
        return f"{self._callbacks}/{mapping}"
