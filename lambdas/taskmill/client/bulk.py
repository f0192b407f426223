"""Bulk operations: retry or cancel all that match, in the background."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from taskmill.client.calls.operations import listing, operation
from taskmill.client.calls.steps import Listing, Request, Steps
from taskmill.client.connection import Connection
from taskmill.client.paths import tenant_path
from taskmill.client.read import Key, key_of
from taskmill.client.wire import to_body, to_moment
from taskmill.model.api.bulk import BulkCount
from taskmill.model.api.views import Task
from taskmill.model.bulk_filter import CANCEL, MAX_REASON, RETRY
from taskmill.model.limits import MAX_PAGE
from taskmill.model.options import check_choice, check_named, check_text, check_whole, suggests
from taskmill.model.statuses import Status


class Bulks(Connection):
    """The client's methods for bulk operations."""

    @operation
    @suggests
    def count_bulk(
        self,
        action: str,
        *,
        task_type: str | None = None,
        status: Status | str | Sequence[Status | str] | None = None,
        fingerprint: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        keys: Sequence[Key] | None = None,
    ) -> Steps[BulkCount]:
        """Count what a bulk operation would act on. The arguments are those of `bulk`."""
        chosen = _chosen(
            task_type=task_type,
            status=status,
            fingerprint=fingerprint,
            created_after=created_after,
            created_before=created_before,
            keys=keys,
        )
        body = _body(action, chosen, dryRun=True)
        request = Request("POST", f"{tenant_path(self.tenant)}/bulk", body, repeatable=True)
        return BulkCount.model_validate((yield request))

    @operation
    @suggests
    def bulk(
        self,
        action: str,
        *,
        task_type: str | None = None,
        status: Status | str | Sequence[Status | str] | None = None,
        fingerprint: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        keys: Sequence[Key] | None = None,
        reason: str | None = None,
        expected: int | None = None,
    ) -> Steps[Task]:
        """Retry or cancel all tasks that match, in the background.

        Returns the task that does it, of type `taskmill.bulk`: wait for it, or cancel it; retried,
        it goes on where it stopped. Its result tells how many it has `acted` on and `skipped`.

        Args:
            action: "retry" or "cancel".
            task_type: Only tasks of this type.
            status: One or several; by default FAILED, and for a cancel all that have not ended.
            fingerprint: Only what failed with this error.
            created_after, created_before: Only tasks created from then on, and before then.
            keys: These tasks, up to 1,000, in place of all else.
            reason: Why, for the history of each task; up to 100 characters.
            expected: Refuse if more tasks match than these.

        Raises:
            Conflict: More tasks match than `expected`.
        """
        if reason is not None:
            check_text("reason", reason, most=MAX_REASON)
        if expected is not None:
            check_whole("expected", expected, least=0)
        chosen = _chosen(
            task_type=task_type,
            status=status,
            fingerprint=fingerprint,
            created_after=created_after,
            created_before=created_before,
            keys=keys,
        )
        body = _body(action, chosen, reason=reason, expected=expected)
        request = Request("POST", f"{tenant_path(self.tenant)}/bulk", body)
        return Task.model_validate((yield request))

    @listing
    @suggests
    def bulks(self, *, page_size: int = 50) -> Listing[Task]:
        """The tenant's bulk operations, newest first; requests each page when it is needed."""
        check_whole("page_size", page_size, least=1, most=MAX_PAGE)
        path = f"{tenant_path(self.tenant)}/bulk"
        return Listing(path, Task.model_validate, {"limit": page_size})


def _chosen(
    *,
    task_type: str | None,
    status: Status | str | Sequence[Status | str] | None,
    fingerprint: str | None,
    created_after: datetime | None,
    created_before: datetime | None,
    keys: Sequence[Key] | None,
) -> dict[str, Any]:
    """The part of the body that says which tasks."""
    if keys is not None:
        return {"keys": [key_of(key).as_dict() for key in keys]}
    if task_type is not None:
        check_named("task_type", task_type)
    names = [status] if isinstance(status, str) else status
    for each in names or ():
        check_choice("status", each, Status)
    given = {
        "type": task_type,
        "status": list(names) if names else None,
        "fingerprint": fingerprint,
        "createdAfter": to_moment(created_after),
        "createdBefore": to_moment(created_before),
    }
    return {"filter": {name: value for name, value in given.items() if value is not None}}


def _body(action: str, chosen: dict[str, Any], **more: Any) -> bytes:
    check_choice("action", action, (RETRY, CANCEL))
    return to_body({"action": action, **chosen, **more})
