"""Runs the task of a bulk operation: a page at a time, each stored before it is acted on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from taskmill.model.bulk_filter import Matching
from taskmill.model.clock import Clock
from taskmill.model.errors import Abort, InvalidRequest
from taskmill.model.keys import TaskKey
from taskmill.model.rows.readable import UnreadableRow
from taskmill.model.rows.task_row import TaskRow
from taskmill.service.bulk.acting import Acting
from taskmill.service.bulk.checkpoints import ATTRIBUTE, Checkpoint
from taskmill.service.bulk.requests import given_keys, source_of
from taskmill.service.bulk.sources import Position, Source, matched_rows
from taskmill.service.bulk.subtasks import entries, entry_of
from taskmill.service.change import Changes
from taskmill.work.built_in import BuiltInTurn, HandedOn

PAGE = 100  # tasks; their keys stand in the bulk's row while they are acted on
EXAMINED = 2_000  # rows, for one page
PAGE_CHARACTERS = 200_000  # of them: indexes of chosen subtasks are up to 35,000 for a fan-out
TURN_MS = 45_000  # how long a turn takes; then the next one begins, on whatever worker is free
TURN_PAGES = 500


@dataclass(frozen=True, kw_only=True)
class BulkRunner:
    """Runs turns of bulk operations.

    Attributes:
        page: Tasks of a page at most.
        page_characters: Of a page with several entries, as the bulk's row holds it.
        turn_pages: Pages of one turn at most.
    """

    service: Changes
    clock: Clock
    logger: Any
    page: int = PAGE
    page_characters: int = PAGE_CHARACTERS
    turn_ms: int = TURN_MS
    turn_pages: int = TURN_PAGES

    def run(self, turn: BuiltInTurn) -> Any:
        """Run one turn; the result when all is done.

        Raises:
            HandedOn: There is more to do.
            TaskCancelled: The bulk was cancelled.
        """
        try:
            matching = Matching.of(
                turn.input, code=turn.row.key.code, begun=turn.row.created_at or 0
            )
        except (InvalidRequest, LookupError, TypeError, ValueError) as error:
            raise Abort(f"the input of this bulk operation is none: {error}") from None
        return _Bulk(runner=self, turn=turn, matching=matching).run()


@dataclass(kw_only=True)
class _Bulk:
    """One turn of one bulk operation."""

    runner: BulkRunner
    turn: BuiltInTurn
    matching: Matching
    source: Source = field(init=False)
    acting: Acting = field(init=False)

    def __post_init__(self) -> None:
        asked, tenant = self.turn.input, self.turn.row.key.tenant
        self.source = source_of(self.runner.service, tenant, self.matching, asked)
        self.given = bool(given_keys(asked))
        self.acting = Acting(
            service=self.runner.service,
            matching=self.matching,
            actor=self.matching.actor(asked.get("by"), asked.get("reason")),
        )

    def run(self) -> Any:
        began, pages = self.runner.clock(), 0
        state = Checkpoint.of(self.turn.row)
        while True:
            if state.page:
                state = state.after([*self._acted(state.page)])
            if state.behind is None:
                self._keep(state)
                return state.counts()
            state = self._next(state, state.behind)
            self._keep(state)
            pages += 1
            if pages >= self.runner.turn_pages or self._is_over(began):
                raise HandedOn

    def _is_over(self, began: int) -> bool:
        return self.runner.clock() - began >= self.runner.turn_ms

    def _next(self, state: Checkpoint, behind: Position) -> Checkpoint:
        """The state with the next page; an empty one if nothing on it is matched."""
        most = self.runner.page
        while True:
            keys, position = self.source.page(behind, most=most, examined=EXAMINED)
            page = self._entries(keys)
            if most == 1 or sum(map(len, page)) <= self.runner.page_characters:
                return replace(state, page=page, behind=position)
            most = max(min(most, len(keys)) // 2, 1)

    def _entries(self, keys: Sequence[TaskKey]) -> tuple[str, ...]:
        if self.given:
            return tuple(map(str, keys))
        rows = matched_rows(keys, self.matching, rows=self._read)
        return tuple(entries(self.runner.service, rows, self.matching))

    def _keep(self, state: Checkpoint) -> None:
        progress = {"done": state.done, "total": self.turn.input.get("matched") or state.done}
        self.turn.keep(progress, {ATTRIBUTE: state.to_values()})

    def _acted(self, page: Sequence[str]) -> Iterator[str | None]:
        """Act on a page; for each task why not, or None. Subtasks count one by one."""
        asked = [entry_of(each) for each in page]
        found = self._read([key for key, _ in asked])
        for key, only in asked:
            outcome = self.acting.act(found.get(key), only)
            yield from [outcome] * (len(only) if only else 1)

    def _read(self, keys: Sequence[TaskKey]) -> Mapping[TaskKey, TaskRow | UnreadableRow]:
        return self.runner.service.rows_of(keys)
