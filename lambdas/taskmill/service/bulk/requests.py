"""Requests for bulk operations: count what matches, and store the task that acts on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskmill.aws.s3.inputs import with_input
from taskmill.model.api.bulk import BulkCount, BulkFilter, NewBulk
from taskmill.model.api.requests import CreateTask, InvokeContext, KeyModel, ListOptions
from taskmill.model.api.views import Page, Task
from taskmill.model.built_in import BUILT_IN, BULK, is_reserved
from taskmill.model.bulk_filter import Matching
from taskmill.model.clock import to_ms
from taskmill.model.errors import Conflict, InvalidKey, InvalidRequest
from taskmill.model.keys import TaskKey
from taskmill.model.new_tasks import task_row
from taskmill.model.rows.history import short_name
from taskmill.service.bulk.counting import Counting
from taskmill.service.bulk.sources import FailedKeys, GivenKeys, ListedKeys, Source
from taskmill.service.parts import ServiceParts
from taskmill.service.read import Reads


@dataclass(frozen=True, kw_only=True)
class BulkOperations(Reads):
    """Counts what a bulk operation would act on, and submits it."""

    def bulk(
        self, *, tenant_code: str, bulk: NewBulk, invoke_context: InvokeContext | None = None
    ) -> BulkCount | Task:
        """Count what a bulk operation matches or, unless it is a dry run, submit it.

        Returns:
            The count, or the task of type `taskmill.bulk` that acts on what matches. To cancel it
            stops it, to retry it lets it go on behind what it has acted on.

        Raises:
            InvalidRequest: Neither or both of `filter` and `keys`, a key of another tenant, or the
                action does not apply to a status.
            Conflict: More tasks match than `expected`.
        """
        context, asked = invoke_context or InvokeContext(), _input_of(tenant_code, bulk)
        counted = self._count(tenant_code, asked)
        if bulk.dry_run:
            return counted
        if bulk.expected is not None and counted.count > bulk.expected:
            raise Conflict(
                f"{counted.count:,} tasks match by now, not {bulk.expected:,}: count again",
                expected=bulk.expected,
                count=counted.count,
            )
        by = short_name(context.user)
        told = {"by": by, "reason": bulk.reason, "matched": counted.count, "exact": counted.exact}
        task = CreateTask(tenant_code=tenant_code, task_type=BULK, input={**asked, **told})
        (code,) = self.ids.new(tenant_code)
        row = task_row(task, context, now=self.clock(), code=code, settings=BUILT_IN[BULK].settings)
        return Task.from_row(self.starts.put(with_input(self.payloads, row, task.input)))

    def list_bulks(
        self, *, tenant_code: str, limit: int = 50, start_from_sk: str | None = None
    ) -> Page:
        """One page of a tenant's bulk operations, newest first."""
        options = ListOptions(type=BULK, limit=limit, start_from_sk=start_from_sk)
        return self.list_items_by_pk(tenant_code=tenant_code, options=options)

    def _count(self, tenant: str, asked: Mapping[str, Any]) -> BulkCount:
        matching = Matching.of(asked, begun=self.clock())
        source = source_of(self, tenant, matching, asked)
        return Counting(parts=self, tenant=tenant, matching=matching).count(source)


def source_of(
    parts: ServiceParts, tenant: str, matching: Matching, asked: Mapping[str, Any]
) -> Source:
    """Where a bulk operation finds its tasks."""
    if keys := given_keys(asked):
        return GivenKeys(keys)
    kind = FailedKeys if matching.by_failures else ListedKeys
    return kind(parts.tasks.table, tenant, matching)


def given_keys(asked: Mapping[str, Any]) -> list[TaskKey]:
    """The keys in the input of a bulk operation; empty if it has a filter."""
    return [TaskKey.from_text(each) for each in asked.get("keys") or ()]


def _input_of(tenant: str, bulk: NewBulk) -> dict[str, Any]:
    """The input of the bulk's task, as far as the request tells it.

    Raises:
        InvalidRequest: As `bulk` says.
    """
    if (bulk.filter is None) == (bulk.keys is None):
        raise InvalidRequest("give either filter or keys", field="filter")
    if bulk.filter is not None:
        return {"action": bulk.action, "filter": _filter_of(bulk.filter)}
    keys = dict.fromkeys(_checked_key(tenant, each) for each in bulk.keys or ())
    return {"action": bulk.action, "keys": list(map(str, keys))}


def _filter_of(asked: BulkFilter) -> dict[str, Any]:
    """A filter with its times in epoch milliseconds."""
    given = asked.model_dump(mode="json", by_alias=True, exclude_none=True)
    for name, at in (
        ("createdAfter", asked.created_after),
        ("createdBefore", asked.created_before),
    ):
        if at is not None:
            given[name] = to_ms(at)
    return given


def _checked_key(tenant: str, given: KeyModel) -> TaskKey:
    try:
        key = given.key
    except InvalidKey as wrong:
        raise InvalidRequest(f"keys: {wrong.message}", field="keys") from None
    if key.tenant != tenant:
        raise InvalidRequest(f"keys: {key} is of another tenant", field="keys")
    if is_reserved(key.type):
        raise InvalidRequest(f"keys: {key.label} is a bulk operation itself", field="keys")
    if key.index is not None:
        raise InvalidRequest(
            f"keys: {key.label}: give its step function task, or retry the subtask itself",
            field="keys",
        )
    return key
