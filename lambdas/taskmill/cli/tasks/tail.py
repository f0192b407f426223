"""`taskmill tail`: prints status changes of a tenant's newest tasks as they happen."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from taskmill.cli.call import Call
from taskmill.cli.options import KindFilter, StatusFilter, TypeFilter
from taskmill.cli.output import STYLES, Output, wire
from taskmill.cli.tasks.show import clock_text, moment_text, note_text
from taskmill.model.keys import Kind, TaskKey
from taskmill.model.statuses import FINAL

if TYPE_CHECKING:
    from taskmill.client.client import TaskClient
    from taskmill.model.api.views import HistoryEntry, Task

NEWEST = 50  # tasks per type that are followed
Moment = tuple[str, datetime]


def tail(
    ctx: typer.Context,
    *,
    type: TypeFilter = None,  # noqa: A002  # the field's word
    kind: KindFilter = None,
    status: StatusFilter = None,
    interval: Annotated[
        float, typer.Option(min=0.2, metavar="SECONDS", help="Time between two reads.")
    ] = 2.0,
) -> None:
    """Print a line for each status change of the newest tasks, until Ctrl-C."""
    call: Call = ctx.obj
    with call.client() as client:
        call.output.note(f"following the tasks of {client.tenant}; Ctrl-C stops")
        follower = Follower(client, kinds=[kind] if kind else list(Kind), type=type)
        while True:
            for change in follower.look():
                if status in (None, change.entry.status):
                    _print_change(call.output, change)
            sys.stdout.flush()
            time.sleep(interval)


@dataclass(frozen=True)
class Change:
    """A status change of a task."""

    task: Task
    entry: HistoryEntry

    @property
    def is_latest(self) -> bool:
        return self.entry is self.task.history[-1]

    @property
    def attempt(self) -> int:
        """The attempt of the status: the task has the current one, the history the earlier ones."""
        return self.task.attempts if self.is_latest else self.entry.attempt

    @property
    def note(self) -> str:
        return note_text(self.task) if self.is_latest else ""


@dataclass
class Follower:
    """Finds the status changes of the newest tasks of each type by polling.

    The first look returns the current status of tasks that have not ended. Each later one returns
    all statuses since the look before, including those that a task has already left.
    """

    client: TaskClient
    kinds: Sequence[Kind]
    type: str | None = None
    _seen: dict[TaskKey, Moment] | None = field(default=None, init=False)

    def look(self) -> list[Change]:
        """Changes since the last look, sorted by time."""
        tasks = [task for kind in self.kinds for task in self._newest(kind)]
        changes = [Change(task, entry) for task in tasks for entry in self._new(task)]
        self._seen = {task.key: _moment(task.history[-1]) for task in tasks if task.history}
        return sorted(changes, key=lambda change: change.entry.at)

    def _new(self, task: Task) -> Sequence[HistoryEntry]:
        history = task.history
        if self._seen is None:
            return history[-1:] if task.status not in FINAL else ()
        last = self._seen.get(task.key)
        known = [_moment(entry) for entry in history]
        if last in known:
            return history[known.index(last) + 1 :]
        return history  # a new task, or the last known entry was dropped from the history

    def _newest(self, kind: Kind) -> Iterator[Task]:
        """The newest tasks of each type; one more request for each type with more than 50 tasks."""
        after: str | None = None
        while True:
            tasks = self.client.list(self.type, kind=kind, after=after, page_size=NEWEST + 1)
            skipped = yield from _some_of_each_type(tasks)
            if skipped is None or self.type is not None:
                return
            after = f"{skipped}#0"  # the next type: no code sorts before "0"


def _some_of_each_type(tasks: Iterable[Task]) -> Generator[Task, None, str | None]:
    """Up to `NEWEST` tasks of each type, until a type has more.

    Returns:
        That type; None at the end of the list.
    """
    for _, group in groupby(tasks, key=lambda task: task.type):
        some = list(islice(group, NEWEST + 1))
        yield from some[:NEWEST]
        if len(some) > NEWEST:
            return some[0].type
    return None


def _moment(entry: HistoryEntry) -> Moment:
    return entry.status, entry.at


def _print_change(output: Output, change: Change) -> None:
    if output.as_json:
        output.json_line(_document(change))
        return
    task, status = change.task, change.entry.status
    again = f"attempt {change.attempt}" if change.attempt > 1 else ""
    words = (
        (clock_text if output.on_screen else moment_text)(change.entry.at),
        f"{status:<10}",
        task.type,
        task.code,
        again,
        change.note,
    )
    output.line("  ".join(word for word in words if word).rstrip(), STYLES.get(status), fit=True)


def _document(change: Change) -> dict[str, Any]:
    task = wire(change.task)
    known = {name: task[name] for name in ("kind", "pk", "sk", "tenantCode", "type", "code")}
    extra = {"attempt": change.attempt} | ({"note": change.note} if change.note else {})
    return {**wire(change.entry), **known, **extra}
