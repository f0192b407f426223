"""Reads: tasks, lists of them, progress and results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from taskmill.client.api import collection_of, path_of
from taskmill.client.connection import Connection
from taskmill.model.api.views import Progress, Result, Task
from taskmill.model.errors import InvalidRequest, TaskNotFound
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import Status

Key = Task | TaskKey | Mapping[str, str]
"""A task as any method returned it, its key, or a mapping with `pk` and `sk`."""


class Reads(Connection):
    """What a client may read."""

    def get(self, key: Key | str, code: str | None = None, *, index: int | None = None) -> Task:
        """A task as it stands.

        Args:
            key: A key; or a task type, with the code. What has this type and code is then
                looked for among the single tasks, then among the step function tasks.
            index: Of a subtask.

        Raises:
            TaskNotFound: There is none.
        """
        if not isinstance(key, str):
            return Task.model_validate(self._api.get(path_of(key_of(key))))
        if code is None:
            raise InvalidRequest("a task type needs a code with it", field="code")
        if index is not None:
            return self.get(TaskKey(Kind.SFN_TASK, self.tenant, key, code, index))
        try:
            return self.get(TaskKey(Kind.TASK, self.tenant, key, code))
        except TaskNotFound:
            return self.get(TaskKey(Kind.SFN_TASK, self.tenant, key, code))

    def list(
        self,
        task_type: str | None = None,
        *,
        kind: Kind = Kind.TASK,
        status: Status | None = None,
        order: str = "desc",
        after: str | None = None,
        page_size: int = 100,
    ) -> Iterator[Task]:
        """A tenant's tasks by type and code, newest first; further pages as they are needed.

        Args:
            after: Only what follows this `type#code` in the list, whether it is there or not.
        """
        found = self._api.pages(
            collection_of(kind, self.tenant),
            type=task_type,
            status=status,
            order=order,
            cursor=after,
            limit=page_size,
        )
        return map(Task.model_validate, found)

    def subtasks(
        self, key: Key, *, status: Status | None = None, page_size: int = 100
    ) -> Iterator[Task]:
        """The subtasks of a step function task by index; further pages as they are needed."""
        path = f"{path_of(key_of(key).parent)}/subtasks"
        return map(Task.model_validate, self._api.pages(path, status=status, limit=page_size))

    def children(self, key: Key) -> Iterator[Task]:
        """The tasks that this task started; further pages as they are needed."""
        return map(Task.model_validate, self._api.pages(f"{path_of(key_of(key))}/children"))

    def progress(self, key: Key) -> Progress:
        """How far a step function task is."""
        return Progress.model_validate(self._api.get(f"{path_of(key_of(key).parent)}/progress"))

    def result(self, key: Key) -> Any:
        """What the task function returned; a large result is fetched from the bucket.

        Raises:
            Conflict: The task has not completed.
        """
        result = Result.model_validate(self._api.get(f"{path_of(key_of(key))}/result"))
        return self._api.download(result.result_url) if result.result_url else result.result


def key_of(key: Key) -> TaskKey:
    return key.key if isinstance(key, Task) else TaskKey.of(key)
