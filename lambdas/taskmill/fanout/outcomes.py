"""The outcomes of a batch's subtasks: collected, written 25 per call, and counted."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from taskmill.aws.dynamodb.refusals import RowsRefused
from taskmill.aws.dynamodb.repeats import BATCH_STATEMENTS
from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.aws.dynamodb.writes import attribute_paths
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statistics.failures import Failures, failure, summed
from taskmill.model.statuses import COUNTED, Status
from taskmill.work.attempts import Outcome, unstorable
from taskmill.work.patience import Patience

FLUSH_SECONDS = 2.0  # how long an outcome waits at most for others to share its write
Ended = tuple[TaskRow, Outcome]


@dataclass
class Outcomes:
    """The outcomes of one invocation, written in groups. Threads may share it.

    Attributes:
        patience: Of the invocation: outcomes are written again until its time is nearly up.
        at_once: Write each outcome at once, so that none is lost if the process dies.
        run: Of the fan-out; what failed in an earlier one, and stands, is not new.
        due: When the next attempts of failed subtasks are due, in epoch milliseconds.
        lost: Another invocation changed a row meanwhile, so these outcomes are out of date.
    """

    subtasks: SubtaskStore
    patience: Patience
    at_once: bool
    run: int = 1
    due: list[int] = field(default_factory=list)
    lost: bool = False
    _ended: dict[int, Status] = field(default_factory=dict)
    _errors: dict[int, Failures] = field(default_factory=dict)
    _pending: list[Ended] = field(default_factory=list)
    _pending_since: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)  # of what is noted here
    _writing: threading.RLock = field(default_factory=threading.RLock)  # of one write at a time

    def begin(self) -> None:
        """Forget what is known, before all rows of the batch are read again."""
        with self._writing, self._lock:
            self.due, self.lost, self._ended, self._errors = [], False, {}, {}

    def found(self, row: TaskRow) -> None:
        """Note a subtask that had already ended."""
        with self._lock:
            self._note_end(row, row.status, row.attributes.get("error"))

    def add(self, row: TaskRow, outcome: Outcome) -> None:
        """Write an outcome: with 24 others, after 2 s, or now with `at_once`."""
        with self._lock:
            if not self._pending:
                self._pending_since = time.monotonic()
            self._pending.append((row, outcome))
            full = len(self._pending) >= BATCH_STATEMENTS
        if self.at_once or full or self._have_waited():
            self.flush()

    def flush(self) -> None:
        """Write all outcomes that are still waiting; one that cannot be stored fails alone."""
        with self._writing:
            with self._lock:
                outcomes, self._pending = self._pending, []
            # If the answer to a write is lost, the next try finds the rows changed: `lost`, which
            # has them read again. So nothing runs twice that is stored.
            self._note(outcomes, self.patience(lambda: self._written(outcomes)))

    def flush_waiting(self) -> None:
        """Write the outcomes that have waited for 2 s, whatever runs meanwhile. One try.

        Raises:
            Exception: As the write raised. Its outcomes wait on.
        """
        if not self._have_waited():
            return
        with self._writing:
            with self._lock:
                outcomes, self._pending = self._pending, []
            try:
                written = self._written(outcomes)
            except BaseException:
                with self._lock:
                    self._pending = [*outcomes, *self._pending]
                raise
            self._note(outcomes, written)

    def counts(self) -> dict[str, int]:
        """How many subtasks ended, by `completed`, `failed` and `cancelled`; zeros are absent."""
        with self._lock:
            return dict(Counter(COUNTED[status] for status in self._ended.values()))

    def errors(self) -> Failures:
        """The errors of those that failed, in short."""
        with self._lock:
            return summed(self._errors[index] for index in sorted(self._errors))

    def _have_waited(self) -> bool:
        with self._lock:
            waited = time.monotonic() - self._pending_since
            return bool(self._pending) and waited >= FLUSH_SECONDS

    def _note(self, outcomes: Sequence[Ended], written: Sequence[bool]) -> None:
        with self._lock:
            for (row, outcome), done in zip(outcomes, written, strict=True):
                if not done:
                    self.lost = True
                elif outcome.retry_at is not None:
                    self.due.append(outcome.retry_at)
                else:
                    self._note_end(row, outcome.status, outcome.attributes.get("error"))

    def _note_end(self, row: TaskRow, status: Status, error: object) -> None:
        index = row.key.index or 0
        self._ended[index] = status
        if status is Status.FAILED and isinstance(error, Mapping):
            known, new = _known(row, error), int(row.run >= self.run)
            self._errors[index] = failure(error, index=index, new=new, known=known)

    def _written(self, outcomes: list[Ended]) -> list[bool]:
        """Which outcomes were written; for one that cannot be stored, that is its outcome."""
        try:
            return self._write(outcomes)
        except RowsRefused as refused:
            for place, reason in refused.reasons.items():
                row, _ = outcomes[place]
                outcomes[place] = row, unstorable(reason)
                with suppress(RowsRefused):  # nothing can be stored in it: it counts as failed
                    (refused.done[place],) = self._write([outcomes[place]])
                    continue
                refused.done[place] = True
            return refused.done

    def _write(self, outcomes: Sequence[Ended]) -> list[bool]:
        return self.subtasks.write([(row, _changes(row, outcome)) for row, outcome in outcomes])


def _known(row: TaskRow, error: Mapping[str, Any]) -> str | None:
    """The fingerprint of a row's error; None: the error itself has a newer one."""
    return None if "fingerprint" in error else row.fingerprint


def _changes(row: TaskRow, outcome: Outcome) -> dict[str, Any]:
    changes: dict[str, Any] = {"status": outcome.status, "attempts": row.attempts}
    if outcome.retry_at is not None:
        changes["retryAt"] = outcome.retry_at
    return changes | attribute_paths(outcome.attributes)
