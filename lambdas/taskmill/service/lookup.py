"""Reads up to 100 tasks by their keys, and leaves out those that a caller has already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from taskmill.model.api.overviews import LookedUp, TaskPlace
from taskmill.model.api.views import Task
from taskmill.model.errors import InvalidKey, InvalidRequest
from taskmill.model.keys import TaskKey
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.service.parts import Key, ServiceParts
from taskmill.service.summaries import shown_as

MAX_KEYS = 100  # of one look-up, as of one BatchGetItem
_Rows = Mapping[TaskKey, TaskRow | UnreadableRow]


@dataclass(frozen=True, kw_only=True)
class Lookups(ServiceParts):
    """Reads tasks by their keys."""

    def lookup(
        self,
        *,
        tenant_code: str,
        keys: Sequence[Key],
        versions: Sequence[int | None] | None = None,
        fields: str | None = None,
    ) -> LookedUp:
        """The tasks with these keys, in this order; 1 read unit for each row of up to 4 KB.

        Args:
            keys: At most 100, of single tasks, step function tasks and subtasks.
            versions: For each key the version that the caller has, or None. A task that still has
                it is in `unchanged` only. A subtask never is, as it can end with its fan-out.
            fields: "summary" leaves out input, result and history.

        Raises:
            InvalidRequest: There are too many keys, one is of another tenant or malformed, or
                there are not as many versions as keys.
        """
        named = _checked(tenant_code, keys, versions)
        rows = self._rows_of(list(named))
        items: list[Task] = []
        unchanged: list[TaskPlace] = []
        missing: list[TaskPlace] = []
        for key, version in named.items():
            row = rows.get(key)
            if row is None:
                missing.append(TaskPlace(**key.as_dict()))
            elif _is_unchanged(row, version):
                unchanged.append(TaskPlace(**key.as_dict()))
            else:
                items.append(shown_as(row, fields))
        return LookedUp(
            items=tuple(items), unchanged=tuple(unchanged), missing=tuple(missing), left_out=()
        )

    def _rows_of(self, keys: Sequence[TaskKey]) -> _Rows:
        whole = [key for key in keys if key.index is None]
        values = self.tasks.table.get_many([key.stored for key in whole])
        rows = {k: TaskRow.shown(each) for k, each in zip(whole, values, strict=True) if each}
        return rows | self.subtasks.among(key for key in keys if key.index is not None)


def _is_unchanged(row: TaskRow | UnreadableRow, version: int | None) -> bool:
    return isinstance(row, TaskRow) and row.key.index is None and row.version == version


def _checked(
    tenant: str, keys: Sequence[Key], versions: Sequence[int | None] | None
) -> dict[TaskKey, int | None]:
    """The keys, each once, with their versions."""
    if not 1 <= len(keys) <= MAX_KEYS:
        raise InvalidRequest(
            f"keys has {len(keys):,}; 1 to {MAX_KEYS} are accepted at a time",
            field="keys",
            limit=MAX_KEYS,
        )
    if versions is not None and len(versions) != len(keys):
        raise InvalidRequest(
            f"versions has {len(versions)} entries for {len(keys)} keys; give one, or null, for"
            " each key",
            field="versions",
        )
    named = [_named(each) for each in keys]
    for place, key in enumerate(named):
        if key.tenant != tenant:
            raise InvalidRequest(
                f"keys[{place}] is of tenant {key.tenant!r}, not of {tenant!r}",
                field=f"keys[{place}].pk",
            )
    return dict(zip(named, versions or [None] * len(named), strict=True))


def _named(key: Key) -> TaskKey:
    try:
        return TaskKey.of(key)
    except InvalidKey as wrong:
        raise InvalidRequest(f"keys: {wrong.message}", field="keys") from None
