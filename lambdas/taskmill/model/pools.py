"""Worker pools: which of them a process knows, and what is asked of tasks that run in one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from taskmill.model.errors import InvalidRequest, UnknownPool
from taskmill.model.lanes import IN_ORDER, URGENT
from taskmill.model.options import hint_within
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.task_settings import TaskSettings

CONTAINER = "container"
POOL_NAME = r"[a-z][a-z0-9-]{0,31}"
POOL_FORM = "a small letter and up to 31 of a-z 0-9 -"
RESERVED = frozenset(IN_ORDER)  # names of queues that every stack may have


def kinds_of_pools(text: str) -> tuple[tuple[str, str], ...]:
    """Name and kind of each pool in a list such as "large,gpu:container".

    Raises:
        ValueError: A name or a kind is not valid.
    """
    kinds = []
    for each in filter(None, map(str.strip, text.split(","))):
        name, _, kind = each.partition(":")
        if not re.fullmatch(POOL_NAME, name) or kind not in ("", CONTAINER):
            raise ValueError(f"{each!r} is no pool; a name is {POOL_FORM}")
        kinds.append((name, kind or "lambda"))
    return tuple(kinds)


class Pools:
    """The worker pools of a stack, as far as this process knows them.

    Attributes:
        kinds: By the name of a pool: "lambda", or "container" if containers drain it.
    """

    __slots__ = ("kinds",)

    def __init__(self, kinds: Iterable[tuple[str, str]] = ()) -> None:
        self.kinds = dict(kinds)

    def settings_of_new(self, task_type: str, settings: TaskSettings) -> TaskSettings:
        """The settings with which a new task of the type is stored.

        Raises:
            UnknownPool: The type's pool is not one of these.
        """
        if settings.pool is None:
            return settings
        if settings.pool not in self.kinds:
            raise self._unknown(task_type, settings.pool)
        runner = CONTAINER if self.kinds[settings.pool] == CONTAINER else settings.runner
        return replace(settings, runner=runner)

    def _unknown(self, task_type: str, pool: str) -> UnknownPool:
        known = sorted(self.kinds)
        hint = hint_within(pool, known, cutoff=0.6)
        told = f"known are: {', '.join(known)}" if known else "the stack has none"
        return UnknownPool(
            f"pool: tasks of type {task_type!r} run in the pool {pool!r}{hint}; {told}",
            field="pool",
            known=known,
        )


def check_priority(task_type: str, priority: str | None, pool: str | None) -> None:
    """Refuse that a task of a pool goes before the others there: a pool has one queue.

    Raises:
        InvalidRequest: The priority is high or urgent.
    """
    if pool is not None and priority in URGENT:
        raise InvalidRequest(
            f"priority is {priority!r}, but tasks of type {task_type!r} run in the pool {pool!r},"
            " which has one queue for all: give its urgent tasks a pool of their own",
            field="priority",
        )


def pool_of(row: TaskRow) -> str | None:
    """The pool of a stored task; None: the workers of the stack itself."""
    return row.pool or (CONTAINER if row.runner == CONTAINER else None)
