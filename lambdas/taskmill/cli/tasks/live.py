"""Progress of a task on stderr: a progress bar in a terminal, else a line per change."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from taskmill.cli.output import Output
from taskmill.cli.tasks.show import counts, note_text
from taskmill.model.shown_text import one_line
from taskmill.model.statuses import FINAL

if TYPE_CHECKING:
    from taskmill.cli.tasks.family import Family
    from taskmill.model.api.views import Task

LINE_EVERY_SECONDS = 5.0  # shortest time between two lines with the same status


class ShowUpdate(Protocol):
    """Shows an update of a task, and how far its children are if it waits for some."""

    def __call__(self, task: Task, family: Family | None = None) -> None: ...


def display(output: Output, task: Task) -> AbstractContextManager[ShowUpdate]:
    """A function that shows updates of a task, as it suits stderr."""
    return _bar(output, task) if output.err.is_terminal else _lines(output)


def share_done(task: Task) -> tuple[float, float | None]:
    """How much is done, and the total; None if the total is unknown."""
    if task.kind == "SFN_TASK":
        return sum(counts(task).values()), float(task.child_count or 0)
    figures = task.attributes.get("progress")
    if not isinstance(figures, dict):
        return 0.0, None
    return _number(figures.get("done")), _number(figures.get("total")) or None


@contextmanager
def _bar(output: Output, task: Task) -> Iterator[ShowUpdate]:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[type]}", markup=False),
        TextColumn("{task.fields[status]}", style="cyan", markup=False),
        BarColumn(bar_width=20),
        TextColumn(
            "{task.fields[note]}",
            markup=False,
            table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
        ),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=output.err, transient=True, expand=True) as progress:
        bar = progress.add_task(
            "", total=None, type=one_line(task.type), status=task.status, note=""
        )

        def show_update(task: Task, family: Family | None = None) -> None:
            done, total = (family.done, family.total) if family else share_done(task)
            if task.status in FINAL:
                done = total = 1.0
            note = one_line(family.text if family else note_text(task))
            progress.update(bar, completed=done, total=total, status=task.status, note=note)

        yield show_update


@contextmanager
def _lines(output: Output) -> Iterator[ShowUpdate]:
    began = time.monotonic()
    last_status, last_note, last_at = "", "", float("-inf")

    def show_update(task: Task, family: Family | None = None) -> None:
        nonlocal last_status, last_note, last_at
        now, note = time.monotonic(), family.text if family else note_text(task)
        due = note != last_note and now - last_at >= LINE_EVERY_SECONDS
        if task.status == last_status and not due:
            return
        last_status, last_note, last_at = task.status, note, now
        output.note(f"{now - began:7.1f} s  {task.status}  {note}".rstrip())

    yield show_update


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
