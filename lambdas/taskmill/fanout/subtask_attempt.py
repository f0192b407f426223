"""The row of a subtask while its attempt runs, and what is written to it meanwhile."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from taskmill.aws.dynamodb.subtasks import SubtaskStore
from taskmill.model.errors import ClaimLost
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status


@dataclass
class SubtaskAttempt:
    """The row of a running subtask; each write of PROCESSING or progress raises its version.

    Reports are written in threads of their own. The outcome is conditional on the row's version,
    so it must not be written while a report is. A report is marked with the number of its try, by
    which it is recognised if its answer was lost.
    """

    subtasks: SubtaskStore
    row: TaskRow
    _token: str = field(default_factory=lambda: secrets.token_hex(4))
    _tries: int = 0
    _confirmed: int = 0  # the number of the try that wrote the row as `row` has it
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _unsure: bool = False  # the last try failed, but its write may have been stored
    _over: bool = False

    def report(self, progress: Mapping[str, Any]) -> None:
        self.mark({"attributes.progress": progress})

    def mark(self, more: Mapping[str, Any]) -> None:
        """Write PROCESSING, the attempt number, and `more` row attributes. May be repeated.

        Raises:
            ClaimLost: Another invocation has changed the row, or the attempt has ended.
        """
        with self._lock:
            while not self._over:
                self._tries += 1
                if self._write(more):
                    self._note(self.row.version + 1, self._tries)
                    return
                before = self.row.version
                self._find_own_write()
                if self.row.version == before:
                    raise ClaimLost(f"{self.row.key} cannot be written")
        raise ClaimLost(f"attempt {self.row.attempts} of {self.row.key} is over")

    def ended(self) -> TaskRow:
        """The row to write the outcome to; waits for a report that is being written.

        Raises:
            ClaimLost: Another invocation has changed the row.
        """
        with self._lock:
            self._over = True
            if self._unsure:
                self._find_own_write()
            return self.row

    def _write(self, more: Mapping[str, Any]) -> bool:
        changes = {
            "status": Status.PROCESSING,
            "attempts": self.row.attempts,
            "fence": f"{self._token}.{self._tries}",
            **more,
        }
        self._unsure = True
        written = self.subtasks.write([(self.row, changes)])[0]
        self._unsure = False
        return written

    def _note(self, version: int, confirmed: int) -> None:
        self._confirmed = confirmed
        self.row = self.row.but(status=Status.PROCESSING, version=version)

    def _find_own_write(self) -> None:
        """Go on from a try that was stored although its answer was lost, if there is one.

        Raises:
            ClaimLost: The row was changed by another.
        """
        index, found = self.row.key.index or 0, False
        for row in self.subtasks.read(self.row.key.parent, index, index):
            found = True
            if row.version == self.row.version:
                return
            token, _, number = (row.fence or "").partition(".")
            if token == self._token and int(number) > self._confirmed:
                self._note(row.version, int(number))
                return
        if not found and self.row.version == 0:  # it is not stored yet
            return
        raise ClaimLost(f"{self.row.key} was changed by another invocation")
