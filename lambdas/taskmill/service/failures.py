"""Lists a tenant's failures from the index alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from taskmill.aws.dynamodb.attention import FailedEntry, failed_entries
from taskmill.model.api.overviews import Failure, FailurePage
from taskmill.model.clock import to_datetime
from taskmill.model.cursors import cursor_of
from taskmill.model.keys import TaskKey, check_name
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.service.pages import EXAMINED_A_PAGE
from taskmill.service.parts import ServiceParts

_LEAST_READ = 10  # entries of one key of the index; 4 KB, half a read unit, hold some more
_FILTERED_READ = 250


@dataclass(frozen=True, kw_only=True)
class Failures(ServiceParts):
    """Reads the index of failed rows, without the rows."""

    def list_failures(
        self,
        *,
        tenant_code: str,
        type: str | None = None,  # noqa: A002  # as in the rows
        fingerprint: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> FailurePage:
        """Failed tasks and subtasks of a tenant, newest first; eventually consistent.

        A page of 50 takes some 5 read units, and one more for each fan-out that has failed
        subtasks in it. With a filter it looks at up to 5,000 failures, so it can be short; go on
        from its cursor until that is None. Subtasks of batches that never began have no row, and
        are not among them: their fan-out is.

        Raises:
            InvalidRequest: The cursor is not of such a list.
        """
        check_name("tenant", tenant_code)
        after = None if cursor is None else FailedEntry.at(cursor)
        is_filtered = type is not None or fingerprint is not None
        page = _FILTERED_READ if is_filtered else max(limit // 6, _LEAST_READ)
        found: list[tuple[FailedEntry, TaskKey]] = []
        last = None
        for examined, entry in enumerate(
            failed_entries(self.tasks.table, tenant_code, page=page, after=after)
        ):
            if len(found) == limit or examined == EXAMINED_A_PAGE:
                break
            last = entry
            key = TaskKey.known(entry.key)
            if key is None or type not in (None, key.type):
                continue
            if fingerprint in (None, entry.fingerprint):
                found.append((entry, key))
        else:
            last = None
        return FailurePage(
            items=tuple(_failure(entry, key) for entry, key in self._standing(found)),
            cursor=None if last is None else cursor_of(last.place),
        )

    def _standing(
        self, found: Iterable[tuple[FailedEntry, TaskKey]]
    ) -> list[tuple[FailedEntry, TaskKey]]:
        """Those that still are failures: subtasks begin anew with their fan-out."""
        listed = list(found)
        parents = list(dict.fromkeys(key.parent for _, key in listed if key.index is not None))
        rows = self.tasks.table.get_many([each.stored for each in parents], consistent=False)
        began = {
            parent: _began_at(TaskRow.shown(values))
            for parent, values in zip(parents, rows, strict=True)
            if values is not None
        }
        return [(entry, key) for entry, key in listed if _is_of_run(entry, key, began)]


def _is_of_run(entry: FailedEntry, key: TaskKey, began: Mapping[TaskKey, int]) -> bool:
    return key.index is None or entry.updated_at >= began.get(key.parent, 0)


def _began_at(parent: object) -> int:
    """When a fan-out was last started again, in epoch ms; 0: it never was."""
    if not isinstance(parent, TaskRow) or parent.run == 1:
        return 0
    return max((each[1] for each in parent.history if each[0] == Status.CREATED), default=0)


def _failure(entry: FailedEntry, key: TaskKey) -> Failure:
    moment = to_datetime(entry.updated_at)
    if moment is None:
        raise ValueError("an entry of the index has a time")
    return Failure(
        **key.as_dict(),
        type=key.type,
        code=key.code,
        index=key.index,
        name=entry.name,
        updated_at=moment,
        fingerprint=entry.fingerprint,
        error_text=entry.error_text,
    )
