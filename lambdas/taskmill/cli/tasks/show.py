"""Texts that show a task: rows of tables, details, and one-line summaries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from taskmill.cli.keys import in_words
from taskmill.model.errors import InvalidKey
from taskmill.model.keys import TaskKey
from taskmill.model.statuses import COUNT_NAMES, FINAL, Status
from taskmill.model.wait_errors import final_text

if TYPE_CHECKING:
    from taskmill.model.api.views import HistoryEntry, Task

TASK_COLUMNS = ("KIND", "TYPE", "CODE", "STATUS", "CREATED", "NOTE")
SCREEN_COLUMNS = ("STATUS", "TYPE", "CODE", "CREATED", "NOTE")  # for 80 characters
SUBTASK_COLUMNS = ("INDEX", "STATUS", "ATTEMPTS", "NOTE")
SHORT = 200  # characters of an input or result; the rest is cut off


def task_row(task: Task) -> tuple[str, ...]:
    """A row of `taskmill list`, with the columns `TASK_COLUMNS`."""
    return (
        task.kind,
        task.type,
        task.code,
        task.status,
        moment_text(task.created_at),
        note_text(task),
    )


def screen_row(task: Task) -> tuple[str, ...]:
    """A row of `taskmill list` in a terminal, with the columns `SCREEN_COLUMNS`."""
    return (task.status, task.type, task.code, age_text(task.created_at), note_text(task))


def subtask_row(task: Task) -> tuple[str, ...]:
    """A row of `taskmill subtasks`, with the columns `SUBTASK_COLUMNS`."""
    return (str(task.index), task.status, str(task.attempts), note_text(task))


def note_text(task: Task) -> str:
    """The error of a task; without one, its counts of subtasks, its progress, or what it awaits."""
    if task.unreadable is not None:
        return f"unreadable row: {task.unreadable}"
    if message := error_text(task):
        return message
    told = counts_text(task) or progress_text(task)
    return told or (f"waits for {waits}" if (waits := waits_text(task)) else "")


def details(task: Task) -> Iterator[tuple[str, str]]:
    """The lines of `taskmill get`: labels and texts, without empty ones."""
    facts = {
        "key": f"{task.pk} {task.sk}",
        "name": task.name if task.name != task.type else None,
        "status": task.status,
        "waits for": waits_text(task),
        "unreadable": task.unreadable,
        "attempts": _attempts(task),
        "sent again": f"{task.resent} times" if task.resent else None,
        "subtasks": counts_text(task),
        "progress": progress_text(task),
        "error": error_text(task),
        "callbacks": refused_text(task),
        "input": _ref_text(task, "input", task.input_ref) or short_text(task.input),
        "result": _ref_text(task, "result", task.attributes.get("resultRef"))
        or short_text(task.attributes.get("result")),
        "key to itself": _unique_text(task),
        "parent": _key_text(task.parent),
        "children": _children_text(task),
        "created": moment_text(task.created_at),
        "started": moment_text(task.started_at),
        "expires": moment_text(task.expires_at if task.started_at is None else None),
        "deadline": moment_text(task.deadline_at),
        "next attempt": moment_text(task.retry_at if task.status is Status.ERRORED else None),
        "ended": moment_text(task.finished_at),
        "took": took(task),
        "history": " > ".join(map(_entry_text, task.history)),
    }
    return ((label, str(text)) for label, text in facts.items() if text)


def _entry_text(entry: HistoryEntry) -> str:
    """A status, and who asked for it: "CANCELLED by alice (no longer needed)"."""
    by = f" by {entry.by}" if entry.by else ""
    return f"{entry.status}{by}" + (f" ({entry.reason})" if entry.reason else "")


def summary(task: Task) -> str:
    """One line about a task that has ended."""
    told = note_text(task)
    duration = took(task)
    in_time = f" in {duration}" if duration else ""
    return f"{task.status} {task.type} {task.code}{in_time}" + (f": {told}" if told else "")


def error_text(task: Task) -> str:
    """`Type: message` of the stored error, and what made it final if it did not do so by itself.

    Empty without an error, and for a COMPLETED task.
    """
    error = task.attributes.get("error")
    if not isinstance(error, dict) or task.status is Status.COMPLETED:
        return ""
    told = f"{error.get('type', 'Error')}: {error.get('message', '')}{final_text(error)}"
    expired = error.get("type") == "Expired"
    return f"cancelled after {told}" if task.status is Status.CANCELLED and not expired else told


def waits_text(task: Task) -> str:
    """What holds a task back, such as "a slot of sync, key c-7"; empty: none of these."""
    waits = task.waits_for
    if waits is None:
        return ""
    if waits.kind == "pause":
        paused = f"the type {waits.key}" if waits.key else "the tenant"
        return f"the end of a pause of {paused}"
    if waits.kind == "key":
        return f"the end of the task that has the key {waits.key}"
    name = waits.limit or "several limits"
    shared = " of all tenants" if waits.scope == "stack" else ""
    key = f", key {waits.key}" if waits.key else ""
    if waits.kind == "limit":
        return f"a slot of {name}{shared}{key}"
    return f"its start by the rate of {name}{shared}{key}: {moment_text(waits.until)}"


def _unique_text(task: Task) -> str:
    """The key that a task has to itself, and what becomes of further submits; else empty."""
    held = task.unique
    if held is None:
        return ""
    given = held.on_conflict or {"debounce": "debounced"}.get(held.of, f"of its {held.of}")
    return f"{held.key} until its {held.until} ({given})"


def _key_text(key: str | None) -> str:
    """A stored key as arguments of a command line; what is none stays."""
    try:
        return in_words(TaskKey.from_text(key)) if key else ""
    except InvalidKey:
        return str(key)


def _children_text(task: Task) -> str:
    if not task.awaited_total:
        return ""
    return f"{task.awaited_done or 0:,} of {task.awaited_total:,} ended"


def refused_text(task: Task) -> str:
    """Which callbacks of a task, or of what follows from it, were refused; else empty."""
    refused = task.attributes.get("callbacksRefused")
    if not isinstance(refused, dict):
        return ""
    types = refused.get("types")
    names = ", ".join(map(str, types)) if isinstance(types, list) else ""
    return f"refused: {names} of {refused.get('task')}: {refused.get('reason')}"


def counts(task: Task) -> dict[str, int]:
    """Numbers of completed, failed and cancelled subtasks, as their batches have told them."""
    given = task.attributes.get("counts")
    if not isinstance(given, dict):
        return {}
    found = {name: given.get(name) for name in COUNT_NAMES}
    return {name: int(count) for name, count in found.items() if isinstance(count, int | float)}


def counts_text(task: Task) -> str:
    """The counts of a step function task, as "8 completed, 2 failed of 10"; else empty."""
    if task.child_count is None or task.kind != "SFN_TASK":
        return ""
    given = counts(task)
    ended = [f"{given[name]:,} {name}" for name in COUNT_NAMES if given.get(name)]
    return f"{', '.join(ended) or '0 completed'} of {task.child_count:,}"


def progress_text(task: Task) -> str:
    """The latest progress that the task function reported; empty without one."""
    progress = task.attributes.get("progress")
    if not isinstance(progress, dict):
        return ""
    done, total, message = (progress.get(name) for name in ("done", "total", "message"))
    figures = "" if done is None else _figure(done) + (f" of {_figure(total)}" if total else "")
    return ", ".join(str(part) for part in (figures, message) if part)


def _figure(value: Any) -> str:
    """A number with separators; callers may report anything else as progress."""
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def took(task: Task) -> str:
    """Time from creation to end, in seconds; empty if the task has not ended."""
    if task.status not in FINAL or task.created_at is None or task.finished_at is None:
        return ""
    return f"{(task.finished_at - task.created_at).total_seconds():,.1f} s"


def moment_text(at: datetime | None) -> str:
    """A time in the local time zone, to the second; empty for None."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S") if at else ""


