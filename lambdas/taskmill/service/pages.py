"""Paginated lists of tasks: the query to make, and the page of its rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from taskmill.aws.dynamodb.listing import Listed, Listing
from taskmill.model.api.requests import ListOptions
from taskmill.model.api.views import Page, Task
from taskmill.model.clock import to_ms
from taskmill.model.code_times import clipped, ranges_of_time
from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import Kind
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.service.summaries import shown_as

EXAMINED_A_PAGE = 5_000  # rows read at most for one page of a filtered list


def listing_of(tenant: str, kind: Kind, options: ListOptions, *, scheme: str = "ulid") -> Listing:
    """The query for a list.

    Args:
        scheme: How the service makes codes, which decides whether they sort by time.

    Raises:
        InvalidRequest: `start_from_sk` is not of the listed type, or a code prefix has no type.
    """
    descending = options.order == "desc"
    return Listing(
        kind=kind,
        tenant=tenant,
        after=options.start_from_sk,
        descending=descending,
        page=options.limit,
        **_narrowed(options, scheme, descending=descending),
    )


def _narrowed(options: ListOptions, scheme: str, *, descending: bool) -> dict[str, Any]:
    """The condition on `sk`, or the ranges of it."""
    if options.sk is not None:
        return {
            "condition": options.sk.expression,
            "values": options.sk.attribute_values,
            "names": options.sk.attribute_names,
        }
    _check_times(options)
    if options.type is None:
        if options.code_prefix is not None:
            raise InvalidRequest("codePrefix needs a type: codes begin anew in each", field="type")
        return {}
    start, after = f"{options.type}#{options.code_prefix or ''}", options.start_from_sk
    if after is not None and not after.startswith(f"{options.type}#"):
        raise InvalidRequest(
            f"startFromSk: not from a list of type {options.type!r}", field="startFromSk"
        )
    if options.code_prefix is not None:
        return {"ranges": clipped([(start, f"{start}~")], after, descending=descending)}
    if (ranges := _ranges(options, scheme)) is not None:
        return {"ranges": clipped(ranges, after, descending=descending)}
    return {"condition": "begins_with(sk, :type)", "values": {":type": start}}


def _check_times(options: ListOptions) -> None:
    after, before = options.created_after, options.created_before
    if after is not None and before is not None and before <= after:
        raise InvalidRequest("createdBefore must be later than createdAfter", field="createdBefore")


def _ranges(options: ListOptions, scheme: str) -> list[tuple[str, str]] | None:
    after, before = options.created_after, options.created_before
    if options.type is None or (after is None and before is None):
        return None
    times = (None if each is None else max(to_ms(each), 0) for each in (after, before))
    return ranges_of_time(scheme, options.type, *times)


def page_of(rows: Iterable[Listed], options: ListOptions) -> Page:
    """A page of up to `options.limit` matching rows; unreadable ones match any filter.

    `last_sk` is the last row that was read, matching or not; None: there are no more rows.
    """
    found: list[Task] = []
    last = None
    matches = _Filter(options)
    for examined, listed in enumerate(itertools.chain(rows, [None])):
        if listed is None:
            return Page(items=tuple(found), last_sk=None)
        if len(found) == options.limit or examined == EXAMINED_A_PAGE:
            break
        last, row = listed
        if matches(row):
            found.append(shown_as(row, options.fields))
    return Page(items=tuple(found), last_sk=last)


class _Filter:
    """Whether a row has one of the statuses, and was created within the time."""

    def __init__(self, options: ListOptions) -> None:
        one = () if options.status is None else (options.status,)
        self._statuses = frozenset((*options.statuses, *one))
        after, before = options.created_after, options.created_before
        self._after = None if after is None else to_ms(after)
        self._before = None if before is None else to_ms(before)

    def __call__(self, row: TaskRow | UnreadableRow) -> bool:
        if isinstance(row, UnreadableRow):
            return True
        if self._statuses and row.status not in self._statuses:
            return False
        created = row.created_at or 0
        if self._after is not None and created < self._after:
            return False
        return self._before is None or created < self._before
