"""What a sweep reads and writes: open rows by a parallel scan, a note on a row, its position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from taskmill.aws.dynamodb.codec import decode_item, encode_item
from taskmill.aws.dynamodb.refusals import ConditionFailed
from taskmill.aws.dynamodb.table import Table
from taskmill.model.clock import DAY_SECONDS, Clock, now_ms
from taskmill.model.keys import StoredKey, sweep_key
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import OPEN

SEGMENTS = 4  # that are read at the same time: about as fast as one partition serves reads
AGAIN_AFTER_MS = DAY_SECONDS * 1000
SWEEP_ROW = "SWEEP"

Position = Mapping[int, StoredKey | None]
"""Unfinished segments of a scan, each with the key to continue after; None: from its start."""

START: Position = dict.fromkeys(range(SEGMENTS))

# What tells whether a row may be overdue. A projection saves transfer and memory, no read units.
_READ: tuple[str, ...] = (
    *("pk", "sk", "status", "updatedAt", "runAt", "retryAt", "leaseUntil", "direct", "sweptAt"),
    *("runner", "pool", "priority", "awaitedTotal", "awaitedDone", "settlement"),
    *("slots", "gate", "lineAt"),
)


@dataclass(frozen=True)
class ScannedPage:
    """One page of a scan.

    Attributes:
        segment: Its segment.
        after: Where the segment continues; None: this was its last page.
        found: The open rows on it, and those that have slots, as far as a sweep needs them.
    """

    segment: int
    after: StoredKey | None
    found: list[dict[str, Any]]


class SweepStore:
    """Scans for open tasks, notes what was sent again, and keeps the position of a sweep.

    Args:
        page_rows: Rows of a page, for tests; None: as many as DynamoDB reads at once, 1 MB.
    """

    def __init__(
        self, table: Table, *, clock: Clock = now_ms, page_rows: int | None = None
    ) -> None:
        self.table = table
        self.clock = clock
        self.page_rows = page_rows

    def pages(self, position: Position, *, updated_before: int) -> Iterator[ScannedPage]:
        """Yield the open tasks that last changed before a time, page by page.

        Segments are read at the same time, eventually consistently: half a read unit for 4 KB of
        table, whatever is found. A caller that stops early reads on from the positions it has seen.

        Args:
            updated_before: Epoch ms.
        """
        with ThreadPoolExecutor(max(len(position), 1)) as pool:
            reads: dict[Future[ScannedPage], None] = {
                pool.submit(self._page, segment, after, updated_before): None
                for segment, after in position.items()
            }
            while reads:
                done, _ = wait(reads, return_when=FIRST_COMPLETED)
                for read in done:
                    del reads[read]
                    page = read.result()
                    yield page
                    if page.after is not None:
                        again = pool.submit(self._page, page.segment, page.after, updated_before)
                        reads[again] = None

    def read(self, keys: Sequence[StoredKey]) -> list[dict[str, Any] | None]:
        """Whole rows in the order of `keys`, read strongly consistently; None: it is gone."""
        return self.table.get_many(keys)

    def note(self, row: TaskRow) -> TaskRow | None:
        """Note on a row that its message is sent again, before it is sent.

        Returns:
            The new row; None: it has changed since it was read, or was noted within a day.
        """
        now = self.clock()
        try:
            values = self.table.update(
                row.key.stored,
                "SET sweptAt = :now ADD version :one",
                condition="#status = :status AND version = :version"
                " AND (attribute_not_exists(sweptAt) OR sweptAt <= :before)",
                names={"#status": "status"},
                values={
                    "now": now,
                    "one": 1,
                    "status": row.status,
                    "version": row.version,
                    "before": now - AGAIN_AFTER_MS,
                },
            )
        except ConditionFailed:
            return None
        return TaskRow.from_values(values)

    def position(self) -> Position:
        """Where the last sweep stopped; the start of the table if it came to the end."""
        values = self.table.get(sweep_key()) or {}
        kept = values.get("position") or {}
        if not kept or values.get("segments") != SEGMENTS:  # of a version with other segments
            return START
        return {
            int(segment): StoredKey(*after) if after else None for segment, after in kept.items()
        }

    def keep(self, position: Position) -> None:
        """Store where the next sweep continues; empty: it starts anew."""
        kept = {str(segment): list(after or ()) for segment, after in position.items()}
        self.table.put(
            {
                **sweep_key()._asdict(),
                "row": SWEEP_ROW,
                "segments": SEGMENTS,
                "position": kept,
                "updatedAt": self.clock(),
            }
        )

    def _page(self, segment: int, after: StoredKey | None, updated_before: int) -> ScannedPage:
        names = {f"#{name}": name for name in ("row", *_READ)}
        statuses = {f":status{index}": status for index, status in enumerate(OPEN)}
        values = {":task": "TASK", ":fanOut": "SFN_TASK", ":before": updated_before, **statuses}
        request: dict[str, Any] = {
            "Segment": segment,
            "TotalSegments": SEGMENTS,
            "ProjectionExpression": ", ".join(f"#{name}" for name in _READ),
            "FilterExpression": "#row IN (:task, :fanOut) AND #updatedAt < :before"
            f" AND (#status IN ({', '.join(statuses)}) OR attribute_exists(#slots))",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": encode_item(values),
        }
        if after is not None:
            request["ExclusiveStartKey"] = encode_item(after._asdict())
        if self.page_rows is not None:
            request["Limit"] = self.page_rows
        answer = self.table.client.scan(TableName=self.table.name, **request)
        last = answer.get("LastEvaluatedKey")
        found = [decode_item(item) for item in answer["Items"]]
        return ScannedPage(segment, StoredKey(**decode_item(last)) if last else None, found)
