"""Attempts that tell the terminal how they ended."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from taskmill.dev.registry import DevRegistry
from taskmill.dev.terminal import Terminal
from taskmill.model.pools import Pools
from taskmill.model.rows.task_row import TaskRow
from taskmill.model.statuses import Status
from taskmill.wiring.wiring import Wiring
from taskmill.work.attempts import Attempt, Outcome

_RUNTIME = str(Path(__file__).parents[1])


@dataclass(frozen=True, kw_only=True)
class ToldAttempt(Attempt):
    """An attempt whose outcome is printed."""

    terminal: Terminal

    def run(self, row: TaskRow, **options: Any) -> Outcome:
        began = time.monotonic()
        try:
            outcome = super().run(row, **options)
        except BaseException as stop:
            seconds = time.monotonic() - began
            self.terminal.attempt(row.key, type(stop).__name__, seconds=seconds, note=str(stop))
            raise
        note = self._note(row, outcome)
        seconds = time.monotonic() - began
        self.terminal.attempt(row.key, outcome.status.value, seconds=seconds, note=note)
        return outcome

    def _note(self, row: TaskRow, outcome: Outcome) -> str:
        """What is to be known beside the outcome: of an error its stack, when it is final."""
        if outcome.status is Status.WAITING:
            return f"waits for {outcome.awaited} of its children"
        error = outcome.attributes.get("error")
        if not isinstance(error, dict):
            return ""
        if outcome.retry_at is None:
            return str(error.get("stack") or error["type"])
        pause = max(outcome.retry_at - self.clock(), 0) / 1000
        return f"{error['type']}: {error['message']}\nattempt {row.attempts + 1} in {pause:.0f} s"


@dataclass(frozen=True)
class DevWiring(Wiring):
    """The wiring of `taskmill dev`.

    Attributes:
        terminal: Where outcomes and log lines go.
        own_registry: The task code, which is imported anew when files change.
    """

    terminal: Terminal | None = None
    own_registry: DevRegistry | None = None

    @cached_property
    def registry(self) -> DevRegistry:
        return self.own_registry or DevRegistry(pools=Pools())

    @cached_property
    def attempt(self) -> Attempt:
        made = super().attempt
        if self.terminal is None:
            return made
        return ToldAttempt(
            terminal=self.terminal,
            **{each.name: getattr(made, each.name) for each in fields(Attempt)},
        )

    @cached_property
    def logger(self) -> Any:
        made = super().logger
        made.addFilter(_is_wanted)
        return made


def _is_wanted(record: logging.LogRecord) -> bool:
    """Whether a log line is shown: those of task code; of the runtime, errors."""
    is_ours = record.pathname.startswith(_RUNTIME)
    return not is_ours or record.levelno >= logging.ERROR
