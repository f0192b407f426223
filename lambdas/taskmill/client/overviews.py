"""Reading many tasks at a time: failures, look-ups, trees, batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from taskmill.client.calls.operations import listing, operation
from taskmill.client.calls.steps import Listing, Request, Steps, getting
from taskmill.client.connection import Connection
from taskmill.client.paths import path_of, tenant_path
from taskmill.client.read import Key, key_of
from taskmill.client.wire import to_body
from taskmill.model.api.overviews import Batch, BatchPage, Failure, LookedUp, TaskTree
from taskmill.model.limits import MAX_DEPTH, MAX_PAGE
from taskmill.model.options import check_named, check_whole, suggests


class Overviews(Connection):
    """The client's methods that read many tasks at a time."""

    @listing
    @suggests
    def failures(
        self,
        task_type: str | None = None,
        *,
        fingerprint: str | None = None,
        page_size: int = 100,
    ) -> Listing[Failure]:
        """Failed tasks and subtasks, newest first; requests each page when it is needed.

        Args:
            task_type: Only those of this type.
            fingerprint: Only those whose error has it: those of one group.
            page_size: Failures per request, up to 1,000.
        """
        check_whole("page_size", page_size, least=1, most=MAX_PAGE)
        if task_type is not None:
            check_named("task_type", task_type)
        query = {"type": task_type, "fingerprint": fingerprint, "limit": page_size}
        path = f"{tenant_path(self.tenant)}/failures"
        return Listing(path, Failure.model_validate, query)

    @operation
    def lookup(
        self,
        keys: Sequence[Key],
        *,
        versions: Sequence[int | None] | None = None,
        summary: bool = False,
    ) -> Steps[LookedUp]:
        """Get up to 100 tasks by their keys, in one request.

        Args:
            versions: For each key the version that you have, or None; a task that still has it is
                in `unchanged` only.
            summary: Leave out input, result and history.

        Raises:
            InvalidRequest: There are more than 100 keys, or one is of another tenant.
        """
        wanted = [key_of(each).as_dict() for each in keys]
        body: dict[str, Any] = {"keys": wanted, "fields": "summary" if summary else None}
        body["versions"] = None if versions is None else list(versions)
        path = f"{tenant_path(self.tenant)}/lookup"
        answer = yield Request("POST", path, to_body(body), repeatable=True)
        return LookedUp.model_validate(answer)

    @operation
    @suggests
    def tree(
        self, key: Key, *, depth: int = 1, limit: int = 100, cursor: str | None = None
    ) -> Steps[TaskTree]:
        """A task, and summaries of the tasks that it has started, each before its own children.

        Args:
            depth: Levels below the task, up to 10.
            limit: Nodes in the answer, up to 1,000.
            cursor: Go on after the answer that had it.

        Raises:
            TaskNotFound: No task has this key.
        """
        check_whole("depth", depth, least=1, most=MAX_DEPTH)
        check_whole("limit", limit, least=1, most=MAX_PAGE)
        path = f"{path_of(key_of(key).parent)}/tree"
        answer = yield getting(path, depth=depth, limit=limit, cursor=cursor)
        return TaskTree.model_validate(answer)

    @operation
    def batches(self, key: Key) -> Steps[tuple[Batch, ...]]:
        """The batches of a step function task, in order, with their counts; at most 5,000.

        Raises:
            TaskNotFound: No task has this key.
        """
        found = yield getting(f"{path_of(key_of(key).parent)}/batches")
        return BatchPage.model_validate(found).batches
