"""Statistics: numbers of tasks, their history, and groups of errors."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from taskmill.client.calls.operations import listing, operation
from taskmill.client.calls.steps import Listing, Request, Steps, getting
from taskmill.client.connection import Connection
from taskmill.client.paths import tenant_path
from taskmill.model.api.statistics import ErrorGroup, GroupState, History, Statistics
from taskmill.model.keys import check_name
from taskmill.model.limits import MAX_PAGE
from taskmill.model.options import check_whole, suggests


class StatisticsCalls(Connection):
    """The client's methods for statistics and error groups; both may be a minute behind."""

    @operation
    def statistics(self) -> Steps[Statistics]:
        """How many tasks of each type are in which status."""
        return Statistics.model_validate((yield getting(f"{self._root}/statistics")))

    @operation
    def history(
        self,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        task_type: str | None = None,
        by: Literal["hour", "day"] = "hour",
    ) -> Steps[History]:
        """What happened to tasks in each hour or day, and how long they waited and ran.

        Args:
            since: 48 hours before `until` by default.
            until: Now by default; at most 100 days after `since`.
            task_type: Only tasks of this type.

        Raises:
            InvalidRequest: A time is out of range.
        """
        query = {
            "from": since and since.isoformat(),
            "to": until and until.isoformat(),
            "type": task_type,
            "by": by,
        }
        given = {name: value for name, value in query.items() if value is not None}
        path = f"{self._root}/statistics/history"
        return History.model_validate((yield getting(path, **given)))

    @listing
    @suggests
    def error_groups(
        self, *, state: GroupState | None = None, page_size: int = 100
    ) -> Listing[ErrorGroup]:
        """Groups of equal errors, those that occurred last first.

        Args:
            state: Only groups in this state.
        """
        check_whole("page_size", page_size, least=1, most=MAX_PAGE)
        query = {"limit": page_size} | ({"state": state} if state else {})
        return Listing(f"{self._root}/errors", ErrorGroup.model_validate, query, "groups")

    @operation
    def error_group(self, fingerprint: str) -> Steps[ErrorGroup]:
        """A group of equal errors, with one of them as its `sample`.

        Raises:
            TaskNotFound: There is no such group.
        """
        return ErrorGroup.model_validate((yield getting(self._group(fingerprint))))

    @operation
    def resolve_error_group(self, fingerprint: str) -> Steps[ErrorGroup]:
        """Mark a group as resolved; it reopens by itself when it occurs again. Raises as above."""
        return ErrorGroup.model_validate((yield self._change(fingerprint, "resolve")))

    @operation
    def ignore_error_group(self, fingerprint: str) -> Steps[ErrorGroup]:
        """Mark a group as ignored, also when it occurs again. Raises as above."""
        return ErrorGroup.model_validate((yield self._change(fingerprint, "ignore")))

    @operation
    def reopen_error_group(self, fingerprint: str) -> Steps[ErrorGroup]:
        """Mark a group as open. Raises as above."""
        return ErrorGroup.model_validate((yield self._change(fingerprint, "reopen")))

    @property
    def _root(self) -> str:
        return tenant_path(self.tenant)

    def _group(self, fingerprint: str) -> str:
        return f"{self._root}/errors/{check_name('fingerprint', fingerprint)}"

    def _change(self, fingerprint: str, verb: str) -> Request:
        return Request("POST", f"{self._group(fingerprint)}/{verb}", repeatable=True)
