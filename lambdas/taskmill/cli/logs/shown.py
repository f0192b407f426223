"""Log entries as text for a person, and as JSON."""

from __future__ import annotations

from typing import Any

from taskmill.cli.logs.entries import Entry
from taskmill.cli.output import Output
from taskmill.cli.tasks.show import clock_text, moment_text

_STYLES = {"WARNING": "yellow", "ERROR": "red", "CRITICAL": "bold red"}
# Of every line, or of no use to a person who reads along.
_LEFT_OUT = {
    "level",
    "location",
    "message",
    "timestamp",
    "service",
    "key",
    "user",
    "source_ip",
    "request_id",
    "xray_trace_id",
    "exception",
    "exception_name",
    "stack_trace",
    "cold_start",
}


def print_entry(output: Output, entry: Entry) -> None:
    """Print an entry: time, level, task, message and fields; an exception on lines of its own."""
    if output.as_json:
        output.json_line(document(entry))
        return
    level = str(entry.fields.get("level", ""))
    words = [(clock_text if output.on_screen else moment_text)(entry.at), f"{level:<7}"]
    if entry.key is not None:
        words.append(entry.key.label)
    words += [_message(entry), *_pairs(entry)]
    output.line("  ".join(word for word in words if word).rstrip(), _STYLES.get(level))
    exception = entry.fields.get("exception")
    for line in str(exception).splitlines() if exception else ():
        output.line(f"    {line}")


def document(entry: Entry) -> dict[str, Any]:
    """An entry as JSON: its own fields, or `message` alone; with time, group and stream."""
    group, stream = entry.stream
    place = {"at": entry.at.isoformat(), "logGroup": group, "logStream": stream}
    return {**place, **(entry.fields or {"message": entry.text})}


def _message(entry: Entry) -> str:
    return str(entry.fields.get("message", "")) if entry.fields else entry.text


def _pairs(entry: Entry) -> list[str]:
    shown = (
        (name, value)
        for name, value in entry.fields.items()
        if name not in _LEFT_OUT and not name.startswith("function_")
    )
    return [f"{name}={value}" for name, value in shown]
