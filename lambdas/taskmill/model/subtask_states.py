"""What a subtask is, given its fan-out, its batch and its row: pure functions.

A subtask of a fan-out that stores rows on demand has no row until there is something to say. Until
then it is CREATED, or has ended with its fan-out or its batch.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping

from taskmill.model.chosen_subtasks import chosen_of
from taskmill.model.error_details import final_error, parted_error
from taskmill.model.errors import TaskmillError
from taskmill.model.rows.batch_row import BatchRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import COUNT_NAMES, FINAL, Status
from taskmill.model.time_bounds import Expired


class WorkflowFailed(TaskmillError):
    """The state machine failed: one of its functions, or the execution itself."""

    code = "workflow_failed"


def is_earlier(parent: TaskRow, batch: BatchRow) -> bool:
    """Whether a batch row is of an earlier run, or of an earlier task with the same code."""
    return _place(batch.since, batch.run) < _place(parent.created_at, parent.run)


def is_later(parent: TaskRow, batch: BatchRow) -> bool:
    """Whether a batch row is of a later run than `parent` as it was read."""
    return _place(batch.since, batch.run) > _place(parent.created_at, parent.run)


def standing(parent: TaskRow, batch: BatchRow | None) -> BatchRow | None:
    """The batch row, if it says anything about this run of the fan-out.

    One of an earlier run does not, and is taken over, unless all its subtasks completed, or this
    run is restricted to others.
    """
    if batch is None or not is_earlier(parent, batch):
        return batch
    if (batch.since or 0) != (parent.created_at or 0):
        return None
    return batch if batch.whole or _is_left_alone(parent, batch) else None


def has_begun(parent: TaskRow, row: TaskRow) -> bool:
    """Whether a stored row says anything about this run: COMPLETED stands, the rest was undone.

    In a run that is restricted to some subtasks, all that the others have come to stands.
    """
    if (row.created_at or 0) < (parent.created_at or 0):
        return False  # of an earlier task with the same code
    if row.status is Status.COMPLETED or row.run >= parent.run:
        return True
    chosen = chosen_of(parent)
    return chosen is not None and row.ended and (row.key.index or 0) not in chosen


def fresh(parent: TaskRow, index: int, row: TaskRow | None = None) -> TaskRow:
    """A subtask that has not begun; of what was stored, only input and version remain.

    Its version is 0 if there is no row.
    """
    return TaskRow(
        key=parent.key.subtask(index),
        status=Status.CREATED,
        input=row.input if row else None,
        input_ref=row.input_ref if row else None,
        run=parent.run,
        created_at=parent.created_at,
        updated_at=row.updated_at if row else parent.created_at,
        notify="each" if parent.notify == "each" else None,
        version=row.version if row else 0,
    )


def seen(
    parent: TaskRow, batch: BatchRow | None, row: TaskRow | None, index: int
) -> TaskRow | None:
    """The subtask with this index, as readers are to see it.

    Returns:
        None: it had a row, which has expired.
    """
    known = standing(parent, batch)
    if known is not None and known.given_up:
        if is_packed(known.kept, index - known.first):
            return row
        return _given_up(parent, known, row, index)
    if row is not None and has_begun(parent, row):
        return row if row.ended or not parent.ended else _cancelled(parent, row)
    if known is not None and known.status is Status.COMPLETED:
        return None
    if known is None and parent.ended and is_counted(parent):
        return None  # so has the row of its batch, which was closed or given up
    open_row = fresh(parent, index, row)
    return _cancelled(parent, open_row) if parent.ended else open_row


def is_counted(parent: TaskRow) -> bool:
    """Whether the counts of a fan-out that has ended are complete: its finish wrote them.

    Those of an earlier run stand until the next one is split.
    """
    if parent.split_run != parent.run:
        return False
    counts: Mapping[str, int] = parent.attributes.get("counts") or {}
    return sum(counts.get(name, 0) for name in COUNT_NAMES) >= (parent.child_count or 0)


def packed(offsets: Iterable[int]) -> str | None:
    """A set of small numbers from 0 as text, one bit each; None: it is empty."""
    bits = 0
    for each in offsets:
        bits |= 1 << each
    if not bits:
        return None
    return base64.b64encode(bits.to_bytes(bits.bit_length() // 8 + 1, "little")).decode()


def is_packed(text: str | None, offset: int) -> bool:
    """Whether a number is in a set that `packed` made."""
    if text is None:
        return False
    kept = base64.b64decode(text)
    return offset // 8 < len(kept) and bool(kept[offset // 8] >> offset % 8 & 1)


def _given_up(parent: TaskRow, batch: BatchRow, row: TaskRow | None, index: int) -> TaskRow:
    begun = row if row is not None and has_begun(parent, row) and not row.ended else None
    base = begun or fresh(parent, index, row)
    if batch.status is Status.CANCELLED and batch.reason is None:
        return _cancelled(parent, base)
    expired = batch.status is Status.CANCELLED
    why = batch.reason or "given up"
    error: TaskmillError = Expired(why) if expired else WorkflowFailed(why)
    stored, beside = parted_error(final_error(base.attributes.get("error"), error))
    return base.but(
        status=batch.status,
        attributes={**base.attributes, "error": stored},
        fingerprint=beside.get("fingerprint", base.fingerprint),
        error_text=beside["errorText"],
        finished_at=batch.updated_at if expired else parent.finished_at,
        retry_at=None,
    )


def _cancelled(parent: TaskRow, row: TaskRow) -> TaskRow:
    return row.but(status=Status.CANCELLED, finished_at=parent.finished_at, retry_at=None)


def _is_left_alone(parent: TaskRow, batch: BatchRow) -> bool:
    """Whether this run is restricted to subtasks of other batches."""
    chosen = chosen_of(parent)
    left = chosen is not None and not chosen.any(batch.first, batch.last)
    return left and batch.status in FINAL


def _place(since: int | None, run: int | None) -> tuple[int, int]:
    return since or 0, run or 0
