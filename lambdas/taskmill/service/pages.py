"""Paginated lists of tasks: the query to make, and the page of its rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from taskmill.aws.dynamodb.listing import Listed, Listing
from taskmill.model.api.requests import ListOptions
from taskmill.model.api.views import Page, Task
from taskmill.model.errors import InvalidRequest
from taskmill.model.keys import Kind
from taskmill.model.rows.readable import UnreadableRow

EXAMINED_A_PAGE = 5_000  # rows read at most for one page of a list filtered by status


def listing_of(tenant: str, kind: Kind, options: ListOptions) -> Listing:
    """The query for a list.

    Raises:
        InvalidRequest: `start_from_sk` is not of the listed type.
    """
    narrow: dict[str, Any] = {}
    if options.sk is not None:
        narrow = {
            "condition": options.sk.expression,
            "values": options.sk.attribute_values,
            "names": options.sk.attribute_names,
        }
    elif options.type is not None:
        start = options.start_from_sk
        if start is not None and not start.startswith(f"{options.type}#"):
            raise InvalidRequest(
                f"startFromSk: not from a list of type {options.type!r}", field="startFromSk"
            )
        narrow = {"condition": "begins_with(sk, :type)", "values": {":type": f"{options.type}#"}}
    return Listing(
        kind=kind,
        tenant=tenant,
        after=options.start_from_sk,
        descending=options.order == "desc",
        page=options.limit,
        **narrow,
    )


def page_of(rows: Iterable[Listed], options: ListOptions) -> Page:
    """A page of up to `options.limit` matching rows; unreadable ones match any status.

    `last_sk` is the last row that was read, matching or not; None: there are no more rows.
    """
    found: list[Task] = []
    last = None
    for examined, listed in enumerate(itertools.chain(rows, [None])):
        if listed is None:
            return Page(items=tuple(found), last_sk=None)
        if len(found) == options.limit or examined == EXAMINED_A_PAGE:
            break
        last, row = listed
        if isinstance(row, UnreadableRow) or options.status in (None, row.status):
            found.append(Task.from_row(row))
    return Page(items=tuple(found), last_sk=last)
