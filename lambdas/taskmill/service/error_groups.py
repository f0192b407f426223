"""Error groups: reads them, and marks them as resolved or ignored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.statistics import StatisticsStore
from taskmill.model.api.statistics import ErrorGroup, ErrorGroupPage, ErrorSample, GroupState
from taskmill.model.clock import to_datetime
from taskmill.model.errors import InvalidRequest, TaskNotFound
from taskmill.model.keys import StoredKey, TaskKey
from taskmill.model.statistics.names import HOUR_MS, OF_HOUR, group_partition
from taskmill.model.wait_errors import TaskFailed
from taskmill.service.parts import ServiceParts

SHOWN_HOURS = 24
Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ErrorGroups(ServiceParts):
    """Operations on error groups. A group has a row for each task type in which it occurred."""

    def list_error_groups(
        self,
        *,
        tenant_code: str,
        state: GroupState | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> ErrorGroupPage:
        """Error groups, those that occurred last first.

        It reads all of a tenant, 0.06 read units each.

        Args:
            state: Only those in this state.
            after: The cursor of the previous page.
        """
        rows = StatisticsStore(self.tasks.table).of(group_partition(tenant_code))
        groups = [each for each in self._merged(rows) if state in (None, each.state)]
        groups.sort(key=_place, reverse=True)
        if after is not None:
            groups = [each for each in groups if _place(each) < _parsed(after)]
        page = groups[:limit]
        return ErrorGroupPage(
            groups=tuple(page), cursor=_cursor(page[-1]) if len(groups) > limit else None
        )

    def get_error_group(self, *, tenant_code: str, fingerprint: str) -> ErrorGroup:
        """A group with one of its errors.

        Raises:
            TaskNotFound: There is no such group.
        """
        (group,) = self._merged(self._rows(tenant_code, fingerprint))
        return group.model_copy(update={"sample": self._sample(tenant_code, group)})

    def set_error_group(
        self, *, tenant_code: str, fingerprint: str, state: GroupState
    ) -> ErrorGroup:
        """Resolve, ignore or reopen a group. A resolved one reopens when it occurs again.

        Raises:
            TaskNotFound: There is no such group.
        """
        store, now = StatisticsStore(self.tasks.table), self.clock()
        for row in self._rows(tenant_code, fingerprint):
            sets = {"state": state, "stateAt": now, "newSince": None}
            store.set_state(StoredKey(row["pk"], row["sk"]), sets, where={})
        return self.get_error_group(tenant_code=tenant_code, fingerprint=fingerprint)

    def _rows(self, tenant: str, fingerprint: str) -> Sequence[Row]:
        store = StatisticsStore(self.tasks.table)
        rows = list(store.of(group_partition(tenant), begins=f"{fingerprint}#", consistent=True))
        if not any("errorType" in row for row in rows):
            raise TaskNotFound(f"no error group {fingerprint} of tenant {tenant}")
        return rows

    def _merged(self, rows: Iterable[Row]) -> list[ErrorGroup]:
        by_mark: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if "errorType" in row:
                by_mark[row["sk"].partition("#")[0]].append(row)
        return [_group(mark, each, self.clock()) for mark, each in by_mark.items()]

    def _sample(self, tenant: str, group: ErrorGroup) -> ErrorSample:
        """A whole error: as it was kept, or that of the task that failed last."""
        kept: Row = StatisticsStore(self.tasks.table).sample(tenant, group.fingerprint) or {}
        if "stack" not in kept:
            kept = self._error_of(group) or kept
        known = {name: str(kept[name]) for name in ("type", "message", "stack") if name in kept}
        return ErrorSample(**{"type": group.error_type, "message": group.message, **known})

    def _error_of(self, group: ErrorGroup) -> Row | None:
        try:
            row = self._row(TaskKey.from_text(group.last_key))
        except Exception:  # noqa: BLE001  # gone, or unreadable: then the group's own words do
            return None
        error = row.attributes.get("error")
        if row.fingerprint != group.fingerprint or not isinstance(error, Mapping):
            return None
        return error if error.get("type") == group.error_type else None


def _group(mark: str, rows: Sequence[Row], now: int) -> ErrorGroup:
    last = max(rows, key=lambda row: row["lastAt"])
    cause = max(rows, key=_tells_more)
    newest = max(rows, key=lambda row: row.get("stateAt", 0))
    reopened = [row["newSince"] for row in rows if row.get("newSince")]
    state = "open" if reopened else newest.get("state", "open")
    resolved = newest.get("stateAt", 0)
    occurred = [row["firstAt"] for row in rows if "state" not in row and row["firstAt"] > resolved]
    if state == "resolved" and occurred:  # in another type, which it had not been resolved in
        state, reopened = "open", occurred
    return ErrorGroup(
        fingerprint=mark,
        error_type=cause["errorType"],
        message=cause["message"],
        types=tuple(sorted({row["sk"].partition("#")[2] for row in rows})),
        count=sum(row.get("count", 0) for row in rows),
        open=max(sum(row.get("open", 0) for row in rows), 0),
        first_at=to_datetime(min(row["firstAt"] for row in rows)),
        last_at=to_datetime(last["lastAt"]),
        last_key=last["lastKey"],
        hours=_hours(rows, now),
        state=state,
        new_since=to_datetime(min(reopened)) if reopened else None,
    )


def _tells_more(row: Row) -> tuple[bool, int]:
    """The error itself before that of parents, which only tell that a child has failed."""
    return row["errorType"] != TaskFailed.__name__, row["lastAt"]


def _hours(rows: Sequence[Row], now: int) -> tuple[int, ...]:
    last = now // HOUR_MS
    names = [f"{OF_HOUR}{hour}" for hour in range(last - SHOWN_HOURS + 1, last + 1)]
    return tuple(sum(row.get(name, 0) for row in rows) for name in names)


def _place(group: ErrorGroup) -> tuple[int, str]:
    return round(group.last_at.timestamp() * 1000), group.fingerprint


def _cursor(group: ErrorGroup) -> str:
    at, mark = _place(group)
    return f"{at}-{mark}"


def _parsed(cursor: str) -> tuple[int, str]:
    at, _, mark = cursor.partition("-")
    if not at.isdecimal():
        raise InvalidRequest(f"cursor: {cursor!r} is none of this list", field="cursor")
    return int(at), mark
