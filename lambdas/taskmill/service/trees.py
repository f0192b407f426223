"""A task and the tasks that it has started, and what these have started, a page at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from taskmill.model.api.overviews import TaskTree
from taskmill.model.chunks import chunked
from taskmill.model.cursors import cursor_of, foreign_cursor, place_of
from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import StoredKey, TaskKey
from taskmill.model.limits import MAX_DEPTH
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.service.parts import Key, ServiceParts
from taskmill.service.summaries import summary_of

SIBLINGS = 100  # read at a time; more are never read in vain
TREE = "of this tree"

Shown = TaskRow | UnreadableRow
Path = tuple[StoredKey, ...]
"""The stored keys from a child of the root down to a node."""


@dataclass(frozen=True, kw_only=True)
class Trees(ServiceParts):
    """Reads the descendants of a task by the index of children."""

    def tree(
        self, *, key: Key, depth: int = 1, limit: int = 100, cursor: str | None = None
    ) -> TaskTree:
        """A task, and summaries of its descendants, each before its own children.

        Half a read unit for each node of up to 4 KB, and half a one for each task among them whose
        children are read; eventually consistent. Children of other tenants are left out, and so
        are subtasks of a fan-out: it has batches. Callbacks of a task are among its children; of
        one below the root only if the task itself names them.

        Args:
            depth: Levels below the task, from 1 to 10.
            limit: Nodes in the answer.
            cursor: That of the page before.

        Raises:
            TaskNotFound: No task has this key.
            InvalidRequest: The cursor is not of this tree, or the depth is out of bounds.
        """
        if not 1 <= depth <= MAX_DEPTH:
            raise InvalidRequest(
                f"depth is from 1 to {MAX_DEPTH}, not {depth}", field="depth", limit=MAX_DEPTH
            )
        root = TaskKey.of(key)
        row = self._shown(root)
        walk = _Walk(trees=self, tenant=root.tenant, page=min(limit, SIBLINGS))
        nodes = walk.after(root, _path_of(cursor, root.tenant), depth)
        found = list(itertools.islice(nodes, limit + 1))
        more = len(found) > limit
        return TaskTree(
            root=summary_of(row),
            nodes=tuple(summary_of(each) for _, each in found[:limit]),
            cursor=cursor_of([list(each) for each in found[limit - 1][0]]) if more else None,
        )


@dataclass(frozen=True, kw_only=True)
class _Walk:
    """A walk through the descendants of a task, in the order of their codes.

    Attributes:
        page: Siblings read at a time.
    """

    trees: Trees
    tenant: str
    page: int

    def after(self, parent: TaskKey, path: Path, depth: int) -> Iterator[tuple[Path, Shown]]:
        """What follows the node at `path`, which is relative to `parent`; () is `parent` itself."""
        if not path:
            yield from self._below(parent, depth)
            return
        first, *rest = path
        if depth > 1:
            child = _key_of(first)
            for below, row in self.after(child, tuple(rest), depth - 1):
                yield (first, *below), row
        yield from self._below(parent, depth, after=_key_of(first).code)

    def _below(
        self, parent: TaskKey, depth: int, after: str | None = None
    ) -> Iterator[tuple[Path, Shown]]:
        """The children of a task, each followed by what is below it."""
        for stored, row in self._children(parent, after):
            yield (stored,), row
            if depth > 1 and isinstance(row, TaskRow) and _may_have_children(row):
                for below, each in self._below(row.key, depth - 1):
                    yield (stored, *below), each

    def _children(self, parent: TaskKey, after: str | None) -> Iterator[tuple[StoredKey, Shown]]:
        found = self.trees.children.stored_keys_of(parent, after=after, page=self.page + 1)
        own = (each for each in found if each.tenant == self.tenant)
        for chunk in chunked(own, self.page + 1):
            rows = self.trees.tasks.table.get_many(chunk, consistent=False)
            for stored, values in zip(chunk, rows, strict=True):
                if values is not None:  # else it has expired
                    yield stored, TaskRow.shown(values)


def _may_have_children(row: TaskRow) -> bool:
    """Whether it has started tasks, or callbacks that its own row names may have followed."""
    return bool(row.child_count or row.callbacks)


def _path_of(cursor: str | None, tenant: str) -> Path:
    """The path to the last node of the page before.

    Raises:
        InvalidRequest: The cursor is not of a tree of this tenant.
    """
    path: list[StoredKey] = []
    for each in [] if cursor is None else place_of(cursor, TREE)[: MAX_DEPTH + 1]:
        match each:
            case [str(pk), str(sk)] if StoredKey(pk, sk).tenant == tenant:
                _key_of(StoredKey(pk, sk))
                path.append(StoredKey(pk, sk))
            case _:
                raise foreign_cursor(TREE)
    return tuple(path)


def _key_of(stored: StoredKey) -> TaskKey:
    key = TaskKey.known(stored)
    if key is None:
        raise foreign_cursor(TREE)
    return key
