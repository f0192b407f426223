"""Finds a tenant's newest tasks of all types.

Lists are in the order of type and code, and no index is in the order of time. ULIDs and UUIDs of
version 7 sort by time within their type; of all other codes, the task's own time decides, so that
they are read, up to a limit. So this takes a request or two for each type with more tasks than are
asked for, and one for all types with fewer.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from taskmill.model.keys import Kind, TaskKey
from taskmill.model.limits import MAX_PAGE
from taskmill.model.statuses import Status

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient
    from taskmill.model.api.views import Task

OTHER_CODES = (
    1_000  # tasks per type and kind that are read although their codes do not sort by time
)
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class Newest:
    """The search for the newest tasks, or for the oldest.

    Attributes:
        since: Only tasks created then or later.
        until: Only tasks created before.
        prefix: Only tasks of `type` whose codes begin so.
        incomplete: Types with more tasks whose codes do not sort by time than were read.
    """

    client: TaskClient
    limit: int
    kinds: Sequence[Kind] = tuple(Kind)
    type: str | None = None
    status: Status | Sequence[Status] | None = None
    since: datetime | None = None
    until: datetime | None = None
    prefix: str | None = None
    oldest: bool = False
    incomplete: set[str] = field(default_factory=set, init=False)

    def find(self) -> list[Task]:
        """Up to `limit` tasks, sorted by the time they were created."""
        found: dict[TaskKey, Task] = {
            task.key: task for kind in self.kinds for task in self._of_kind(kind)
        }
        by_time = sorted(
            found.values(),
            key=lambda task: (task.created_at or _LONG_AGO, task.code),
            reverse=not self.oldest,
        )
        return by_time[: self.limit]

    def _of_kind(self, kind: Kind) -> Iterator[Task]:
        after: str | None = None
        while True:
            left = yield from self._of_types(kind, after)
            if left is None or self.type is not None:
                return
            after = f"{left}#{'z' * 64 if self.oldest else '0'}"  # behind all its codes

    def _of_types(self, kind: Kind, after: str | None) -> Generator[Task, None, str | None]:
        """Enough tasks of each type, up to the first that has more.

        Returns:
            That type; None at the end of the list.
        """
        tasks = self._list(kind, after, self.type)
        for task_type, group in groupby(tasks, key=lambda task: task.type):
            more: bool = yield from self._enough(group)
            if more:
                # Codes of one's own that lie behind those of our time: no ULID sorts before 01A
                # (the year 2016), and none after 0z.
                behind = f"{task_type}#{'0z' if self.oldest else '01A'}"
                yield from self._enough(self._list(kind, behind, task_type))
                return str(task_type)
        return None

    def _enough(self, tasks: Iterable[Task]) -> Generator[Task, None, bool]:
        """Tasks of a type, until those that follow cannot be newer.

        Returns:
            Whether any follow.
        """
        in_order = others = 0
        for task in tasks:
            if in_order == self.limit:
                return True
            if others == OTHER_CODES:
                self.incomplete.add(task.type)
                return True
            yield task
            if _sorts_by_time(task.code):
                in_order += 1
            else:
                others += 1
        return False

    def _list(self, kind: Kind, after: str | None, task_type: str | None) -> Iterator[Task]:
        return self.client.list(
            task_type,
            kind=kind,
            status=self.status,
            created_after=self.since,
            created_before=self.until,
            code_prefix=self.prefix,
            order="asc" if self.oldest else "desc",
            after=after,
            page_size=min(self.limit + 1, MAX_PAGE),
        )


def _sorts_by_time(code: str) -> bool:
    return bool(_ULID.fullmatch(code) or _UUID7.fullmatch(code))