def clock_text(at: datetime | None) -> str:
    """The time of day in the local time zone, to the second; empty for None."""
    return at.astimezone().strftime("%H:%M:%S") if at else ""


def age_text(at: datetime | None, *, now: datetime | None = None) -> str:
    """How long ago it was, such as "3 min ago"; after a month, the date. Empty for None."""
    if at is None:
        return ""
    passed = (now or datetime.now(UTC)) - at
    if passed >= timedelta(days=31):
        return at.astimezone().strftime("%Y-%m-%d")
    return f"{span_text(passed)} ago"


def span_text(span: timedelta) -> str:
    """A time span in its largest unit, such as "3 min"; 0 s for a negative one."""
    seconds = max(int(span.total_seconds()), 0)
    for unit, length, most in (("s", 1, 60), ("min", 60, 60), ("h", 3_600, 48)):
        if seconds < length * most:
            return f"{seconds // length} {unit}"
    return f"{seconds // 86_400} d"


def short_text(value: Any) -> str:
    """JSON text of up to 200 characters; empty for None."""
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHORT else f"{text[:SHORT]}…"


def _ref_text(task: Task, what: str, ref: Any) -> str:
    """The reference to a payload, and whether it has expired; empty without one."""
    return f"{ref} (expired)" if ref and what in (task.expired or ()) else ref or ""


def _attempts(task: Task) -> str:
    if task.kind == "SFN_TASK":
        return ""
    return f"{task.attempts} of {task.max_attempts}" if task.max_attempts else str(task.attempts)
