"""Callback mappings: what is submitted whenever tasks of a type end."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from taskmill.client.connection import Connection
from taskmill.client.wire import to_body
from taskmill.model.api.callbacks import CallbackMapping, Event
from taskmill.model.errors import InvalidKey
from taskmill.model.keys import check_name, mapped_type, mapping_id


class Callbacks(Connection):
    """What a client may do with callback mappings."""

    def register_callback(
        self,
        task_type: str,
        event: Event,
        callback_type: str,
        *,
        id: str | None = None,  # noqa: A002  # the field's word
    ) -> CallbackMapping:
        """Submit a task of `callback_type` whenever one of `task_type` has ended.

        Its input is `{"task": ...}`, the task that has ended. Registering the same again changes
        nothing. A mapping goes for tasks that are submitted after it.

        Args:
            event: "success", "failure", or "completion", which a cancelled task has too.
            id: `<task type>~<name>`; one made of the other fields by default. Another mapping
                under the same id is replaced.

        Raises:
            InvalidRequest: A field is refused; the message names it.
            Conflict: The task type has 50 mappings already.
        """
        mapping = id or mapping_id(
            check_name("taskType", task_type), event, check_name("callbackType", callback_type)
        )
        if mapped_type(mapping) != task_type:
            raise InvalidKey(f"id {mapping!r} must begin with {task_type + '~'!r}", field="id")
        body = to_body({"event": event, "callbackType": callback_type})
        return CallbackMapping.model_validate(self._api.put(self._path_of(mapping), body))

    def callback(self, id: str) -> CallbackMapping:  # noqa: A002
        """A callback mapping as it stands.

        Raises:
            TaskNotFound: None has this id.
        """
        return CallbackMapping.model_validate(self._api.get(self._path_of(id)))

    def callbacks(self, task_type: str) -> Iterator[CallbackMapping]:
        """The callback mappings of a task type, by id."""
        found = self._api.pages(self._callbacks, type=task_type)
        return map(CallbackMapping.model_validate, found)

    def delete_callback(self, id: str) -> CallbackMapping:  # noqa: A002
        """Remove a callback mapping and return it as it was."""
        return CallbackMapping.model_validate(self._api.delete(self._path_of(id)))

    @property
    def _callbacks(self) -> str:
        return f"/v1/tenants/{quote(self.tenant, safe='')}/callbacks"

    def _path_of(self, mapping: str) -> str:
        mapped_type(mapping)  # refuses what is no id
        return f"{self._callbacks}/{mapping}"
